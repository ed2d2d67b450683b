#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sources whose bytes become others once they have been read: what is packed is what was hashed, and
# the cache keeps nothing else under its name. swap.c is who changes them. And a clock that moves on.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

# what: the words of the file "said", in the one layer of the image in the store out
what() {
	local blob
	blob=$(sed -n 's/^layer sha256:\([0-9a-f]*\) .*/\1/p' out/images/*/manifest)
	sqfs2tar "out/blobs/sha256/$blob" | tar -xO said
}

sources() { # makes tars, layouts and archives of good and of bad, of the same size
	need cc python3 sqfs2tar
	cc -shared -fPIC -o swap.so "$here/swap.c" -ldl || say "swap.c does not compile"
	local kind
	for kind in good evil; do
		mkdir "$kind" && echo "$kind word" >"$kind/said"
		head -c 200000 /dev/zero | tr '\0' x >"$kind/more"
		touch -d @1000 "$kind"/* "$kind"
		tar --sort=name --owner=0 --group=0 -C "$kind" -cf "$kind.tar" said more
		rm -rf fs && cp -a "$kind" fs
	done
	python3 - <<-'PY'
		import hashlib, json, os, shutil, tarfile
		def blob(top, data):
		    hex = hashlib.sha256(data).hexdigest()
		    os.makedirs(top + "/blobs/sha256", exist_ok=True)
		    open(f"{top}/blobs/sha256/{hex}", "wb").write(data)
		    return {"digest": "sha256:" + hex, "size": len(data)}
		for kind in "good", "evil":
		    layer = open(kind + ".tar", "rb").read()
		    media = "application/vnd.oci.image."
		    top = "layout-" + kind
		    l = {"mediaType": media + "layer.v1.tar", **blob(top, layer)}
		    c = {"mediaType": media + "config.v1+json", **blob(top, json.dumps(
		        {"os": "linux", "architecture": "amd64", "config": {"Entrypoint": ["/said"]},
		         "rootfs": {"type": "layers", "diff_ids": [l["digest"]]}}).encode())}
		    m = {"mediaType": media + "manifest.v1+json", **blob(top, json.dumps(
		        {"schemaVersion": 2, "config": c, "layers": [l]}).encode())}
		    open(top + "/index.json", "w").write(json.dumps({"schemaVersion": 2, "manifests": [m]}))
		    open(top + "/oci-layout", "w").write('{"imageLayoutVersion":"1.0.0"}')
		    def path(d): return "blobs/sha256/" + d["digest"][7:]
		    open(top + "/manifest.json", "w").write(json.dumps(
		        [{"Config": path(c), "Layers": [path(l)], "RepoTags": []}]))
		    open(kind + ".layer", "w").write(path(l))
		    with tarfile.open(kind + ".archive", "w") as out:
		        for name in ["oci-layout", "index.json", "manifest.json", path(c), path(m), path(l)]:
		            out.add(top + "/" + name, name)
	PY
}

# swapped FILE WITH SOURCE [OPTION...]: packs the good source while its FILE turns into WITH. It is
# refused, or holds the good word, and so does what the cache has of it.
swapped() {
	local file=$1 with=$2 status=0
	shift 2
	[ "$(stat -c %s "$file")" = "$(stat -c %s "$with")" ] || say "$file and $with have two sizes"
	cp -a "$file" kept
	rm -rf out cache
	LAMINA_CACHE=$PWD/cache LD_PRELOAD=$PWD/swap.so SWAP_FILE=$file SWAP_WITH=$with "$lamina" pack --force \
		-o out -n t -c t --arch amd64 --arg /said "$@" >"$top/out" 2>"$top/err" || status=$?
	cmp -s "$file" "$with" || say "$1: nobody changed $file"
	if [ "$status" = 0 ]; then
		equal "$(what)" "good word"
	else
		[ ! -e out ] || say "$1: something is left"
		cp "$top/err" said
	fi
	# what the cache has now is what a pack of the good source finds there
	cat kept >"$file" && touch -r kept "$file"
	rm -rf out
	LAMINA_CACHE=$PWD/cache lamina pack -o out -n t -c t --arch amd64 --arg /said "$@" 2>"$top/err" \
		>"$top/out"
	equal "$(what)" "good word"
	return "$status"
}

test_layout() {
	sources
	for option in "" --no-readback; do
		# shellcheck disable=SC2086 # none or one
		swapped "layout-good/$(cat good.layer)" "layout-evil/$(cat evil.layer)" oci:layout-good $option
	done
}

test_archives() {
	sources
	for kind in oci-archive docker-archive; do
		for option in "" --no-readback; do
			# shellcheck disable=SC2086
			swapped good.archive evil.archive "$kind:good.archive" $option || :
		done
	done
}

test_tar() {
	sources
	for option in "" --no-readback; do
		# shellcheck disable=SC2086
		swapped good.tar evil.tar tar:good.tar $option
	done
}

test_directory() {
	sources
	swapped good/said evil/said dir:good || grep -q "said changed while it was read" said || say "$(cat said)"
	swapped good/said evil/said dir:good --no-readback || :
	# with the times as they were, the kernel's own still tells
	touch -r evil/said good/said
	swapped good/said evil/said dir:good || :
}

test_squashfs() {
	sources
	need sqfstar
	for kind in good evil; do
		sqfstar -quiet -no-progress -noI -noD -noF -noX "$kind.sqfs" <"$kind.tar" >/dev/null
	done
	swapped good.sqfs evil.sqfs squashfs:good.sqfs || :
}

# What was packed without being read back is kept for the like of it, and for nobody else.
test_the_cache_without_readback() {
	sources
	origin() {
		LAMINA_CACHE=$PWD/cache lamina pack --json -o out -n t -c t --arch amd64 --arg /said tar:good.tar "$@" \
			2>/dev/null | sed -n 's/.*"origin": "\(.*\)",/\1/p'
	}
	equal "$(origin --no-readback)" built
	equal "$(origin --no-readback)" reused
	equal "$(origin)" built
	equal "$(origin)" reused
	rm -r cache
	equal "$(origin)" built
	equal "$(origin --no-readback)" reused
}

# The builder's clock is nowhere in an image, whatever the times of the files are.
test_no_clock_but_the_files_own() {
	need cc python3
	cc -shared -fPIC -o clock.so "$here/clock.c" -ldl || say "clock.c does not compile"
	local time first second
	for time in -5 0 1 1700000000 2147483647 2147483648 4294967295 4294967296 99999999999; do
		python3 - "$time" <<-'PY'
			import sys, tarfile
			with tarfile.open("a.tar", "w", format=tarfile.PAX_FORMAT) as out:
			    for name in "d/e/f", "x":
			        info = tarfile.TarInfo(name)
			        info.mtime = int(sys.argv[1])
			        out.addfile(info)
		PY
		first=$(lamina pack --no-cache -o out -n t -c t --arch arm --arg /x tar:a.tar 2>/dev/null)
		second=$(LD_PRELOAD=$PWD/clock.so CLOCK_SHIFT=400000000 "$lamina" pack --force --no-cache -o out -n t -c t \
			--arch arm --arg /x tar:a.tar 2>/dev/null)
		equal "$first" "$second"
		[ -n "$first" ] || say "no image with files of $time"
	done
	# it does shift clocks
	[ "$(LD_PRELOAD=$PWD/clock.so CLOCK_SHIFT=400000000 date +%Y)" != "$(date +%Y)" ]
}

tell_all
