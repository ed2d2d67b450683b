#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Images that skopeo fetches: from a registry on this machine, and what is said where it can't.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

packs() { lamina pack -o "$1" -c acme,x --serial 1 "${@:2}"; }

serve() {
	"$here/registry.py" "$1" port &
	registry=$!
	trap 'kill $registry 2>/dev/null' EXIT
	soon test -s port || say "no registry came up"
	at=127.0.0.1:$(cat port)
	mkdir -p home/.config/containers
	printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$at" >home/.config/containers/registries.conf
	export HOME=$PWD/home
}

test_from_a_registry() {
	need skopeo
	"$here/layout.py" oci img
	serve img
	mkdir temp
	export TMPDIR=$PWD/temp
	packs out "docker://$at/some/web:v1" >said 2>err || say "$(cat err)"
	[ -z "$(ls temp)" ] || say "left behind: $(ls temp)"
	grep -qx 'name web' out/images/*/manifest && grep -qx 'version v1' out/images/*/manifest ||
		say "$(cat out/images/*/manifest)"
	grep -q "^source docker://$at/some/web:v1@sha256:" out/images/*/manifest
	packs same oci:img:v1 --name web >/dev/null 2>&1
	same <(grep -E "^(layer|arg|env|user|cwd|volume)" out/images/*/manifest) \
		<(grep -E "^(layer|arg|env|user|cwd|volume)" same/images/*/manifest)
}

test_what_is_not_there() {
	need skopeo
	"$here/layout.py" oci img
	serve img
	mkdir temp
	export TMPDIR=$PWD/temp
	! packs out "docker://$at/some/web:none" 2>err || say "packed nothing"
	grep -q "manifest unknown" err && grep -q "^lamina: docker://$at/some/web:none: skopeo" err || say "$(cat err)"
	! packs out "docker://127.0.0.1:1/some/web" 2>err || say "packed nothing"
	grep -q "connection refused" err || say "$(cat err)"
	[ -z "$(ls temp)" ] || say "left behind: $(ls temp)"
	[ ! -e out/images ] || say "there is an image all the same"
}

test_the_image_of_another_machine() {
	need skopeo
	"$here/layout.py" many img
	serve img
	for arch in amd64 arm64; do
		packs "out-$arch" --platform "linux/$arch" "docker://$at/a/web:multi" >/dev/null 2>err || say "$(cat err)"
		grep -qx "arch $arch" "out-$arch"/images/*/manifest || say "$(cat "out-$arch"/images/*/manifest)"
	done
}

test_a_registry_that_lies() {
	need skopeo
	"$here/layout.py" oci img
	blob=$(find img/blobs -type f -size +1k | head -n 1)
	printf x | dd of="$blob" bs=1 seek=20 conv=notrunc status=none
	serve img
	! packs out "docker://$at/some/web:v1" 2>err || say "packed what no digest names"
	[ ! -e out/images ] || say "there is an image all the same"
}

# What skopeo is asked, and that it isn't there.
test_the_stores_of_engines() {
	mkdir bin
	for program in env bash cp; do ln -s "$(command -v $program)" bin/; done
	for source in docker://a/b docker-daemon:a:1 containers-storage:a sif:a.sif; do
		refuses "$source: skopeo is not installed: it is in skopeo" env PATH="$PWD/bin" "$lamina" pack -o out -c x "$source"
	done
	"$here/layout.py" docker saved.tar
	printf '%s\n' '#!/usr/bin/env bash' 'echo "$@" >>asked' 'echo why >&2' 'cp saved.tar "${3#docker-archive:}"' >bin/skopeo
	chmod +x bin/skopeo
	for source in docker-daemon:local/web:2.0 containers-storage:localhost/web:2.0; do
		PATH=$PWD/bin:$PATH packs out "$source" >/dev/null 2>err || say "$(cat err)"
		grep -q '^why' err || say "skopeo's words are lost"
		tail -n 1 asked | has "^copy $source docker-archive:/" || say "$(cat asked)"
	done
	grep -qx 'name web' out/images/*/manifest && grep -qx 'version 2.0' out/images/*/manifest
	echo 'exit 3' >>bin/skopeo
	refuses "docker-daemon:a:1: skopeo" env PATH="$PWD/bin:$PATH" "$lamina" pack -o out2 -c x docker-daemon:a:1
	grep -q 'status 3' "$top/err" || say "$(cat "$top/err")"
}

tell_all "$@"
