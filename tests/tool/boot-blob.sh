#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The blob of kernel and initramfs that a manifest names: through the commands that carry an image.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"

# with_boot SERIAL ID TEXT [MIN-INIT]: a signed image in image-SERIAL that asks for boot ID; its blob is
# TEXT. Its own id goes to the file id, the blob's hash to the file blob.
with_boot() {
	local old at
	old=$(image "$1") || exit 1
	at=image-$1/images/$old
	printf '%s\n' "$3" >boot-blob
	sha256sum boot-blob | cut -c 1-64 >blob
	cp boot-blob "image-$1/blobs/sha256/$(cat blob)"
	sed -i -e "s/^min-init .*/min-init ${4:-4}/" \
		-e "/^upper /i boot $2 sha256:$(cat blob) size $(stat -c %s boot-blob)" "$at/manifest"
	sha256sum "$at/manifest" | cut -c 1-64 >id
	rm "$at/manifest.sig"
	mv "$at" "image-$1/images/$(cat id)"
	lamina sign "image-$1" --key "$a.key" >/dev/null
}

test_there_and_back() {
	with_boot 1 6.12-a 'a kernel'
	lamina verify image-1 --key "$a.pub" >out
	grep -qx "boot 6.12-a sha256:$(cut -c 1-12 blob): size and sha256 hold" out
	lamina verify image-1 --key "$a.pub" --json | python3 -c 'import json,sys
s = json.load(sys.stdin)
assert s["holds"] and s["boot"]["id"] == "6.12-a" and s["boot"]["holds"], s'
	lamina inspect image-1 >out
	grep -qx "  boot         6.12-a sha256:$(cat blob) size 9" out
	lamina inspect image-1 --json | python3 -c 'import json,sys
s = json.load(sys.stdin)
assert s["boot"] == {"id": "6.12-a", "digest": "sha256:" + sys.argv[1], "size": 9}, s' "$(cat blob)"
	lamina bundle image-1 -o 1.lamina
	tar tf 1.lamina | grep -A1 blobs/ | has "blobs/sha256/$(cat blob)"
	tar xOf 1.lamina "blobs/sha256/$(cat blob)" | cmp - boot-blob
	lamina verify 1.lamina --key "$a.pub" >out
	grep -q '^boot 6.12-a ' out
	lamina unbundle 1.lamina -o u >/dev/null
	diff -r image-1 u
	mkdir o && tar xf 1.lamina -C o && rm o/manifest*
	grep -rqh '"mediaType":"application/vnd.lamina.boot.v1"' o/blobs
	lamina unbundle oci:o -o v >/dev/null
	diff -r image-1 v
	lamina disk image-1 -o disk >/dev/null 2>&1
	grep -qa 'a kernel' disk
}

# One that asks for none shows none.
test_without() {
	image 1 >id
	lamina inspect image-1 --json | python3 -c 'import json,sys
assert "boot" not in json.load(sys.stdin)'
	lamina verify image-1 --key "$a.pub" --json | python3 -c 'import json,sys
assert "boot" not in json.load(sys.stdin)'
}

test_what_changes() {
	with_boot 1 6.12-a 'a kernel'
	with_boot 2 6.12-b 'another kernel'
	lamina diff image-1 image-2 >out
	grep -q '^- *boot 6.12-a ' out
	grep -q '^+ *boot 6.12-b ' out
	lamina diff image-1 image-2 --json >both
	rm -r image-2 && with_boot 2 6.12-a 'a kernel'
	lamina diff image-1 image-2 --json >one
	# the size of the other kernel, and a line feed, is what there is more to fetch
	python3 -c 'import json
both, one = (json.load(open(name))["fetch"]["bytes"] for name in ("both", "one"))
assert both - one == 15, (both, one)'
}

test_one_that_was_changed() {
	with_boot 1 k 'a kernel'
	flip "image-1/blobs/sha256/$(cat blob)" 2
	refuses "1 of 4 blobs does not hold" lamina verify image-1 --key "$a.pub"
	grep -q '^boot k sha256:[0-9a-f]*: its sha256 is not what its name says' "$top/out"
	refuses "boot k (sha256:$(cut -c 1-12 blob)): " lamina bundle image-1 -o b.lamina
	refuses "boot k (sha256:$(cut -c 1-12 blob)): " lamina disk image-1 -o d
	device
	echo k >run/boot-id # which runs already, and is in no slot's way
	refuses "boot k (sha256:$(cut -c 1-12 blob)): " ctl install image-1
	rm "image-1/blobs/sha256/$(cat blob)"
	refuses "boot k (sha256:$(cut -c 1-12 blob)): " ctl install image-1
	equal "$(line state)" "no image"
}

test_on_a_device() {
	local first
	device
	echo k >run/boot-id
	with_boot 1 k 'a kernel'
	first=$(cat id)
	ctl install image-1 >/dev/null 2>&1
	[ -s "run/store/blobs/sha256/$(cat blob)" ] || say 'not installed'
	ctl verify >out
	grep -qx "boot k sha256:$(cut -c 1-12 blob): 9 B, its sha256 holds" out
	ctl verify --json | python3 -c 'import json,sys
assert [c["holds"] for c in json.load(sys.stdin)[0]["checked"]] == [True] * 4'
	flip "run/store/blobs/sha256/$(cat blob)" 2
	refuses "the image doesn't hold" ctl verify
	grep -q '^boot k sha256:[0-9a-f]*: its sha256 is not what its name says' "$top/out"
	# nobody starts it from there; the next install mends it
	grep -q "${first:0:12}" <<<"$(line 'next boot')"
	with_boot 2 k 'a kernel'
	ctl install image-2 >/dev/null 2>&1
	ctl verify >/dev/null
	# they share it
	printf 'id=%s\nname=demo\nslot=candidate\n' "$(cat id)" >run/image
	ctl confirm 2>/dev/null
	ctl gc 2>/dev/null
	[ -s "run/store/blobs/sha256/$(cat blob)" ] || say 'gone with one of two'
}

test_what_takes_a_newer_version() {
	with_boot 1 k 'a kernel' 3
	device
	refuses 'boot: takes min-init 4 or more' ctl install image-1
}

# The kernel that runs is known where init has left it.
test_for_another_kernel() {
	device
	with_boot 1 k 'a kernel'
	cp -r image-1/. run/store/
	grep -q "$(cut -c 1-12 id)" <<<"$(line 'next boot')"
	echo other >run/boot-id
	equal "$(line 'next boot')" 'nothing: no image would start'
	echo k >run/boot-id
	grep -q "$(cut -c 1-12 id)" <<<"$(line 'next boot')"
	echo 'k k' >run/boot-id
	refuses 'run/boot-id: must be one line of 1 to 64 of [A-Za-z0-9._-]' ctl status
}

tell_all
