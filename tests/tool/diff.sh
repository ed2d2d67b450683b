#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# diff: what changed between two images, by layer and by path, and what a device would fetch.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

# layer FILE: a tar of what the lines on stdin say, each "KIND PATH [WORD=VALUE...]"
layer() {
	cat >"$1.list"
	python3 -c '
import io, sys, tarfile
kinds = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE,
         "char": tarfile.CHRTYPE}
with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as tar:
    for line in open(sys.argv[1] + ".list"):
        kind, path, *rest = line.split()
        more = dict(word.split("=", 1) for word in rest)
        info = tarfile.TarInfo(path)
        info.type, info.mode = kinds[kind], int(more.get("mode", "755"), 8)
        info.uid, info.mtime = int(more.get("uid", 0)), int(more.get("mtime", 1000))
        info.devmajor = info.devminor = int(more.get("device", 0))
        if kind == "link":
            info.linkname = more["to"]
        if "xattr" in more:
            info.pax_headers["SCHILY.xattr.user.x"] = more["xattr"]
        data = more.get("data", "").encode() if kind == "file" else b""
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
' "$1"
}

pack() { # STORE SERIAL LAYER...
	local name=$1 serial=$2
	shift 2
	lamina pack -o "$name" --name t -c t --arch amd64 --arg /x --serial "$serial" "${@/#/tar:}" >/dev/null
}

base() {
	layer base.tar <<-LIST
		dir etc
		file etc/same data=same
		file etc/content data=one
		file etc/size data=one
		file etc/mode
		file etc/owner
		file etc/xattr xattr=1
		file etc/time
		file etc/gone
		link etc/link to=one
		char etc/device device=1
		dir etc/turns
		file etc/turns/below
		dir etc/opaque
		file etc/opaque/old
		file etc/opaque/kept data=a
	LIST
}

above() {
	layer above.tar <<-LIST
		file etc/content data=two
		file etc/size data=three
		file etc/mode mode=4711
		file etc/owner uid=7
		file etc/xattr xattr=12
		file etc/time mtime=2000
		file etc/.wh.gone
		link etc/link to=two
		char etc/device device=2
		file etc/turns
		dir etc/opaque
		file etc/opaque/.wh..wh..opq
		file etc/opaque/kept data=a
		file etc/opaque/new
		dir more
	LIST
}

two() {
	base
	above
	pack a 1 base.tar
	pack b 2 base.tar above.tar
}

test_every_kind_of_change() {
	two
	lamina diff a b >out
	grep '^[-+~] /' out >paths
	cat >expected <<-LIST
		~ /etc/content  content, layer 1
		~ /etc/device  device 1:1 -> 2:2, layer 1
		- /etc/gone  file 0755 0:0 0 bytes, layer 0
		~ /etc/link  target one -> two, layer 1
		~ /etc/mode  mode 0755 -> 4711, layer 1
		+ /etc/opaque/new  file 0755 0:0 0 bytes, layer 1
		- /etc/opaque/old  file 0755 0:0 0 bytes, layer 0
		~ /etc/owner  owner 0:0 -> 7:0, layer 1
		~ /etc/size  size 3 -> 5, content, layer 1
		~ /etc/turns  type directory -> file, layer 1
		- /etc/turns/below  file 0755 0:0 0 bytes, layer 0
		~ /etc/xattr  attributes, layer 1
		+ /more  directory 0755 0:0, layer 1
	LIST
	same expected paths
	grep -q "^2 added, 3 removed, 8 changed$" out
}

test_times() {
	two
	! lamina diff a b | has " /etc/time " || say "a time that nobody asked for"
	lamina diff a b --times | has "^~ /etc/time  time 1000 -> 2000, layer 1$"
}

test_layers_and_manifest() {
	two
	lamina diff a b >out
	grep -q "^= layer 0  sha256:" out
	grep -q "^+ layer 1  sha256:" out
	grep -q "^- serial 1$" out
	grep -q "^+ serial 2$" out
	! grep -q "^[-+] name" out || say "a line that both have"
	lamina diff b a | has "^- layer 1  sha256:"
	pack c 2 above.tar base.tar
	lamina diff a c | has "^= layer 0 -> 1  sha256:"
}

test_bytes_to_fetch() {
	local size
	two
	size=$(stat -c %s "$(comm -13 <(cd a/blobs/sha256 && ls) <(cd b/blobs/sha256 && ls) |
		sed 's|^|b/blobs/sha256/|')")
	lamina diff a b | has "^to fetch: 1 layer, $size bytes "
	lamina diff b a | has "^to fetch: 0 layers, 0 bytes "
}

