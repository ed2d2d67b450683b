#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lamina-fetch from docker-registry: what is new, what lacks, and nothing twice.
# shellcheck source-path=SCRIPTDIR source=fetch-words
. "$(dirname "$0")/fetch-words"

test_from_a_registry() {
	local old new
	device_here
	registry
	old=$(image 3) new=$(image 4)
	push 3 stable
	fetch "oci+http://$at/demo:stable" 2>err || say "$(cat err)"
	grep -q 'demo 1.3, serial 3: ' err || say "$(cat err)"
	current "$old"
	diff -r image-3/blobs run/store/blobs >&2
	gathered
	push 4 stable
	fetch "oci+http://$at/demo:stable" 2>err || say "$(cat err)"
	candidate "$new"
	gathered
}

test_nothing_new_is_nothing_written() {
	device_here
	registry
	image 3 >/dev/null
	push 3 stable
	fetch "oci+http://$at/demo:stable" 2>/dev/null
	find got run -printf '%p %s %i %T@ %C@\n' | sort >before
	fetch "oci+http://$at/demo:stable" >out 2>&1 || say "$(cat out)"
	[ ! -s out ] || say "$(cat out)"
	find got run -printf '%p %s %i %T@ %C@\n' | sort >after
	same before after
}

test_only_what_lacks() {
	local new
	device_here
	registry
	image 3 >/dev/null && new=$(image 4)
	push 3 stable
	fetch "oci+http://$at/demo:stable" 2>/dev/null
	push 4 stable
	faults
	fetch "oci+http://$via/demo:stable" 2>/dev/null
	candidate "$new"
	equal "$(grep -c "^GET .*/blobs/" asked)" 2
	grep -q "^GET .*/blobs/sha256:$(layer 4 2) " asked
}

has_lines() { [ "$(cat "$1" 2>/dev/null | wc -l)" = "$2" ]; }

test_it_polls() {
	local old new
	device_here
	registry
	old=$(image 3) new=$(image 4)
	# the tag isn't there yet
	"$fetch" --dir got --laminactl ./laminactl --poll 1s --on-installed 'echo "$LAMINA_IMAGE" >>installed' \
		"oci+http://$at/demo:stable" 2>err &
	soon grep -q 'the server answers 404' err
	push 3 stable
	soon has_lines installed 1 || say "$(cat err)"
	push 4 stable
	soon has_lines installed 2 || say "$(cat err)"
	kill $!
	equal "$(cat installed)" "$old
$new"
	candidate "$new"
	misused "--poll: 'soon' is no time" fetch --poll soon "oci+http://$at/demo:stable"
}

told() { python3 -c 'import json, sys
for line in open("posted"):
    d = json.loads(line)
    print(d["result"], d["status"]["current"] and d["status"]["current"]["version"], d.get("reason", "-"))'; }

test_it_reports() {
	local r=0
	device_here
	registry
	faults deaf
	report() { fetch --report "http://$via/report" "oci+http://$via/demo:stable" 2>err || r=$?; }
	image 3 >/dev/null && image 4 >/dev/null
	push 4 stable
	report
	grep -q -- '--report: the server answers 503' err
	report # it wasn't heard
	report # nothing is another than that
	push 3 stable
	report
	equal "$r" 1
	report
	equal "$(told | cut -d ' ' -f 1-2)" "installed 1.4
unchanged 1.4
refused 1.4"
	told | has '^refused .* serial 3 is not above the current 4'
}

# A server's words, cut in the middle of one.
test_it_reports_any_words() {
	device_here
	registry
	faults words
	image 3 >/dev/null && push 3 stable
	fetch --report "http://$via/report" "oci+http://$via/demo:stable" 2>err && say "it isn't refused"
	! grep -e '--report' err || say "it is not told"
	told | has '^refused None .*403: no: €?€'
}

test_what_laminactl_refuses() {
	device_here
	registry
	image 3 >/dev/null && image 4 >/dev/null
	push 4 stable
	fetch "oci+http://$at/demo:stable" 2>/dev/null
	push 3 stable
	unchanged refuses 'serial 3 is not above the current 4' fetch "oci+http://$at/demo:stable"
	# not a byte of a layer came for that
	[ -z "$(find got/blobs got/incoming -type f)" ]
	unchanged refuses 'serial 3 is not above the current 4' fetch "oci+http://$at/demo:stable"
	fetch --allow-older "oci+http://$at/demo:stable" 2>err || say "$(cat err)"
	lamina keygen --keyring "$b.pub" >run/keyring
	image 5 >/dev/null && push 5 stable
	unchanged refuses 'not trusted here' fetch "oci+http://$at/demo:stable"
}

tell_all "$@"
