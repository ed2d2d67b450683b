#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# verify and inspect: what holds, what doesn't, and what is shown of it.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

blob_file() { echo "$store/blobs/sha256/$blob"; }

data_of() { sed -n "s/^layer sha256:$blob .* data \([0-9]*\) .*/\1/p" "$store/images/$id/manifest"; }

bundle() { lamina bundle "$store" -o b.tar; }

test_a_good_store() {
	lamina verify "$store" -k "$a.pub" >out
	equal "$(grep -c 'verity tree hold' out)" 2
	grep -q "^signature .*: holds$" out
}

test_a_good_bundle() {
	bundle
	lamina verify b.tar -k "$a.pub" >out
	equal "$(grep -c 'verity tree hold' out)" 2
}

test_json() {
	need jq
	bundle
	for place in "$store" b.tar; do
		lamina verify "$place" -k "$a.pub" --json >out.json
		jq -e '.holds and (.layers | length == 2) and all(.layers[]; .holds)' out.json
		jq -e --arg id "$id" '.image == $id' out.json
		lamina inspect "$place" -k "$a.pub" --json >out.json
		jq -e '.signatures[0].state == "holds" and .layers[0].squashfs.inodes > 1' out.json
		jq -e '.run.args == ["/bin/sh", "-c", "true"] and .serial == 3' out.json
	done
}

# What a stranger's file is called, a variable or an argument holds.
test_json_of_any_bytes() {
	need jq
	mkdir -p $'r\xff\n"' && echo file >$'r\xff\n"/f\xfe\e'
	set -- -n x -c x --arch arm --force $'dir:r\xff\n"'
	lamina pack -o before --arg /x "$@" --json 2>/dev/null >out.json
	equal "$(jq -c '[.layers[].name]' out.json)" '["dir:r%FF%0A\""]'
	ln -s $'\xc3' $'r\xff\n"/l'
	lamina pack -o after --arg $'/x\xff\e' --env $'A=\xe2\n' --volume $'/v\xff=tmpfs' "$@" >/dev/null 2>&1
	lamina inspect after --json | jq -e '.run.args == ["/x%FF%1B"]'
	lamina diff before after --json | jq -e '.changes | length > 0'
}

# Keys that are not there have no line, and not that of the one before.
test_a_supervised_image() {
	lamina pack -o supervised -n app -c acme,x --run supervise --cwd /srv "oci:$fixtures/oci" >/dev/null
	lamina inspect supervised >out
	grep -qx "  stop-timeout 10" out
	equal "$(grep -cE "^  (hostname|needs) " out)" 0
	lamina pack -o named -n app -c acme,x --run supervise --hostname box "oci:$fixtures/oci" >/dev/null
	lamina inspect named | has -x "  hostname     box"
}

test_json_of_what_does_not_hold() {
	need jq
	flip "$(blob_file)" 100
	refuses "1 of 2 layers does not hold" lamina verify "$store" -k "$a.pub" --json
	jq -e '(.holds | not) and .layers[0].holds and (.layers[1].reason | length > 0)' "$top/out"
}

test_keys() {
	refuses "not trusted here" lamina verify "$store" -k "$b.pub"
	refuses "signature" lamina verify "$store" -k "$a.pub" -k "$b.pub" --threshold 2
	misused "whose signature" lamina verify "$store"
	misused "not a number from" lamina verify "$store" -k "$a.pub" --threshold 0
	refuses "private key" lamina verify "$store" -k "$a.key"
}

test_an_unsigned_image() {
	refuses "not signed" lamina verify "$fixtures/unsigned" -k "$a.pub"
	lamina inspect "$fixtures/unsigned" | has "signed by .*nobody"
}

test_a_signature_of_another_manifest() {
	lamina pack -o other --name other --compatible acme,x "oci:$fixtures/oci" >other.id
	cp "$store/images/$id/manifest.sig" "other/images/$(cat other.id)/"
	refuses "signature" lamina verify other -k "$a.pub"
	lamina inspect other -k "$a.pub" | has "does not hold"
}

test_every_place_of_a_layer() {
	local data
	data=$(data_of)
	for at in 0 200 $((data - 1)) "$data" $((data + 100)) $((data + 4095)); do
		flip "$(blob_file)" "$at"
		refuses "1 of 2 layers does not hold" lamina verify "$store" -k "$a.pub"
		flip "$(blob_file)" "$at"
	done
	lamina verify "$store" -k "$a.pub"
}

test_a_layer_that_is_no_file() {
	rm "$(blob_file)"
	refuses "1 of 2 layers" lamina verify "$store" -k "$a.pub"
	grep -q "$(echo "$blob" | cut -c 1-12).*not in the store" "$top/out"
	mkdir "$(blob_file)"
	refuses "1 of 2 layers" lamina verify "$store" -k "$a.pub"
	rmdir "$(blob_file)" && mkfifo "$(blob_file)"
	refuses "1 of 2 layers" lamina verify "$store" -k "$a.pub"
	rm "$(blob_file)" && ln -s /etc/passwd "$(blob_file)"
	refuses "1 of 2 layers" lamina verify "$store" -k "$a.pub"
}