# Two images of three layers, of which the upper two change a little, and change places.
deltas() {
	local name
	mkdir base one two
	for name in base one two; do
		head -c 200000 /dev/urandom >"$name/$name"
		tar -cf "$name.tar" --mtime=@1 --sort=name -C "$name" .
	done
	pack a 1 base.tar one.tar two.tar
	for name in one two; do
		head -c 7000 /dev/urandom >"$name/more"
		tar -cf "$name.tar" --mtime=@1 --sort=name -C "$name" .
	done
	pack b 2 base.tar two.tar one.tar
}

test_bytes_with_deltas() {
	need jq
	deltas
	lamina diff a b >out
	grep -q "^to fetch: 2 layers, " out
	grep -q "^with 2 deltas: [0-9]* bytes (" out
	lamina diff a b --json | jq -e '.fetch.deltas | .count == 2 and .bytes > 14000 and .bytes < 40000'
	lamina diff a a --json | jq -e '.fetch.deltas == {"count": 0, "bytes": 0}'
	# what takes most of the layer pays no more
	head -c 600000 /dev/urandom >one/more
	tar -cf one.tar --mtime=@1 --sort=name -C one .
	pack c 3 base.tar two.tar one.tar
	lamina diff a c | has "^with 1 delta: "
}

test_the_same_image() {
	two
	lamina diff b b >out
	! grep '^[-+~] ' out || say "differences of an image from itself"
	grep -q "^0 added, 0 removed, 0 changed$" out
}

# The other way round, what was added is removed.
test_both_directions() {
	two
	lamina diff a b | sed -n 's/^\([-+~]\) \(\/[^ ]*\) .*/\1 \2/p' | tr +- -+ >there
	lamina diff b a | sed -n 's/^\([-+~]\) \(\/[^ ]*\) .*/\1 \2/p' >back
	same there back
}

# Nobody sees how a tree is cut into layers.
test_merged_layers() {
	two
	lamina pack -o merged --merge 1 --name t -c t --arch amd64 --arg /x tar:base.tar tar:above.tar
	lamina diff b merged --times | grep '^[-+~] /' >paths || true
	[ ! -s paths ] || say "$(head -n 1 paths)"
}

test_bundles() {
	two
	lamina keygen -o k
	lamina sign b --key k.key
	lamina bundle b -o b.tar
	lamina diff a b.tar >bundle
	lamina diff a b >store
	same store bundle
	lamina diff b.tar b | has "^0 added, 0 removed, 0 changed$"
}

test_a_store_of_two_images() {
	local old new
	two
	old=$(ls a/images)
	new=$(ls b/images)
	cp -r a/. b/
	refuses "b: " lamina diff b b
	lamina diff b b --before "$old" --after "${new:0:12}" >out
	lamina diff a b --after "$new" >out2
	same out out2
	grep -q "^2 added, 3 removed, 8 changed$" out
}

test_json() {
	need jq
	two
	lamina diff a b --json >out
	jq -e '.same | not' out
	jq -e '.layers | map([.before, .after]) == [[0, 0], [null, 1]]' out
	jq -e '.changes | length == 13' out
	jq -e '.changes[] | select(.path == "/etc/size") | .what == ["size", "content"] and
		.before.size == 3 and .after.size == 5 and .after.layer == 1' out
	jq -e '.changes[] | select(.path == "/etc/gone") | .change == "removed" and .after == null' out
	jq -e '.changes[] | select(.path == "/etc/link") | .before.target == "one"' out
	jq -e '[.manifest[].line] | index("serial 1") != null and index("serial 2") != null' out
	jq -e '.fetch.layers == 1 and .fetch.bytes > 0 and .fetch.bytes < .fetch.of' out
	lamina diff a a --json | jq -e '.same and .changes == [] and .fetch.bytes == 0'
}

test_random_stacks() {
	python3 "$here/../pack/diff.py" "$lamina" 1 25
}

test_a_damaged_layer() {
	two
	# shellcheck disable=SC2012 # digests
	flip "a/blobs/sha256/$(ls a/blobs/sha256 | head -n 1)" 200
	refuses "its sha256 is not what its name says" lamina diff a b
	rm a/blobs/sha256/*
	refuses "layer 0" lamina diff a b
}

test_a_terminal_is_safe_from_an_image() {
	mkdir d
	: >"d/$(printf 'x\033]0;pwned\a')"
	base
	pack a 1 base.tar
	lamina pack -o b --name t -c t --arch amd64 --arg /x dir:d
	lamina diff a b >out
	! grep -q "$(printf '\033')" out || say "an escape sequence came through"
	grep -q "^+ /x%1B" out
}

test_without_sqfs2tar() {
	two
	mkdir bin
	refuses "sqfs2tar" env PATH="$PWD/bin" "$lamina" diff a b
}

test_usage() {
	misused "" lamina diff
	misused "" lamina diff "$store"
	refuses "none: " lamina diff "$store" none
}

tell_all
