#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lamina-fetch that follows a channel: the word beside an image in docker-registry, or with an address of its own; when it
# is a device's turn, and what is no word for it.
# shellcheck source-path=SCRIPTDIR source=fetch-words
. "$(dirname "$0")/fetch-words"

# follower: a device whose channel key is b, and a registry that skopeo speaks plain HTTP with.
follower() {
	device_here "channel-key $(lamina keygen --keyring "$b.pub" | cut -d ' ' -f 2-)"
	registry
	mkdir -p home/.config/containers
	printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$at" >home/.config/containers/registries.conf
	export HOME=$PWD/home
	faults # that are none: what was asked is in asked
}

follow() { fetch --channel stable --device gateway-7 "oci+http://$via/demo:stable" "$@"; }

# say_word SERIAL [OPTION...]: that image's next word.
say_word() { lamina channel "image-$1" -o word --key "$b.key" "${@:2}" >/dev/null; }

# tagged SERIAL [WORD]: the image as stable, with that word.
tagged() {
	lamina push "image-$1" "docker://$at/demo:stable" ${2:+--channel "$2"} >push.log 2>&1 || say "$(tail -n 1 push.log)"
}

# place ID: of the device gateway-7.
place() { echo $((16#$(printf 'gateway-7%s' "$1" | sha256sum | cut -c 1-8) % 100)); }

# newest N: the word that the device keeps.
newest() { equal "$(sed -n 's/^counter //p' run/store/channel/stable)" "$1"; }

test_a_word_beside_the_image() {
	local old new
	follower
	old=$(image 3) new=$(image 4)
	say_word 3 --channel stable
	tagged 3 word
	follow 2>err || say "$(cat err)"
	current "$old"
	newest 1
	gathered
	: >asked
	unchanged follow >out 2>&1 || say "$(cat out)"
	[ ! -s out ] || say "$(cat out)"
	equal "$(cut -d ' ' -f 1 asked)" HEAD
	say_word 4
	tagged 4 word
	follow 2>err || say "$(cat err)"
	candidate "$new"
	newest 2
	gathered
}

# Percent by percent: devices wait until it is their turn, and who has the image keeps it.
test_it_waits_for_its_turn() {
	local old new turn
	follower
	old=$(image 3) new=$(image 4)
	turn=$(place "$new")
	ctl install image-3 2>/dev/null
	say_word 4 --channel stable --percent "$turn"
	tagged 4 word
	follow 2>err || say "$(cat err)"
	grep -q "image ${new:0:12} is for $turn % of the devices, and this one has place $turn: not yet" err || say "$(cat err)"
	current "$old"
	newest 1
	[ -z "$(find got/blobs got/incoming -type f)" ]
	: >asked
	follow 2>err
	equal "$(cut -d ' ' -f 1 asked)" HEAD
	say_word 4 --percent $((turn + 1))
	tagged 4 word
	follow 2>err || say "$(cat err)"
	candidate "$new"
	gathered
	# the same image for more devices, and for none: a new word and no more
	: >asked
	for percent in 100 0; do
		say_word 4 --percent $percent
		tagged 4 word
		cp -r run/store/images images
		follow >out 2>&1 || say "$(cat out)"
		diff -r images run/store/images && rm -r images
		candidate "$new"
	done
	! grep 'blobs/sha256:' asked | awk '$5 > 5000' | grep . || say "a layer came again"
}

test_words_that_are_refused() {
	local old new
	follower
	old=$(image 3) new=$(image 4)
	ctl install image-3 2>/dev/null
	tagged 4
	unchanged refuses 'has no word of a channel, such as stable' follow
	say_word 4 --channel stable && cp word first
	say_word 4 && cp word second
	ctl channel second >/dev/null
	tagged 4 first
	unchanged refuses 'word 1 of channel stable, and 2 is known already' follow
	unchanged refuses 'word 1 of channel stable, and 2 is known already' follow
	lamina channel image-4 -o foreign --key "$a.key" --channel stable --counter 9 >/dev/null
	tagged 4 foreign
	unchanged refuses 'not trusted here' follow
	lamina channel image-4 -o beta --key "$b.key" --channel beta --counter 9 >/dev/null
	tagged 4 beta
	unchanged refuses 'the word is of channel beta, not stable' follow
	newest 2
	# who doesn't follow isn't held by it
	fetch "oci+http://$at/demo:stable" 2>err || say "$(cat err)"
	candidate "$new"
	[ ! -e run/store/channel/beta ]
	misused '--channel goes with --device' fetch --channel stable "oci+http://$at/demo:stable"
	misused '--word goes with --channel' fetch --word http://x/y "oci+http://$at/demo:stable"
	refuses '--word: begins with none of https:// and http://' follow --word "oci://$at/word:x"
	refuses '--word: a name or password stands in it' follow --word "http://me:secret@$at/word"
}

# No clock has a say: neither the device's nor the one that the word was written by.
test_dates_refuse_nothing() {
	local serial=3 when
	follower
	for when in 1796000000 1 99999999999; do
		image $serial >/dev/null
		SOURCE_DATE_EPOCH=$when say_word $serial --channel stable
		tagged $serial word
		follow 2>err || say "$when: $(cat err)"
		equal "$(sed -n 's/^issued //p' run/store/channel/stable)" "$when"
		newest $((serial - 2))
		serial=$((serial + 1))
	done
	candidate "$(image_id 5)"
}

image_id() { basename image-"$1"/images/*; }

test_a_word_with_an_address() {
	local old new
	follower
	old=$(image 3) new=$(image 4)
	ctl install image-3 2>/dev/null
	push 4 stable
	say_word 4 --channel stable
	mkdir www
	serve web python3 -u -c 'import http.server, functools
server = http.server.HTTPServer(("127.0.0.1", 0), functools.partial(http.server.SimpleHTTPRequestHandler, directory="www"))
print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
server.serve_forever()'
	web=127.0.0.1:$(cat web.port)
	from() { follow --word "http://$1/word" "${@:2}"; }
	unchanged refuses 'the server answers 404' follow --word "http://$web/nothing"
	serve portal "$here/faults.py" "$web" portal-asked portal
	later 'a web page comes instead' from "127.0.0.1:$(cat portal.port)"
	head -c 100000 /dev/zero | tr '\0' x >www/word
	later 'the word of channel stable: ' from "$web"
	head -c 300 word >www/word
	unchanged refuses "signature: line 1: " from "$web"
	lamina channel image-3 -o other --key "$b.key" --channel stable --counter 7 >/dev/null
	cp other www/word
	unchanged refuses "the word is about image ${old:0:12}, and this is ${new:0:12}" from "$web"
	[ ! -e run/store/channel ]
	cp word www/word
	from "$web" 2>err || say "$(cat err)"
	candidate "$new"
	newest 1
	from "$web" >out 2>&1
	[ ! -s out ] || say "$(cat out)"
	# the tag is the same, the word is a new one
	say_word 4 --percent 0 && cp word www/word
	from "$web" >out 2>&1 || say "$(cat out)"
	newest 2
}

# Why a look failed stands in the status until one goes well.
test_the_last_failure_is_told() {
	local id
	follower
	id=$(image 3)
	failed() { ctl status | sed -n 's/^fetch *failed [0-9]* s ago: //p'; }
	refuses 'the server answers 404' follow
	failed | has -F "oci+http://$via/demo:stable: the server answers 404" || say "$(ctl status)"
	equal "$(field "'answers 404' in s['fetch'] and s['fetchAge'] < 600")" True
	# the device starts anew
	rm run/fetch
	tagged 3
	refuses 'has no word of a channel' follow
	failed | has 'has no word of a channel, such as stable'
	rm run/fetch
	refuses 'has no word of a channel' follow
	failed | has 'has no word of a channel, such as stable'
	say_word 3 --channel stable
	tagged 3 word
	follow 2>err || say "$(cat err)"
	current "$id"
	equal "$(failed)" ""
	equal "$(field "'fetch' in s")" False
	gathered
	# whatever anybody tells
	printf 'a\033[31mb\nc' | ctl channel --failed -
	equal "$(ctl status | grep -a '^fetch' | cut -d : -f 2-)" " a?[31mb?c"
	head -c 5000 /dev/zero | tr '\0' x >long
	ctl channel --failed long
	equal "$(failed | wc -c)" 256
	head -c 100000 /dev/zero >large
	refuses 'large: ' ctl channel --failed large
	: | ctl channel --failed -
	equal "$(failed)" ""
	rm run/fetch && ln -s /etc/passwd run/fetch
	equal "$(failed)" ""
}

tell_all "$@"
