#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Layers that mean harm: each is refused with its layer's name and the entry's, or does no harm;
# nothing is ever written but below the output.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

pack() { lamina pack -o out -n x -c x --arch arm --arg /top --no-cache "$@"; }

bases() { "$here/hostile.py" good base.tar && : >since; }

# refused WORDS KIND [OPTION...]: as a layer over a good one
refused() {
	"$here/hostile.py" "$2" bad.tar
	refuses "tar:bad.tar: $1" pack tar:base.tar "${@:3}" tar:bad.tar
	[ ! -e out ] || say "$2: something is left in out"
	rm -f bad.tar
	leaves base.tar since
}

test_entries_that_lead_out() {
	bases
	refused "../escaped: leads out of the root" up
	refused "dir/../../../escaped: leads out of the root" up-later
	refused "../escaped/: leads out of the root" up-dir
	refused "mine: leads out of the root" hard-up
}

test_links_to_what_is_not_there() {
	bases
	refused "mine: hard link to 'no/such', which isn't there" hard-none
	refused "mine: hard link to the directory 'dir'" hard-dir
	refused "a/escaped: too many symbolic links on the way" link-circle
	refused "file/escaped: 'file' on its way is not a directory" through-file
}

test_what_overlayfs_would_obey() {
	bases
	refused "dev/hidden: a character device 0:0" device-0
	refused "dir/: the extended attribute trusted.overlay.opaque" xattr-opaque
	refused "file: the extended attribute trusted.overlay.redirect" xattr-redirect
	refused "dir/.wh.: a whiteout that names nothing" whiteout-of-nothing
	refused "dir/.wh...: a whiteout that names nothing" whiteout-of-parent
}

test_bombs() {
	bases
	refused "f100: the layer has more than 100 entries (--limit-entries)" many --limit-entries 100
	refused "d/d/" deep --limit-depth 64
	grep -q "is more than 64 directories deep (--limit-depth)" "$top/err"
	refused "nnnn" long-name
	grep -q "a name of more than 255 bytes" "$top/err"
	refused "hole: the layer unpacks to more than 68719476736 bytes (--limit-bytes)" hole
	refused "file: its owner 1099511627776:0 is no user and group id" owner
	head -c 3000000 /dev/zero >zeros
	tar czf zeros.tar.gz zeros
	refuses "tar:zeros.tar.gz: its tar is longer than 1000000 bytes (--limit-bytes)" \
		pack --limit-bytes 1000000 tar:base.tar tar:zeros.tar.gz
	rm zeros zeros.tar.gz
	leaves base.tar since
}

# One that leads out of the root ends at the root, as it would in a container.
inside() { # KIND PATH SOURCE...
	"$here/hostile.py" "$1" layer.tar
	pack "${@:3}" tar:layer.tar
	for blob in out/blobs/sha256/*; do unsquashfs -l "$blob"; done >list
	grep -qx "squashfs-root/$2" list || say "$1: no $2 but: $(tr '\n' ' ' <list)"
	rm -r out layer.tar
	leaves base.tar since list lower lower.tar
	rm list
	[ ! -e /tmp/x/escaped ] || say "it escaped"
	[ -z "$(find "$top" -name '*escaped*')" ] || say "it escaped: $(find "$top" -name '*escaped*')"
}

test_paths_through_links_stay_inside() {
	bases
	mkdir lower
	ln -s "$PWD" lower/below && tar cf lower.tar -C lower below
	inside absolute escaped tar:base.tar
	inside through-link tmp/x/escaped tar:base.tar
	inside through-absolute-link tmp/x/escaped tar:base.tar
	inside through-lower-link "${PWD#/}/escaped" tar:lower.tar
}

# Of the layer, or of the gzip around it: never half a layer.
test_cut_at_any_byte() {
	bases
	"$here/hostile.py" good whole.tar
	gzip -k whole.tar
	local end cut
	# with the end mark, and nothing of it, a tar is whole
	end=$(($(tar tRf whole.tar | sed -n 's/^block \([0-9]*\): \*\* .*/\1/p') * 512))
	for cut in $(seq 0 61 "$end") $((end - 1)); do
		head -c "$cut" whole.tar >bad.tar
		refuses "tar:bad.tar: " pack tar:base.tar tar:bad.tar
		[ ! -e out ] || say "cut at $cut: something is left in out"
	done
	end=$(stat -c %s whole.tar.gz)
	for cut in $(seq 1 7 $((end - 1))) $((end - 1)); do
		head -c "$cut" whole.tar.gz >bad.tar
		refuses "tar:bad.tar: " pack tar:base.tar tar:bad.tar
		[ ! -e out ] || say "gzip cut at $cut: something is left in out"
	done
}

# plain COMMAND...: whatever it ends with, nothing of what it says is a command to a terminal
plain() {
	"$@" >"$top/out" 2>"$top/err" || true
	! LC_ALL=C grep -aqP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$top/out" "$top/err" ||
		say "'$1 $2' says: $(cat -v "$top/out" "$top/err" | tail -n 3)"
}

test_names_that_a_terminal_would_obey() {
	local name command
	name=$(printf 'a\033[2Jb\302\2332Jc\177')
	mkdir "$name" && echo file >"$name/$name"
	plain pack "dir:$name"
	[ -d out ] || say "not packed: $(cat -v "$top/err")"
	grep -qF 'a?[2Jb?2Jc?' "$top/err" || say "it is not named: $(cat -v "$top/err")"
	plain lamina pack -o other -n x -c x --arch arm --arg /top --no-cache --json "dir:$name"
	python3 -c 'import json, sys; print(json.load(sys.stdin)["layers"][0]["name"])' <"$top/out" >read
	printf 'dir:%s\n' "$name" >wanted
	same read wanted
	plain lamina inspect out
	plain lamina inspect out --json
	mkdir empty
	plain lamina pack -o "$name/third" -n x -c x --arch arm --arg /top --no-cache dir:empty
	plain lamina diff out "$name/third"
	plain lamina diff out "$name/third" --json
	for command in pack sign verify inspect diff bundle unbundle disk initramfs boot kernel-check keygen set push publish channel; do
		plain lamina "$command" "$name"
		plain lamina "$command" "$name" "$name" "$name"
	done
}

tell_all
