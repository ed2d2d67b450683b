#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bundle and unbundle: one file, its one spelling, and its way through registries.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

bundle() { lamina bundle "$store" -o b.tar; }

test_there_and_back() {
	bundle
	equal "$(lamina unbundle b.tar -o u --key "$a.pub")" "$id"
	diff -r "$store" u
	lamina verify u -k "$a.pub"
}

test_the_order_of_the_entries() {
	bundle
	tar tf b.tar >names
	equal "$(head -n 2 names | tr '\n' ' ')" "manifest manifest.sig "
	equal "$(sed -n 's/^layer sha256:\([0-9a-f]*\) .*/blobs\/sha256\/\1/p' \
		"$store/images/$id/manifest")" "$(sed -n 3,4p names)"
	equal "$(sed -n 5p names)" "blobs/sha256/$id"
	equal "$(tail -n 2 names | tr '\n' ' ')" "oci-layout index.json "
}

test_it_streams() {
	lamina bundle "$store" -o - | lamina unbundle - -o u
	diff -r "$store" u
	bundle
	lamina bundle "$store" -o - | cmp - b.tar
}

test_the_same_bytes_every_time() {
	bundle
	cp -r "$store" other
	touch -d 2001-01-01 other/blobs/sha256/*
	chmod 600 other/blobs/sha256/*
	(umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 lamina bundle other -o other.tar)
	same b.tar other.tar
}

test_the_same_bytes_as_nobody() {
	bundle
	chmod -R go+rX "$store"
	as_nobody "$top/lamina-for-all" bundle "$store" -o n.tar
	same b.tar n.tar
}

test_a_layer_that_is_twice_in_the_stack() {
	mkdir -p s/images s/blobs && cp -r "$store/blobs" s/
	awk '/^layer/ && !done { print; done = 1 } { print }' "$store/images/$id/manifest" >m
	twice=s/images/$(sha256sum m | cut -d ' ' -f 1)
	mkdir "$twice" && mv m "$twice/manifest"
	lamina sign s --key "$a.key"
	lamina bundle s -o b.tar
	equal "$(tar tf b.tar | wc -l)" 9
	lamina verify b.tar -k "$a.pub" >out
	equal "$(grep -c 'verity tree hold' out)" 3
	lamina unbundle b.tar -o u
	diff -r s u
}

# Into a folder that has the image, with other signatures: both keep what they have.
test_signatures_are_merged() {
	cp -r "$store" by-b && rm by-b/images/*/manifest.sig && lamina sign by-b --key "$b.key"
	lamina bundle "$store" -o a.tar && lamina bundle by-b -o b.tar
	lamina unbundle a.tar -o u
	for bundle in b.tar a.tar b.tar; do
		lamina unbundle "$bundle" -o u
		lamina verify u -k "$a.pub" -k "$b.pub" --threshold 2
	done
	equal "$(wc -l <"u/images/$id/manifest.sig")" 2
}

test_skopeo_copies_it() {
	need skopeo
	bundle
	skopeo copy -q oci-archive:b.tar oci:layout:v1
	lamina unbundle oci:layout:v1 -o u1 --key "$a.pub"
	diff -r "$store" u1
	skopeo copy -q oci:layout:v1 oci-archive:again.tar
	lamina unbundle oci-archive:again.tar -o u2
	diff -r "$store" u2
	skopeo copy -q oci-archive:b.tar dir:dir
	skopeo copy -q dir:dir oci:layout2:x
	lamina unbundle oci:layout2 -o u3
	diff -r "$store" u3
}

