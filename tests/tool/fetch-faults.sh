#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lamina-fetch in front of servers, caches and portals that do what they like: what came is kept, what is wrong is
# not taken, and nothing has no end.
# shellcheck source-path=SCRIPTDIR source=fetch-words
. "$(dirname "$0")/fetch-words"

# behind FAULT...: a device, and an image of a large layer in a registry behind these faults.
behind() {
	device_here
	registry
	id=$(large 3)
	push 3 stable
	faults "$@"
}

from_there() { fetch "oci+http://$via/demo:stable" "$@"; }

test_what_was_cut_off_goes_on() {
	local id
	device_here
	registry
	id=$(large 3)
	push 3 stable
	faults once:300000
	fetch "oci+http://$via/demo:stable" 2>err || say "$(cat err)"
	current "$id"
	grep -q ' bytes=300000- 206 ' asked
	equal "$(layer_bytes)" "$(all_bytes 3)"
}

# cuts FILE: of each body that ended early, how much of it was asked for again: how many there were, the most of one,
# and of all together. A byte that nobody asked for would be a gap.
cuts() {
	awk '/^GET .*\/blobs\// && ($4 == 200 || $4 == 206) {
		from = $3 == "-" ? 0 : substr($3, 7) + 0
		if ($2 in end) {
			again = end[$2] - from
			count++
			sum += again
			if (again > most) most = again
			if (again < 0) gaps++
		}
		end[$2] = from + $5
	} END { print count + 0, most + 0, sum + 0, gaps + 0 }' "$1"
}

# CUTS=10000 for more of them: make check-cuts.
test_cuts_at_random_bytes() {
	local id wanted=${CUTS:-300} runs=0 count most sum gaps status
	device_here
	registry
	id=$(large 3 $((wanted * 36)))
	push 3 stable
	faults "cut:${SEED:-7}:65536"
	while status=0 && fetch "oci+http://$via/demo:stable" 2>err || status=$?; [ "$status" != 0 ]; do
		equal "$status" 75
		grep -q 'sha256:' err || say "$(cat err)"
		runs=$((runs + 1))
		[ "$runs" -le "$wanted" ] || say "no end"
	done
	current "$id"
	diff -r image-3/blobs run/store/blobs >&2
	read -r count most sum gaps < <(cuts asked)
	echo "$count cuts, $((runs + 1)) runs: $(layer_bytes) bytes sent of $(all_bytes 3), $sum of them again," \
		"at most $most at a cut" | tee ${CUTS:+"${fetch%/*}/cuts"} >&2
	[ "$count" -ge "$wanted" ] || say "$count cuts"
	equal "$gaps" 0
	[ "$most" -le 65536 ] || say "$most bytes came again after a cut"
}

# A range is a wish: whatever comes in its place, the image comes in the end.
test_answers_to_a_range() {
	local fault
	for fault in whole late lie past; do
		rm -rf got run registry image-3 ./*.lamina
		behind once:300000 "$fault"
		from_there 2>err || say "$fault: $(cat err)"
		current "$id"
		grep -q ' bytes=300000- ' asked || say "$fault: no range was asked for"
		# where it doesn't come, the whole comes again, and what was there is passed over
		[ "$fault" = past ] || continue
		[ "$(layer_bytes)" -lt $((2 * $(all_bytes 3))) ]
	done
}

test_authorization_stays_at_home() {
	behind moved
	printf 'user:secret\n' >login
	from_there --auth-file login 2>err || say "$(cat err)"
	current "$id"
	grep -q "^GET /moved/.* localhost:[0-9]* -$" asked
	! grep '^GET /moved/' asked | has ' authorization$'
}

test_an_address_that_expires() {
	behind moved:once
	from_there 2>err || say "$(cat err)"
	current "$id"
	grep -q '^GET /moved/.* 403 ' asked
	equal "$(layer_bytes)" "$(all_bytes 3)"
}

test_a_server_that_is_busy() {
	behind busy:1:3600
	later 'the server answers 429' from_there
	from_there 2>err || say "$(cat err)"
	current "$id"
}

test_a_server_that_is_broken() {
	behind broken
	later 'the server answers 502' from_there
}

test_a_portal() {
	behind portal
	later 'a web page comes instead' from_there
	! grep -qv '^HEAD ' asked
}

test_silence_is_a_pause() {
	behind drip:300000
	from_there --slow 1 2>err || say "$(cat err)"
	current "$id"
	grep -q ' bytes=300000- 206 ' asked
}

has_bytes() { [ "$(cat got/incoming/* 2>/dev/null | wc -c)" = "$1" ]; }

# As a power cut would: what came is there, and is gone on with.
test_a_kill() {
	behind drip:300000
	"$fetch" --dir got --laminactl ./laminactl "oci+http://$via/demo:stable" 2>err &
	soon has_bytes 300000 || say "$(cat err)"
	exits 75 'another lamina-fetch is at it' from_there
	kill -9 $!
	wait $! 2>/dev/null || true
	from_there 2>err || say "$(cat err)"
	current "$id"
	grep -q ' bytes=300000- 206 ' asked
	equal "$(layer_bytes)" "$(all_bytes 3)"
}

test_what_has_no_end() {
	behind endless
	later 'more than 262144 bytes' from_there
	faults huge
	later '4294967296 bytes, more than 262144' from_there
	faults headers
	later 'headers of more than 32768 bytes' from_there
	faults loop
	later 'more than 5 redirects' from_there
	equal "$(grep -c ' 307 ' asked)" 6
}

test_bytes_that_are_wrong() {
	behind wrong
	from_there 2>err || say "$(cat err)"
	grep -q 'what came of it is not what it should be: once more' err
	current "$id"
	rm -rf got
	faults swap
	later "the OCI manifest isn't what its name says" from_there
}

test_a_server_that_says_less() {
	local fault
	for fault in nodigest 'nodigest noetag' nohead; do
		rm -rf got run registry image-3 ./*.lamina
		# shellcheck disable=SC2086
		behind $fault
		from_there 2>err || say "$fault: $(cat err)"
		current "$id"
		from_there >out 2>&1 || say "$fault: $(cat out)"
		[ ! -s out ] || say "$fault: $(cat out)"
	done
}

test_nobody_is_there() {
	device_here
	later "connect to server" fetch oci+http://127.0.0.1:1/demo:stable
}

tell_all "$@"
