#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lamina-fetch and a server that talks as hawkBit does.
# shellcheck source-path=SCRIPTDIR source=fetch-words
. "$(dirname "$0")/fetch-words"

# hawkbit FAULT...: the server, on $at; what was asked of it is in asked, what it was told in feedback.
hawkbit() {
	need python3
	rm -f asked feedback
	serve ddi "$here/ddi.py" asked "$@"
	at=127.0.0.1:$(cat ddi.port)
	url=hawkbit+http://$at/acme/device-1
}

# offer SERIAL ACTION [skip]: the image is deployed.
offer() {
	[ -e "$1.lamina" ] || lamina bundle "image-$1" -o "$1.lamina" 2>/dev/null
	echo "$2 $1.lamina ${3:-}" >offer
}

# told LINE...: so much was told, by the beginnings of the lines.
told() {
	local line n=0
	while read -r line; do
		n=$((n + 1))
		[[ $line == "${!n:-nothing more}"* ]] || say "told as line $n: $line"
	done <feedback
	[ "$n" = $# ] || say "told is less: $(cat feedback)"
}

# starts ID: the device boots into its candidate.
starts() { runs "$1" candidate; }

test_from_the_first_look_to_the_confirmation() {
	local old new
	device_here
	hawkbit
	old=$(image 3) new=$(image 4)
	# nothing is deployed
	unchanged fetch "$url" >out 2>&1 || say "$(cat out)"
	[ ! -s out ] || say "$(cat out)"
	[ ! -e feedback ]
	offer 3 7
	fetch "$url" 2>err || say "$(cat err)"
	current "$old"
	told '7 proceeding none' '7 closed success'
	rm feedback
	offer 4 8
	fetch "$url" 2>err || say "$(cat err)"
	candidate "$new"
	told '8 proceeding none fetching' '8 proceeding none installed'
	# nothing is said twice
	fetch "$url" 2>err
	told '8 proceeding none fetching' '8 proceeding none installed'
	starts "$new"
	fetch "$url" 2>err
	ctl confirm 2>/dev/null
	rm feedback
	fetch "$url" >out 2>&1
	told '8 closed success'
	[ ! -s out ] || say "$(cat out)"
	fetch "$url" 2>err
	told '8 closed success'
}

test_one_that_falls() {
	local old new
	device_here
	hawkbit deaf:3
	old=$(image 3) new=$(image 4)
	lamina bundle image-3 -o 3.lamina 2>/dev/null
	ctl install 3.lamina >/dev/null 2>&1
	offer 4 8
	fetch "$url" 2>err || say "$(cat err)"
	grep -q 'feedback: the server answers 503' err
	candidate "$new"
	ctl reject 2>/dev/null
	fetch "$url" 2>err || say "$(cat err)"
	fetch "$url" 2>err || say "$(cat err)"
	told '8 closed failure it fell, and the device is back: rejected'
	[ ! -e offer ]
	# the same one again
	offer 4 9
	unchanged fetch "$url" 2>err || say "$(cat err)"
	told '8 closed failure' '9 proceeding none' '9 closed failure it fell'
	current "$old"
}

test_what_is_refused_is_told() {
	local new
	device_here
	hawkbit
	image 3 >/dev/null && new=$(image 4)
	offer 4 1
	fetch "$url" 2>err || say "$(cat err)"
	offer 3 2
	unchanged refuses 'serial 3 is not above the current 4' fetch "$url"
	# what runs already is no failure
	rm -rf got
	offer 4 3
	unchanged exits 0 'it is the current image' fetch "$url"
	told '1 proceeding' '1 closed success' '2 proceeding' '2 closed failure hawkbit+http' '3 proceeding' '3 closed success'
	current "$new"
}

test_only_what_lacks_and_over_cuts() {
	local old new
	device_here
	hawkbit cut:300000
	old=$(large 3) new=$(large 4)
	offer 3 1
	fetch "$url" 2>err || say "$(cat err)"
	current "$old"
	diff -r image-3/blobs run/store/blobs >&2
	: >asked
	offer 4 2
	fetch "$url" 2>err || say "$(cat err)"
	candidate "$new"
	[ "$(awk '/artifacts/ { sum += $5 } END { print sum }' asked)" -lt $((30000 + \
		$(stat -c %s "image-4/blobs/sha256/$(layer 4 0)") + $(stat -c %s "image-4/blobs/sha256/$(layer 4 3)"))) ]
}

test_a_token() {
	local id
	device_here
	hawkbit
	id=$(image 3)
	offer 3 1
	echo 'TargetToken s3cret' >token
	unchanged refuses 'the server answers 401' fetch "$url"
	echo 'GatewayToken s3cret' >login
	unchanged refuses 'the server answers 401' fetch --auth-file login "$url"
	cp token login
	fetch --auth-file login "$url" 2>err || say "$(cat err)"
	current "$id"
	! grep -rq 's3cret' got err asked feedback || say "the token is told"
	printf 'TargetToken two words\n' >login
	refuses 'login: is not one line' fetch --auth-file login "$url"
}

# Its word is for its own server, whoever is named.
test_foreign_links() {
	local id
	device_here
	hawkbit foreign-api
	id=$(image 3)
	offer 3 1
	echo 'TargetToken s3cret' | tee token >login
	unchanged refuses 'names another server for its API: http://localhost' fetch --auth-file login "$url"
	! grep -q 'localhost' asked || say "$(cat asked)"
	hawkbit foreign-file
	fetch --auth-file login "$url" 2>err || say "$(cat err)"
	current "$id"
	grep -q 'GET /files/.* localhost:[0-9]* -$' asked
	! grep -q 'localhost:[0-9]* authorization' asked || say "$(cat asked)"
}

test_a_server_that_is_broken() {
	local fault
	device_here
	image 3 >/dev/null
	for fault in torn deep 'huge:4 GiB' page busy:9; do
		hawkbit "${fault%%:4*}"
		offer 3 1
		later '' fetch "$url"
		[ ! -e feedback ] || say "$fault: $(cat feedback)"
	done
	hawkbit
	offer 3 1
	refuses 'the server answers 404' fetch "hawkbit+http://$at/other/device-1"
	grep -q 'entitiyNotFound"}$' "$top/err" || say "not as it says: $(tail -n 1 "$top/err")"
	later "" fetch "hawkbit+http://127.0.0.1:1/acme/device-1"
	for url in hawkbit://h hawkbit://h/ hawkbit://h/t hawkbit://h/t/ hawkbit://h/t/a/b hawkbit://h/../x \
		'hawkbit://h/t/x?y' hawkbit://u:p@h/t/x; do
		refuses "$url: " fetch "$url"
	done
}

test_artifacts() {
	local id fault
	device_here
	id=$(image 3)
	for fault in two none size; do
		hawkbit "$fault"
		offer 3 1
		exits "$([ "$fault" = size ] && echo 75 || echo 1)" '' fetch "$url"
	done
	told '1 proceeding'
	# what counts is signed
	hawkbit hash
	offer 3 1
	fetch "$url" 2>err || say "$(cat err)"
	current "$id"
}

test_a_window_and_a_cancellation() {
	local old new
	device_here
	hawkbit
	old=$(image 3) new=$(large 4)
	lamina bundle image-3 -o 3.lamina 2>/dev/null
	ctl install 3.lamina >/dev/null 2>&1
	offer 4 5 skip
	unchanged fetch "$url"
	[ ! -e feedback ]
	# begun, not installed
	hawkbit cut:300000
	offer 4 5
	exits 1 "" fetch --laminactl /bin/false "$url"
	[ -n "$(find got/images -type f)" ]
	echo 5 >cancel
	hawkbit
	unchanged fetch "$url" 2>err || say "$(cat err)"
	told 'cancel 5 closed success'
	[ -z "$(find got/blobs got/incoming got/images -type f)" ]
	# installed
	offer 4 6
	fetch "$url" 2>err || say "$(cat err)"
	echo 6 >cancel
	unchanged fetch "$url" 2>err || say "$(cat err)"
	tail -n 1 feedback | has '^cancel 6 rejected none it is installed'
	candidate "$new"
}

test_what_the_device_is() {
	device_here
	hawkbit
	image 3 >/dev/null
	offer 3 1
	fetch "$url" 2>err || say "$(cat err)"
	touch config
	fetch "$url" 2>err || say "$(cat err)"
	[ ! -e config ]
	tail -n 1 feedback | has '^data {.*"name": "demo", "serial": "3", "state": "confirmed", "version": "1.3"}'
}

# By name and size it is there; what it holds is another thing.
test_a_layer_that_has_rotted() {
	local new blob
	device_here
	hawkbit
	image 3 >/dev/null && new=$(image 4)
	lamina bundle image-3 -o 3.lamina 2>/dev/null
	ctl install 3.lamina >/dev/null 2>&1
	blob=run/store/blobs/sha256/$(layer 3 0)
	chmod u+w "$blob"
	flip "$blob" 100
	offer 4 1
	fetch "$url" 2>err || say "$(cat err)"
	grep -q 'damaged, and fetched anew' err
	candidate "$new"
	ctl verify >/dev/null 2>&1
	told '1 proceeding' '1 proceeding none installed'
}

tell_all "$@"