# As registries and their tools know it: what their allowlists ask for, and no more.
test_its_shape_in_a_registry() {
	need skopeo
	bundle
	skopeo copy -q oci-archive:b.tar oci:layout:v1
	python3 - "$id" "$(uname -m)" <<-'END'
		import json, sys
		load = lambda d: json.load(open("layout/blobs/" + d["digest"].replace(":", "/")))
		m = load(json.load(open("layout/index.json"))["manifests"][0])
		types = [d["mediaType"] for d in m["layers"]]
		assert m["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json", m
		assert types == ["application/vnd.lamina.manifest.v1"] + 2 * ["application/vnd.lamina.layer.v1.squashfs"], types
		assert m["layers"][0]["digest"] == "sha256:" + sys.argv[1], m
		assert sorted(m) == ["annotations", "config", "layers", "mediaType", "schemaVersion"], m
		config = load(m["config"])
		assert config["architecture"] == {"x86_64": "amd64", "aarch64": "arm64"}[sys.argv[2]], config
		assert config["rootfs"]["diff_ids"] == [d["digest"] for d in m["layers"]], config
	END
}

test_shapes_of_other_times() {
	need skopeo
	bundle
	for shape in first later; do
		rm -rf layout u
		skopeo copy -q oci-archive:b.tar oci:layout:v1
		"$here/shape.py" layout $shape
		skopeo copy -q oci:layout:v1 "oci:$shape:v1"
		lamina unbundle "oci:$shape" -o u --key "$a.pub"
		diff -r "$store" u
		lamina bundle u -o - | cmp - b.tar
		refuses "lamina unbundle" lamina pack -o p --compatible a,b "oci:$shape"
	done
}

test_pack_and_unbundle_tell_their_images_apart() {
	need skopeo
	bundle
	skopeo copy -q oci-archive:b.tar oci:layout:v1
	refuses "lamina unbundle" lamina pack -o p --compatible a,b oci:layout
	refuses "lamina pack" lamina unbundle "oci:$fixtures/oci" -o p
	leaves b.tar layout
}

test_damage_on_the_way_through_a_registry() {
	need skopeo
	bundle
	skopeo copy -q oci-archive:b.tar oci:layout:v1
	flip "layout/blobs/sha256/$blob" 50
	refuses "not what its name says" lamina unbundle oci:layout -o u
	truncate -s -1 "layout/blobs/sha256/$blob"
	refuses "the manifest says" lamina unbundle oci:layout -o u
	rm "layout/blobs/sha256/$blob"
	refuses "is missing" lamina unbundle oci:layout -o u
	leaves b.tar layout
}

test_only_signed_images() {
	refuses "not signed" lamina bundle "$fixtures/unsigned" -o b.tar
	leaves
}

# part: a bundle of the image without its lower layer, for who has another image with that.
part() {
	lamina pack -o lower --name lower --compatible acme,x "oci:$fixtures/oci" 2>/dev/null
	mkdir -p tree && echo x >tree/new
	new=$(lamina pack -o upper --name demo --compatible acme,x --arg /bin/sh "oci:$fixtures/oci" dir:tree 2>/dev/null)
	lamina sign upper --key "$a.key"
	lamina bundle upper -o whole.tar
	lamina bundle upper --from lower -o part.tar
}

test_without_what_an_older_one_has() {
	part
	equal "$(tar tf part.tar | head -n 3 | tr '\n' ' ')" "manifest without manifest.sig "
	equal "$(tar xOf part.tar without)" "$(sed -n 's/^layer sha256:\([0-9a-f]*\) .*/\1/p' \
		"upper/images/$new/manifest" | head -n -1)"
	equal "$(tar tf part.tar | wc -l)" "$(($(tar tf whole.tar | wc -l) + 1 - $(tar xOf part.tar without | wc -l)))"
	lamina bundle upper --from whole.tar -o least.tar
	lamina bundle upper --from part.tar -o - | cmp - least.tar
	refuses "layer 0 (sha256:" lamina unbundle part.tar -o u
	refuses "neither in the bundle nor in the store" lamina unbundle part.tar -o u
	[ ! -e u ] || say "something is left"
	cp -r lower u
	equal "$(lamina unbundle part.tar -o u --key "$a.pub")" "$new"
	lamina verify u --image "$new" -k "$a.pub" >/dev/null
	lamina bundle u --image "$new" -o - | cmp - whole.tar
	lamina inspect part.tar >out
	grep -q 'left out of the bundle' out
	refuses "do not hold" lamina verify part.tar -k "$a.pub"
	lamina diff lower part.tar >out
	lamina diff lower whole.tar | cmp - out
	refuses "left out of the bundle" lamina diff part.tar lower
}

test_a_part_is_flipped_anywhere() {
	local size
	part
	size=$(stat -c %s part.tar)
	for at in $(seq 0 97 8000); do
		[ "$at" -lt "$size" ] || break
		cp part.tar f.tar && rm -rf u && cp -r lower u
		flip f.tar "$at"
		! lamina unbundle f.tar -o u --key "$a.pub" >/dev/null 2>err || say "byte $at is not noticed"
		diff -r lower u >&2 || say "byte $at: something is left"
	done
}

test_keys_before_anything_is_written() {
	bundle
	refuses "not trusted here" lamina unbundle b.tar -o u --key "$b.pub"
	refuses "signature" lamina unbundle b.tar -o u -k "$a.pub" -k "$b.pub" --threshold 2
	leaves b.tar
}

test_a_damaged_store() {
	echo old >b.tar
	flip "$store/blobs/sha256/$blob" 77
	refuses "not what its name says" lamina bundle "$store" -o b.tar
	truncate -s -4096 "$store/blobs/sha256/$blob"
	refuses "layer 1" lamina bundle "$store" -o b.tar
	rm "$store/blobs/sha256/$blob"
	refuses "layer 1" lamina bundle "$store" -o b.tar
	leaves b.tar
	equal "$(cat b.tar)" old
}

test_cut_at_any_block() {
	bundle
	local size
	size=$(stat -c %s b.tar)
	for cut in 0 1 511 512 600 1024 1536 2048 2100 10000 20000 $((size - 1024)) $((size - 1)); do
		head -c "$cut" b.tar >cut.tar
		refuses cut.tar lamina unbundle cut.tar -o u
		refuses cut.tar lamina inspect cut.tar
		leaves b.tar cut.tar
		rm cut.tar
	done
}

test_cut_in_a_layer() {
	local at second
	bundle
	second=$(sed -n 's/^layer sha256:\(.\{12\}\).*/\1/p' "$store/images/$id/manifest" | tail -n 1)
	at=$(grep -obUa "blobs/sha256/$second" b.tar | cut -d : -f 1)
	for cut in "$((at + 512))" "$((at + 4000))"; do
		head -c "$cut" b.tar >cut.tar
		for command in "inspect cut.tar" "verify cut.tar -k $a.pub" "unbundle cut.tar -o u"; do
			refuses "cut.tar: layer 1 (sha256:$second): the bundle ends in the middle of it" \
				lamina $command
		done
	done
	leaves b.tar cut.tar
}

test_standard_input() {
	lamina bundle "$store" -o - | lamina inspect - >out
	lamina inspect "$store" | cmp - out
	bundle
	lamina inspect - <b.tar | cmp - out
	lamina bundle "$store" -o - | lamina verify - -k "$a.pub" >out
	equal "$(grep -c 'verity tree hold' out)" 2
	lamina bundle "$store" -o - | lamina diff "$store" - >out
	refuses "standard input: empty" lamina inspect - </dev/null
	refuses "standard input: not a bundle" lamina inspect - <"$a.pub"
	refuses "standard input: empty" lamina unbundle - -o u </dev/null
	refuses "standard input: image ${id:0:12}: signed by" lamina verify - -k "$b.pub" <b.tar
	leaves b.tar out
}

# Whatever byte changes, it is noticed, or nothing depends on it.
test_flipped_anywhere() {
	bundle
	local size
	size=$(stat -c %s b.tar)
	for at in $(seq 0 97 "$size"); do
		[ "$at" -lt "$size" ] || break
		cp b.tar f.tar
		flip f.tar "$at"
		if lamina unbundle f.tar -o u --key "$a.pub" >/dev/null 2>err; then
			diff -r "$store" u || say "byte $at changes the image"
			# the texts of the OCI side are for others
			dd if=b.tar bs=512 skip=$((at / 512)) count=1 status=none | has '[{"]' ||
				say "byte $at is not noticed"
		else
			[ ! -e u ] || say "byte $at: something is left"
		fi
		rm -rf u
	done
}

test_more_than_a_bundle() {
	bundle
	(cat b.tar && head -c 512 /dev/zero) >long.tar
	refuses "after the bundle's end" lamina unbundle long.tar -o u
	tar xf b.tar && tar cf other.tar manifest manifest.sig blobs oci-layout index.json
	refuses "not a tar header as bundles have them" lamina unbundle other.tar -o u
	[ ! -e u ]
}

test_links_in_place_of_files() {
	mkdir t && cd t || exit 1
	ln -s /etc/passwd manifest
	tar -c -f ../l.tar --format ustar --owner 0 --group 0 --mtime @0 manifest
	refuses "not a tar header as bundles have them" lamina unbundle ../l.tar -o u
	leaves manifest
}

test_into_a_store_that_has_images() {
	bundle
	lamina pack -o u --name other --compatible acme,x "oci:$fixtures/oci"
	lamina unbundle b.tar -o u
	equal "$(find u/images -mindepth 1 -maxdepth 1 | wc -l)" 2
	lamina unbundle b.tar -o u
	lamina verify u --image "$id" -k "$a.pub"
}

test_failing_leaves_a_store_as_it_was() {
	bundle
	lamina pack -o u --name other --compatible acme,x "oci:$fixtures/oci"
	cp -r u before
	head -c 20000 b.tar >cut.tar
	refuses cut.tar lamina unbundle cut.tar -o u
	diff -r before u
}

test_a_full_disk() {
	[ "$(id -u)" = 0 ] || skip "needs root to mount a small file system"
	mkdir small
	mount -t tmpfs -o size=16k small small 2>/dev/null || skip "can't mount here"
	local status=0
	lamina bundle "$store" -o small/b.tar 2>err || status=$?
	find small -mindepth 1 >left
	bundle
	lamina unbundle b.tar -o small/u 2>err2 || status=$((status + $?))
	find small -mindepth 1 >>left
	umount small
	equal "$status" 2
	grep -q "No space left" err
	grep -q "No space left" err2
	equal "$(cat left)" ""
}

# Without room for its last file, an image is not there at all: never without its signature.
test_no_image_without_its_signature() {
	[ "$(id -u)" = 0 ] || skip "needs root to mount a small file system"
	bundle
	mkdir small
	local files whole=0
	for files in $(seq 2 20); do
		mount -t tmpfs -o "nr_inodes=$files" small small 2>/dev/null || skip "can't mount here"
		if lamina unbundle b.tar -o small/u >/dev/null 2>err; then
			diff -r "$store" small/u >differs && whole=$((whole + 1))
		else
			grep -q "No space left" err && find small -mindepth 1 >differs
		fi
		umount small
		[ ! -s differs ] || say "with $files files: $(cat differs err)"
	done
	[[ $whole -gt 1 && $whole -lt 18 ]] || say "$whole of 19 were whole"
}

test_names_of_outputs() {
	refuses "no/b.tar: No such file" lamina bundle "$store" -o no/b.tar
	mkdir dir && refuses "Is a directory" lamina bundle "$store" -o dir
	mkfifo pipe && refuses "not a regular file" lamina bundle "$store" -o pipe
	[ -p pipe ]
	misused "--output is missing" lamina bundle "$store"
	misused "--output is missing" lamina unbundle x
	refuses "x: No such file" lamina unbundle x -o u
	leaves dir pipe
}

test_interrupted() {
	# a fifo as a layer: lamina waits in it until the signal comes
	bundle
	mkfifo feed
	head -c 9000 b.tar >part
	(exec 3<>feed && cat part >&3 && sleep 1000) &
	feeder=$!
	"$lamina" unbundle feed -o u 2>/dev/null &
	pid=$!
	soon test -e u || say "it never started"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	kill "$feeder" 2>/dev/null || true
	equal "$status" 143
	[ -z "$(find u -type f)" ] || say "left: $(find u -type f)"
	lamina unbundle b.tar -o u
	diff -r "$store" u
}

tell_all
