#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the tool makes is whole or not there, also after a power cut: the order in which it flushes
# and renames, compared with what is written here. order.c is who looks.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

# noted COMMAND...: what it flushed and renamed in the working directory, H for each hash.
noted() {
	need cc
	[ -e order.so ] || cc -shared -fPIC -o order.so "$here/order.c" -ldl || say "order.c does not compile"
	rm -f log
	ORDER_LOG=$PWD/log LD_PRELOAD=$PWD/order.so "$@" >/dev/null 2>said || say "$(cat said)"
	sed -E "/ pipe:/d; s,$PWD/,,g; s,$PWD,.,g; s,[0-9a-f]{64},H,g; s,\.lamina-[0-9a-f]{16},.lamina-N,g" log
}

test_an_image() {
	mkdir root && echo hello >root/file
	noted "$lamina" pack --force --no-cache -o out -n x -c x --arch arm --arg /x dir:root >got
	same got - <<-'END'
		fsync out/.lamina-pack/image/manifest
		fsync out/.lamina-pack/image
		fsync out/.lamina-pack/0
		rename out/.lamina-pack/0 out/blobs/sha256/H
		fsync out/blobs/sha256
		fsync out/blobs
		rename out/.lamina-pack/image out/images/H
		fsync out/images
		fsync out
	END
}

test_a_file() {
	noted "$lamina" bundle -o bundle "$store" >got
	same got - <<-'END'
		fsync .lamina-N
		rename .lamina-N bundle
		fsync .
	END
}

# What the cache says of a layer is looked at, its hash too.
test_a_cache_that_lies() {
	local n metas
	mkdir root && echo hello >root/file && tar -C root -cf a.tar file
	pack() {
		LAMINA_CACHE=$PWD/cache lamina pack --json -o "$1" -n x -c x --arch arm --arg /x tar:a.tar 2>/dev/null
	}
	pack first >json
	pack second >json
	grep -q '"origin": "reused"' json || say "nothing is kept"
	for n in 1 2 3 4; do
		metas=(cache/layers/*.meta)
		for meta in "${metas[@]}"; do
			awk -v n="$n" '{ $n = n < 3 ? $n + 4096 : "0123456789" substr($n, 11); print }' "$meta" >new
			cp new "$meta"
		done
		pack "again-$n" >json
		grep -q '"origin": "built"' json || say "$n: it was believed: $(cat json)"
		diff -r first "again-$n" >&2
	done
}

tell_all
