#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A channel's word: how it is made, what a device takes, and its way through a registry.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"
export SOURCE_DATE_EPOCH=1796000000

# say_word FILE [OPTION...]: about image 3.
say_word() { lamina channel image-3 -o "$1" --key "$b.key" "${@:2}" >said; }

# follows: a device whose channel key is b; its image is 3.
follows() {
	device "channel-key $(lamina keygen --keyring "$b.pub" | cut -d ' ' -f 2-)"
	id=$(image 3)
}

test_a_word() {
	follows
	say_word word --channel stable --percent 25 --device gateway-7
	equal "$(head -n 8 word)" "$(printf '%s\n' 'lamina-channel 1' 'name demo' 'channel stable' 'counter 1' \
		"image sha256:$id" 'serial 3' 'percent 25' 'issued 1796000000')"
	equal "$(sed -n 9p word | cut -d ' ' -f 1-2)" "sig $(lamina keygen --keyring "$b.pub" | cut -d ' ' -f 2)"
	place=$((16#$(printf 'gateway-7%s' "$id" | sha256sum | cut -c 1-8) % 100))
	grep -qx "device gateway-7: place $place, $([ $place -lt 25 ] && echo its turn || echo not yet)" said ||
		say "$(cat said)"
	need openssl
	head -n 8 word >body
	sed -n 's/^sig [^ ]* [^ ]* //p' word | base64 -d >signature
	openssl dgst -sha256 -verify "$b.pub" -signature signature body >/dev/null
	lamina channel image-3 -o by-command --channel stable --percent 25 --pub "$b.pub" \
		--sign-cmd "openssl dgst -sha256 -sign $b.key" >/dev/null
	equal "$(head -n 8 by-command)" "$(cat body)"
}

test_one_word_follows_another() {
	follows
	image 4 >/dev/null
	say_word word --channel stable --percent 25
	say_word word --percent 50
	equal "$(sed -n 's/^counter //p; s/^percent //p' word | paste -sd ' ')" "2 50"
	cp word before
	refuses "30 % of the same image after 50: it can only rise" lamina channel image-3 -o word --key "$b.key" --percent 30
	refuses "counter 2 is not above 2" lamina channel image-3 -o word --key "$b.key" --counter 2
	refuses "is of channel stable and image demo" lamina channel image-3 -o word --key "$b.key" --channel beta
	same before word
	say_word word --percent 0
	lamina channel image-4 -o word --key "$b.key" --percent 10 --counter 100 >/dev/null
	equal "$(sed -n 's/^counter //p; s/^serial //p; s/^percent //p' word | paste -sd ' ')" "100 4 10"
	echo junk >junk
	refuses "junk: line 1: must be \`lamina-channel\`" lamina channel image-3 -o junk --key "$b.key"
	equal "$(cat junk)" junk
	refuses "Say --channel" lamina channel image-3 -o new --key "$b.key"
	refuses "is no name for a channel" lamina channel image-3 -o new --key "$b.key" --channel A
	refuses "not signed" lamina channel "$fixtures/unsigned" -o new --key "$b.key" --channel x
	refuses "the signature does not hold" lamina channel image-3 -o new --channel x --pub "$b.pub" \
		--sign-cmd "openssl dgst -sha256 -sign $a.key"
	misused "--output is missing" lamina channel image-3 --key "$b.key"
	misused "say one of --key and --sign-cmd" lamina channel image-3 -o new
	misused "--percent" lamina channel image-3 -o new --key "$b.key" --percent 101
	[ ! -e new ] || say "something is left"
}

test_a_device_remembers_the_newest() {
	local first
	follows
	say_word word --channel stable --percent 25 && cp word first
	say_word word --percent 50
	equal "$(ctl channel first)" "$(head -n 8 first)"
	same first run/store/channel/stable
	unchanged ctl channel first >/dev/null
	ctl channel - <word >/dev/null
	same word run/store/channel/stable
	unchanged refuses "first: word 1 of channel stable, and 2 is known already" ctl channel first
	lamina channel image-3 -o other --key "$b.key" --channel stable --counter 2 >/dev/null
	unchanged refuses "word 2 of channel stable, and 2 is known already" ctl channel other
	rm other && lamina channel image-3 -o other --key "$b.key" --channel stable --counter 3 --percent 49 >/dev/null
	unchanged refuses "other: percent falls" ctl channel other
	lamina channel image-3 -o beta --key "$b.key" --channel beta >/dev/null
	ctl channel beta >/dev/null
	equal "$(ls run/store/channel | paste -sd ' ')" "beta stable"
	ctl status | has -x "channel    stable, word 2, [0-9]* days old" || say "$(ctl status)"
	equal "$(field "sorted((c['channel'], c['counter'], c['issued']) for c in s['channels'])")" \
		"[('beta', 1, 1796000000), ('stable', 2, 1796000000)]"
	[ -z "$(ls run/store/incoming)" ] || say "left behind"
	rm other && lamina channel image-3 -o other --key "$b.key" --channel beta --counter 2 --percent 0 >/dev/null
	ctl channel other >/dev/null # held, and then begun anew
	lamina channel image-3 -o other --key "$b.key" --percent 1 >/dev/null
	ctl channel other >/dev/null
	ctl install image-3 >/dev/null && ctl gc >/dev/null && ctl reset --yes
	same word run/store/channel/stable
}

test_words_of_nobody() {
	follows
	lamina channel image-3 -o by-a --key "$a.key" --channel stable >/dev/null
	refuses "by-a: signed by $(lamina keygen --keyring "$a.pub" | cut -d ' ' -f 2), not trusted here" ctl channel by-a
	say_word word --channel stable
	for at in $(seq 0 7 "$(stat -c %s word)"); do
		[ "$at" -lt "$(stat -c %s word)" ] || break
		cp word bad && flip bad "$at"
		! ctl channel bad >/dev/null 2>&1 || say "byte $at is not noticed"
	done
	for size in 0 1 100 $(($(stat -c %s word) - 1)); do
		head -c "$size" word >cut
		refuses "cut: " ctl channel cut
	done
	head -c 100000 /dev/zero | tr '\0' x >large
	refuses "large: " ctl channel large
	refuses "nowhere: No such file" ctl channel nowhere
	refuses "lamina: nowhere: No such file" lamina channel image-3 -o other --channel stable --key nowhere
	refuses "lamina: large: larger than" lamina channel image-3 -o large --channel stable --key "$b.key"
	[ ! -e run/store/channel ] || say "something is remembered"
	# a manifest's key is not a channel's, nor the other way round
	lamina sign image-3 --key "$b.key" >/dev/null
	lamina keygen --keyring "$a.pub" >run/keyring
	rm image-3/images/*/manifest.sig && lamina sign image-3 --key "$b.key" >/dev/null
	refuses "not trusted here" ctl install image-3
	device
	refuses "word: the policy has no channel-key" ctl channel word
	device "channel-key 0000000000000000 $(lamina keygen --keyring "$b.pub" | cut -d ' ' -f 3-)"
	refuses "word: " ctl channel word
}

# What lies in the store and is no word that is signed counts for nothing, and harms nothing.
test_a_store_full_of_junk() {
	follows
	say_word word --channel stable
	mkdir -p run/store/channel/dir run/store/images
	echo junk >run/store/channel/stable
	ln -s /etc/passwd run/store/channel/link && mkfifo run/store/channel/fifo
	ctl status >out 2>&1
	! grep channel out || say "$(cat out)"
	ctl channel word >/dev/null
	same word run/store/channel/stable
	rm run/store/channel/stable && mkdir run/store/channel/stable
	refuses "Is a directory" ctl channel word
	rm -r run/store/channel && ln -s /tmp run/store/channel
	refuses "channel: in the way, not a directory" ctl channel word
}

test_through_a_registry() {
	need skopeo
	follows
	say_word word --channel stable --percent 25
	lamina publish www image-3 --tag stable --channel word >/dev/null
	python3 - "$id" <<-'END'
		import hashlib, json, sys
		m = json.load(open("www/v2/demo/manifests/stable"))
		last = m["layers"][-1]
		assert last["mediaType"] == "application/vnd.lamina.channel.v1", last
		assert open("www/v2/demo/blobs/" + last["digest"]).read() == open("word").read()
		assert json.load(open("www/v2/demo/blobs/" + m["config"]["digest"]))["rootfs"]["diff_ids"][-1] == last["digest"]
	END
	image 4 >/dev/null
	refuses "word: is about image ${id:0:12}, and this is " lamina publish www image-4 --channel word
	refuses "word: is about image ${id:0:12}, and this is " lamina push image-4 docker://127.0.0.1:1/x --channel word
	mkdir -p layout/blobs/sha256
	for blob in www/v2/demo/blobs/sha256:*; do cp "$blob" "layout/blobs/sha256/${blob##*:}"; done
	cp www/v2/demo/manifests/stable m
	cp m "layout/blobs/sha256/$(sha256sum m | cut -d ' ' -f 1)"
	echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
	printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%d}]}' \
		"$(sha256sum m | cut -d ' ' -f 1)" "$(stat -c %s m)" >layout/index.json
	lamina unbundle oci:layout -o u >/dev/null
	diff -r image-3 u
}

tell_all