test_layers_too_short_and_too_long() {
	truncate -s -1 "$(blob_file)"
	refuses "1 of 2 layers" lamina verify "$store" -k "$a.pub"
	truncate -s +2 "$(blob_file)"
	refuses "1 of 2 layers" lamina verify "$store" -k "$a.pub"
}

# A blob whose name is right, in a manifest whose tree is another's: only verity can tell.
test_a_root_hash_of_another_layer() {
	local other
	other=$(sed -n 's/.* verity //p' "$store/images/$id/manifest" | head -n 1)
	mkdir -p forged/images && cp -r "$store/blobs" forged/
	sed "/^layer sha256:$blob/s/verity .*/verity $other/" "$store/images/$id/manifest" >m
	image=forged/images/$(sha256sum m | cut -d ' ' -f 1)
	mkdir "$image" && mv m "$image/manifest"
	lamina sign forged --key "$a.key"
	refuses "1 of 2 layers" lamina verify forged -k "$a.pub"
}

test_manifests() {
	local manifest=$store/images/$id/manifest
	cp "$manifest" good
	flip "$manifest" 20
	refuses "image $(echo "$id" | cut -c 1-12)" lamina verify "$store" -k "$a.pub"
	: >"$manifest"
	refuses manifest lamina inspect "$store"
	head -c 70000 /dev/zero >"$manifest"
	refuses "larger than 65536" lamina inspect "$store"
	rm "$manifest"
	refuses manifest lamina inspect "$store"
	ln -s "$PWD/good" "$manifest"
	refuses "symbolic link" lamina inspect "$store"
}

test_places() {
	refuses "nothing: No such file" lamina inspect nothing
	mkfifo pipe
	refuses "neither a store nor a bundle" lamina inspect pipe
	refuses "no image" lamina inspect .
	refuses "/dev/null" lamina inspect /dev/null
	misused "STORE|BUNDLE is missing" lamina inspect
}

test_what_inspect_shows() {
	lamina inspect "$store" -k "$a.pub" >out
	for words in "name .*demo" "image .*$id" "serial .*3" "compatible .*acme,x" "arch .*amd64" \
		"signed by .*holds" "arg .*/bin/sh" "env .*PATH=/bin" "A=b c" "user .*1000:1000" \
		"stop-signal .*SIGINT" "/var/a" "layer 1 .*$blob" "squashfs, zstd" "2 layers"; do
		grep -q -- "$words" out || say "no '$words'"
	done
	lamina inspect "$store" -k "$b.pub" | has "unknown key"
	lamina inspect "$store" | has "not checked"
}

# Whatever a manifest has, inspect shows: it goes by the same table.
test_inspect_shows_every_line() {
	local key value
	lamina pack -o every -n every -c acme,a -c acme,b --version 1 -v /data -v "/a b=tmpfs,size=1m,mode=0700" \
		--upper tmpfs,size=50% --inject /etc/hostname "oci:$fixtures/oci" >every.id
	lamina inspect every >out
	while read -r key value; do
		[ "$key" = layer ] || grep -qE "^  ($key)? +$(sed 's/[][\.*^$?+(){}|]/\\&/g' <<<"$value")\$" out ||
			say "'$key $value' is not shown: $(cat out)"
	done < <(sed 1d "every/images/$(cat every.id)/manifest")
	need jq
	lamina inspect every --json >out.json
	jq -e '.upper == {kind: "tmpfs", options: "size=50%"} and .injects == ["/etc/hostname"]' out.json
	jq -e '.volumes[0] == {path: "/a b", kind: "tmpfs", options: "size=1m,mode=0700"}' out.json
	jq -e '.volumes[1] == {path: "/data", kind: "persist", options: ""}' out.json
	jq -e '.run.mode == "supervise" and .run.stopSignal == "SIGINT" and .minInit == 2' out.json
	jq -e '.compatible == ["acme,a", "acme,b"] and (.sources | length == 1) and .version == "1"' out.json
}

test_a_terminal_is_safe_from_an_image() {
	lamina pack -o evil --name evil --compatible acme,x --env "X=$(printf '\033]0;pwned\a')" \
		"oci:$fixtures/oci"
	lamina inspect evil >out
	! grep -q "$(printf '\033')" out || say "an escape sequence came through"
	grep -q "X=%1B" out
}

test_a_full_standard_output() {
	[ -c /dev/full ] || skip "no /dev/full"
	local status=0
	lamina inspect "$store" >/dev/full 2>err || status=$?
	equal "$status" 1
	grep -q "No space left" err
}

tell_all
