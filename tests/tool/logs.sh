#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# laminactl logs: what an application said, from the ring that lamina-init keeps.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"

# ring FIRST COUNT [SIZE]: lines FIRST to FIRST + COUNT - 1 in a ring of that many bytes.
ring() {
	mkdir -p run/logs
	"$here/ring.py" "$@" >run/logs/demo
}

test_text_and_json() {
	ring 0 3
	ctl logs >out 2>err
	[ ! -s err ] || say "$(cat err)"
	equal "$(cut -d ' ' -f 2- out | head -n 2)" "stdout line 0
stderr line 1"
	grep -qxE '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z stdout line 0' out ||
		say "$(head -n 1 out)"
	# a line that comes in two, and one of the other stream in between
	equal "$(cut -d ' ' -f 2- out | tail -n 3)" "stdout half a
stderr ?[31mred? tab
stdout  line"
	ctl logs --json >json
	equal "$(jq -r 'select(.continues) | .text' json)" "half a"
	equal "$(jq -s length json)" 6
	equal "$(jq -s '.[0].sinceBoot' json)" 1000
	equal "$(ctl logs -n 2 demo | wc -l)" 2
	equal "$(ctl logs -n 0 | wc -l)" 0
	misused "--lines" ctl logs -n x
}

test_what_is_gone_is_counted() {
	ring 100 4
	ctl logs >out 2>err
	equal "$(cat err)" "laminactl: 100 lines were lost"
	ctl logs --json >json 2>err
	equal "$(jq -s '.[0].lost' json)" 100
	[ ! -s err ] || say "$(cat err)"
	ctl logs -n 3 >out 2>err
	[ ! -s err ] || say "$(cat err)"
}

test_what_is_no_log() {
	refuses "no application is supervised here" ctl logs
	mkdir -p run/logs
	refuses "logs: there is none" ctl logs
	ring 0 3
	refuses "logs/other: No such file" ctl logs other
	ln -s demo run/logs/link
	refuses "logs/link: " ctl logs link
	head -c 63 run/logs/demo >run/logs/short
	refuses "logs: " ctl logs short
	head -c 4096 /dev/zero >run/logs/zero
	refuses "logs: " ctl logs zero
	rm run/logs/*
	ring 0 3
	truncate -s -1 run/logs/demo
	refuses "logs: " ctl logs
}

test_follows() {
	ring 0 3
	"$laminactl" --run run logs -f >out 2>err & # itself, not a shell: it is to be ended
	soon eval '[ "$(wc -l <out)" -ge 6 ]' || say "$(cat out err)"
	"$here/ring.py" 3 4 >new
	# in place, as init does it
	dd if=new of=run/logs/demo conv=notrunc status=none
	soon grep -q 'line 6' out || true
	kill $!
	wait $! || true
	grep -q 'line 6' out || say "$(cat out err)"
}

tell_all
