#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What packagers want of the Makefile: what is installed and taken away, a release's tarball, and the
# same tool from whatever folder.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"
tree=$(realpath "$here/../..")
unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR PREFIX prefix
# As it was said: by another name it would be another build, and made anew under the other tests' feet.
build=$O

in_tree() { make --no-print-directory -C "$tree" O="$build" "$@" >make.log 2>&1 || say "make $*: $(tail -n 1 make.log)"; }

files() { (cd "$1" && find . ! -type d | sort); }

test_install_and_uninstall() {
	in_tree install DESTDIR="$PWD/a" PREFIX=/opt/lamina
	in_tree install DESTDIR="$PWD/b" prefix=/opt/lamina
	equal "$(files a)" "$(files b)"
	for file in bin/lamina bin/laminactl share/man/man1/lamina.1 share/man/man5/lamina-manifest.5 \
		share/man/man7/lamina-update.7 share/man/man7/lamina-serving.7 share/man/man7/lamina-boot.7 share/man/man7/lamina-container.7 \
		share/man/man8/laminactl.8 share/man/man8/lamina-init.8 \
		share/bash-completion/completions/lamina; do
		[ -f "a/opt/lamina/$file" ] || say "no $file"
	done
	[ "$(stat -c %a a/opt/lamina/bin/lamina a/opt/lamina/share/man/man1/lamina.1 | tr '\n' ' ')" = "755 644 " ]
	cmp a/opt/lamina/bin/lamina "$lamina"
	! grep -qE '^  (CC|LD) ' make.log || say "installing builds: $(grep -E '^  (CC|LD) ' make.log | head -n 1)"
	echo mine >a/opt/lamina/share/man/man1/mine.1
	in_tree uninstall DESTDIR="$PWD/a" PREFIX=/opt/lamina
	equal "$(files a)" ./opt/lamina/share/man/man1/mine.1
	in_tree install DESTDIR="$PWD/c"
	[ -x c/usr/bin/lamina ] || say "not below /usr"
	exits 2 "this is no device's build: say BOARD=NAME" make -C "$tree" O="$build" install-device DESTDIR="$PWD/d"
}

# The sources without git and without what is built.
sources() {
	mkdir -p "$1"
	(cd "$tree" && tar --exclude=./build --exclude=./.git -cf - .) | tar -xf - -C "$1"
}

test_the_same_tool_from_every_folder() {
	local folder
	for folder in one another/that-is-deeper; do
		sources "$folder"
		make --no-print-directory -C "$folder" O=build/host host_defconfig >make.log 2>&1 || say "$(tail -n 1 make.log)"
		cp "$(dirname "$lamina")/.config" "$folder/build/host/.config"
		make --no-print-directory -C "$folder" O=build/host -j2 build/host/lamina build/host/laminactl >make.log 2>&1 ||
			say "$(tail -n 1 make.log)"
	done
	for program in lamina laminactl; do
		same "one/build/host/$program" "another/that-is-deeper/build/host/$program"
	done
}

test_a_release() {
	local version name
	need git
	git -C "$tree" rev-parse --git-dir >/dev/null 2>&1 || skip "this tree is none of git's"
	git clone -q --no-hardlinks "$tree" one 2>/dev/null || skip "this git gives nobody a clone"
	git clone -q --no-hardlinks "$tree" "two" 2>/dev/null
	make --no-print-directory -C one dist >log 2>&1 || say "$(tail -n 1 log)"
	(umask 077 && TZ=Asia/Tokyo make --no-print-directory -C two dist >log 2>&1) || say "$(tail -n 1 log)"
	name=$(basename one/build/lamina-*.tar.gz)
	same "one/build/$name" "two/build/$name"
	(cd one/build && sha256sum -c --quiet "$name.sha256") || say "its sum is not its sum"
	version=${name#lamina-}
	tar -tzf "one/build/$name" >list
	grep -qx "lamina-${version%.tar.gz}/Makefile" list || say "$(head -n 3 list)"
	! grep -q '/build/' list || say "what is built is in it"
	echo >>one/README.md
	exits 2 "there are changes that are not committed" make --no-print-directory -C one dist
}

tell_all
