#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Layers as deltas: what `lamina bundle --from` makes, rdiff applies; what rdiff makes, laminactl applies;
# and what becomes of one that is damaged, or has another base.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"

# noise FILE SEED BYTES: that never change, and can't be compressed.
noise() {
	python3 -c 'import random, sys; random.seed(sys.argv[2]); open(sys.argv[1], "ab").write(random.randbytes(int(sys.argv[3])))' "$@"
}

# big SERIAL: a signed image of two layers, whose upper one changes by some KiB from serial to serial.
big() {
	local at=tree-$1
	rm -rf "image-$1" "$at" && mkdir "$at"
	noise "$at/first" 1 300000
	noise "$at/second" "$1" 3000
	noise "$at/third" 2 300000
	lamina pack -o "image-$1" --name demo --serial "$1" --version "1.$1" --compatible acme,x \
		--arg /bin/sh "oci:$fixtures/oci" "dir:$at" 2>pack.log || say "$(tail -n 1 pack.log)"
	lamina sign "image-$1" --key "$a.key" >sign.log 2>&1 || say "$(tail -n 1 sign.log)"
}

# The upper layer of an image: its hash, the bytes of its data.
hash_of() { sed -n 's/^layer sha256:\([0-9a-f]*\) .*/\1/p' "image-$1"/images/*/manifest | tail -n 1; }
data_of() { sed -n 's/^layer .* data \([0-9]*\) .*/\1/p' "image-$1"/images/*/manifest | tail -n 1; }
data() { head -c "$(data_of "$1")" "image-$1/blobs/sha256/$(hash_of "$1")"; }

# two [POLICY...]: a device with image 3, and a bundle for it that brings image 4.
two() {
	device "$@"
	big 3 >/dev/null
	new=$(big 4)
	ctl install image-3 >/dev/null 2>&1
	lamina bundle image-4 --from image-3 -o 4.lamina
}

has_new() {
	cmp "image-4/blobs/sha256/$(hash_of 4)" "run/store/blobs/sha256/$(hash_of 4)" >&2 || exit 1
	ctl verify >/dev/null
}

# nothing_new: the store is as it was before an attempt.
nothing_new() {
	[ ! -e "run/store/blobs/sha256/$(hash_of 4)" ] || say "a layer is there"
	[ -z "$(ls run/store/incoming)" ] || say "something is left on its way"
	[ ! -e "run/store/images/$new" ] || say "the image is there"
	ctl verify >/dev/null 2>&1 || [ "${1:-}" = damaged ] || say "what was there is damaged"
}

# part: a directory with image 4's manifest and signatures, the upper layer as a delta alone.
part() {
	rm -rf part && mkdir -p part/blobs/sha256
	cp -r image-4/images part/
	tar xOf 4.lamina deltas >part/deltas
	cut -c 131-194 part/deltas >delta-hash
	tar xOf 4.lamina "blobs/sha256/$(cat delta-hash)" >"part/blobs/sha256/$(cat delta-hash)"
}

test_what_is_in_the_bundle() {
	local whole
	two
	equal "$(tar tf 4.lamina | head -n 4 | tr '\n' ' ')" "manifest without deltas manifest.sig "
	equal "$(tar xOf 4.lamina deltas | cut -d ' ' -f 1-2)" "$(hash_of 4) $(hash_of 3)"
	part
	equal "$(tar xOf 4.lamina deltas | cut -d ' ' -f 3-)" \
		"$(cat delta-hash) $(stat -c %s "part/blobs/sha256/$(cat delta-hash)")"
	equal "$(sha256sum <"part/blobs/sha256/$(cat delta-hash)" | cut -c 1-64)" "$(cat delta-hash)"
	whole=$(stat -c %s "image-4/blobs/sha256/$(hash_of 4)")
	[ "$(stat -c %s 4.lamina)" -lt $((whole / 4)) ] || say "the bundle has $(stat -c %s 4.lamina) bytes"
	lamina bundle image-4 --from image-3 -o - | cmp - 4.lamina
	cp -r image-3 torn && truncate -s 1000 "torn/blobs/sha256/$(hash_of 3)"
	refuses "lamina: the older image: layer 2 (sha256:$(hash_of 3 | cut -c 1-12)): has 1000 bytes" \
		lamina bundle image-4 --from torn -o torn.lamina
	cp -r image-4 newer && flip "newer/blobs/sha256/$(hash_of 4)" 3
	refuses "lamina: layer 2 (sha256:$(hash_of 4 | cut -c 1-12)): its sha256" lamina bundle newer --from image-3 -o torn.lamina
	refuses "lamina: no/such/file: No such file" lamina bundle image-4 -o no/such/file
	[ ! -e torn.lamina ] || say "something is left"
	lamina diff image-3 image-4 | has -x "with 1 delta: $(stat -c %s "part/blobs/sha256/$(cat delta-hash)") bytes .*"
}

test_rdiff_applies_it() {
	need rdiff
	two && part
	data 3 >old
	data 4 >new
	rdiff patch old "part/blobs/sha256/$(cat delta-hash)" made
	same new made
}

test_a_device_applies_it() {
	two
	equal "$(unchanged ctl install --dry-run 4.lamina)" "$new"
	equal "$(ctl install 4.lamina 2>err)" "$new"
	grep -q 'serial 4: .* written, ' err || say "$(cat err)"
	! grep -q delta err || say "$(cat err)"
	has_new
	ctl reject 2>/dev/null
	equal "$(ctl install --force 4.lamina)" "$new" # there it is already
}

test_from_a_pipe() {
	two
	equal "$(cat 4.lamina | ctl install -)" "$new"
	has_new
}

test_from_a_directory() {
	two && part
	equal "$(ctl install part)" "$new"
	has_new
	ctl reject 2>/dev/null && ctl gc 2>/dev/null
	equal "$(ctl install --force --move part)" "$new"
	has_new
}

test_what_rdiff_makes() {
	local size
	need rdiff
	two
	data 3 >old
	data 4 >new
	for size in 512 1000 4096; do
		part
		rdiff signature -b "$size" old sig && rdiff delta sig new delta && rm sig
		rm "part/blobs/sha256/$(cat delta-hash)"
		mv delta "part/blobs/sha256/$(sha256sum <delta | cut -c 1-64)"
		echo "$(hash_of 4) $(hash_of 3) $(ls part/blobs/sha256) $(cat part/blobs/sha256/* | wc -c)" \
			>part/deltas
		equal "$(ctl install --force part)" "$new"
		has_new
		ctl reject 2>/dev/null && ctl gc 2>/dev/null
	done
}

# The source is not to be trusted: a bit that is wrong anywhere, and the layer is not there.
test_a_flipped_delta() {
	local at file size
	two && part
	file=part/blobs/sha256/$(cat delta-hash)
	size=$(stat -c %s "$file")
	cp "$file" good
	# none within a copy: that may be of one zero and another
	for at in 0 3 4 5 6 7 8 9 10 100 $((size / 2)) $((size - 1)); do
		cp good "$file" && flip "$file" "$at"
		refuses "neither whole in the store nor in the directory" ctl install part
		grep -q "^laminactl: layer [0-9]* (sha256:$(hash_of 4 | cut -c 1-12)): not by its delta: " \
			"$top/err" || say "byte $at: $(cat "$top/err")"
		nothing_new
	done
	cp good "$file"
	equal "$(ctl install part)" "$new"
}

test_cut_anywhere() {
	local at size
	two
	size=$(stat -c %s 4.lamina)
	for at in $(seq 1000 1500 "$size"); do
		head -c "$at" 4.lamina >cut.lamina
		! ctl install cut.lamina >/dev/null 2>err || say "cut at $at of $size"
		! ctl install - <cut.lamina >/dev/null 2>err || say "cut at $at of $size"
		if [ -e "run/store/blobs/sha256/$(hash_of 4)" ]; then # that is whole
			has_new
			rm "run/store/blobs/sha256/$(hash_of 4)"
		fi
		nothing_new
	done
	equal "$(ctl install 4.lamina)" "$new"
}

test_a_damaged_base() {
	two && part
	flip "run/store/blobs/sha256/$(hash_of 3)" 150000
	refuses "neither whole in the store nor in the bundle" ctl install 4.lamina
	grep -q "not by its delta: its base $(hash_of 3 | cut -c 1-12) is damaged" "$top/err" || say "$(cat "$top/err")"
	nothing_new damaged
	# told once where there is another way
	cp "image-4/blobs/sha256/$(hash_of 4)" part/blobs/sha256/
	equal "$(ctl install part 2>err)" "$new"
	equal "$(grep -c 'not by its delta: its base' err)" 1
	cmp "image-4/blobs/sha256/$(hash_of 4)" "run/store/blobs/sha256/$(hash_of 4)" >&2
}

test_another_device() {
	device
	big 2 >/dev/null && big 3 >/dev/null && big 4 >/dev/null
	ctl install image-2 >/dev/null 2>&1
	lamina bundle image-4 --from image-3 -o 4.lamina
	unchanged refuses "(sha256:$(hash_of 4 | cut -c 1-12)): neither in the store nor in the bundle" \
		ctl install 4.lamina
}

# Between two layers' lengths: a base that ends where the other's copies go on, one with a longer hash tree.
test_another_base_of_that_name() {
	two && part
	cp run/store/blobs/sha256/"$(hash_of 3)" good
	head -c 100000 good >run/store/blobs/sha256/"$(hash_of 3)"
	refuses "neither whole in the store nor in the directory" ctl install part
	grep -q 'is damaged' "$top/err" || say "$(cat "$top/err")"
	nothing_new damaged
}

test_a_list_that_is_none() {
	local line
	two && part
	cp part/deltas good
	for line in '' x "$(head -c 100 good)" "$(tr a-f A-F <good)" "$(sed 's/ [0-9]*$/ 0x10/' good)" \
		"$(sed 's/ [0-9]*$/ 9999999999999999999999/' good)" "$(cat good good | tr -d '\n')"; do
		echo "$line" >part/deltas
		! ctl install part >/dev/null 2>err || say "'$line' is taken"
		nothing_new
	done
	head -c -1 good >part/deltas
	! ctl install part >/dev/null 2>&1 || say "half a line is taken"
	# other layers' deltas don't matter, nor the second of the same
	{
		sed "s/$(hash_of 4)/$(hash_of 3)/" good
		sed "s/ $(hash_of 3)/ $(hash_of 4)/" good
		cat good good
	} >part/deltas
	equal "$(ctl install part 2>err)" "$new"
	! grep delta err || say "$(cat err)"
	has_new
}

test_a_huge_delta() {
	two && part
	printf '%s\n' "$(sed 's/ [0-9]*$/ 9223372036854775807/' part/deltas)" >part/deltas
	refuses "neither whole in the store nor in the directory" ctl install part
	grep -q 'not by its delta: ' "$top/err" || say "$(cat "$top/err")"
	nothing_new
}

test_a_set() {
	local set
	device
	big 3 >/dev/null && big 4 >/dev/null
	for serial in 3 4; do
		lamina set -o "set-$serial" --name both --serial "$serial" --compatible acme,x \
			"one=image-$serial" "two=image-$serial" >/dev/null 2>set.log || say "$(tail -n 1 set.log)"
		lamina sign "set-$serial" --key "$a.key" >sign.log 2>&1
	done
	ctl install set-3 >/dev/null 2>&1
	lamina bundle set-4 --from set-3 -o set.lamina
	equal "$(tar xOf set.lamina deltas | wc -l)" 1
	set=$(ctl install set.lamina)
	equal "$set" "$(ls set-4/images)"
	has_new
}

test_published() {
	local json digest
	need jq
	two && part
	lamina publish web image-4 --from image-3 --tag one >out
	json=web/v2/demo/manifests/one
	digest=$(jq -r '.layers[-1].digest' $json)
	equal "$digest" "sha256:$(cat delta-hash)"
	equal "$(jq -r '.layers[-1].mediaType' $json)" application/vnd.lamina.delta.v1.rdiff
	equal "$(jq -c '.layers[-1].annotations | [.["org.lamina.delta.from"], .["org.lamina.delta.to"]]' $json)" \
		"[\"sha256:$(hash_of 3)\",\"sha256:$(hash_of 4)\"]"
	same "web/v2/demo/blobs/$digest" "part/blobs/sha256/$(cat delta-hash)"
	# for devices of several versions
	big 2 >/dev/null
	lamina publish web image-4 --from image-3 --from image-2 --tag two >out
	json=web/v2/demo/manifests/two
	equal "$(jq '[.layers[] | select(.annotations)] | length' $json)" 2
	# whoever doesn't know them passes over
	mkdir -p layout/blobs/sha256
	for digest in web/v2/demo/blobs/*; do cp "$digest" "layout/blobs/sha256/${digest#*sha256:}"; done
	cp $json "layout/blobs/sha256/$(sha256sum <$json | cut -c 1-64)"
	echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
	jq -n --arg d "sha256:$(sha256sum <$json | cut -c 1-64)" --argjson s "$(stat -c %s $json)" \
		'{schemaVersion: 2, manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $d, size: $s}]}' \
		>layout/index.json
	equal "$(lamina unbundle oci:layout -o back)" "$new"
	diff -r image-4 back >&2
}

# On the workstation it is a bundle that leaves layers out.
test_on_the_workstation() {
	two
	lamina inspect 4.lamina >out
	grep -q "left out of the bundle, but for a delta of [0-9.]* KiB from layer sha256:$(hash_of 3 | cut -c 1-12)\$" out ||
		say "$(grep left out)"
	equal "$(grep -c 'left out of the bundle$' out)" 2
	for from in 4.lamina -; do
		rm -rf u && cp -r image-3 u
		equal "$(lamina unbundle "$from" -o u <4.lamina)" "$new"
		same "image-4/blobs/sha256/$(hash_of 4)" "u/blobs/sha256/$(hash_of 4)"
		lamina verify u --image "$new" --key "$a.pub" >/dev/null
	done
	# one that is there needs no delta, and no base
	rm "u/blobs/sha256/$(hash_of 3)"
	equal "$(lamina unbundle 4.lamina -o u)" "$new"
	rm -r u/images/"$new" "u/blobs/sha256/$(hash_of 4)"
	refuses "layer 2 (sha256:$(hash_of 4 | cut -c 1-12)): neither in the bundle nor in the store" \
		lamina unbundle 4.lamina -o u
	# its base is damaged, or is shorter
	cp "image-3/blobs/sha256/$(hash_of 3)" u/blobs/sha256/
	flip "u/blobs/sha256/$(hash_of 3)" 150000
	refuses "its delta from $(hash_of 3 | cut -c 1-12): it makes another layer" lamina unbundle 4.lamina -o u
	truncate -s 100000 "u/blobs/sha256/$(hash_of 3)"
	refuses "its delta from $(hash_of 3 | cut -c 1-12): it is damaged, or of another base" lamina unbundle 4.lamina -o u
	[ ! -e "u/blobs/sha256/$(hash_of 4)" ] && [ ! -e "u/images/$new" ]
	part
	at=$(tar tRf 4.lamina | sed -n "s|^block \([0-9]*\): .*$(cat delta-hash)$|\1|p")
	flip 4.lamina $((at * 512 + 700))
	refuses "delta: its sha256 is not what its name says" lamina inspect 4.lamina
}

tell_all
