#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# laminactl logs: what an application said, from the ring that lamina-init keeps, and from the store.
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
stderr ?[31mred? tab ????
stdout  line"
	ctl logs --json >json
	equal "$(jq -r 'select(.continues) | .text' json)" "half a"
	equal "$(jq -s length json)" 6
	# as it came, but for what is no character
	equal "$(jq -s '.[4].text == "\u001b[31mred\ufffd\ttab \ufffd\u009b\ufffd\ufffd"' json)" true
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
	refuses "nothing of the name other is supervised here" ctl logs other
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

at=2026-11-30T15:20:01.123Z
boot=0b3b1a5e-1234-5678-9abc-def012345678

# kept DIR: two files of another boot below DIR/demo, with what is no line in them.
kept() {
	mkdir -p "$1/demo"
	printf '%s\n' "$at lamina F boot $boot from 7" "$at stdout F seven" "$at stderr P eight, " >"$1/demo/old"
	printf '%s\n' "$at stderr F and nine" "no line" "$at lamina F boot $boot from 12" "$at stdout F twelve" \
		>"$1/demo/new"
	printf '%s' "$at stdout F torn" >>"$1/demo/new"
}

test_what_the_store_has_comes_first() {
	ring 0 3
	kept run/kept
	ctl logs >out 2>err
	equal "$(cut -d ' ' -f 2- out | head -n 6)" "stdout seven
stderr eight, and nine
stdout twelve
boot $(cat /proc/sys/kernel/random/boot_id) --
stdout line 0
stderr line 1"
	equal "$(cat err)" "laminactl: 2 lines were lost"
	equal "$(ctl logs --boot 2>&1 | wc -l)" 6
	equal "$(ctl logs -n 7 2>/dev/null | head -n 1)" "$at stdout twelve"
	equal "$(ctl logs -n 6 2>&1 | wc -l)" 6
	ctl logs --json 2>err >json
	[ ! -s err ] || say "$(cat err)"
	equal "$(jq -rs '.[0] | .time, .boot, .sinceBoot, .text, .continues' json)" "$at
$boot
null
seven
false"
	equal "$(jq -rs '.[3].lost, .[4].text, .[5].sinceBoot, .[5].boot' json)" "2
twelve
1000
$(cat /proc/sys/kernel/random/boot_id)"
}

# Of this boot the store has what the ring has lost, and some of what it has.
test_this_boot_is_joined() {
	ring 2 3
	kept run/kept
	printf '\n%s\n' "$at lamina F boot $(cat /proc/sys/kernel/random/boot_id) from 0" \
		"$at stdout F kept 0" "$at stdout F kept 1" "$at stdout F kept 2" >>run/kept/demo/new
	ctl logs >out 2>/dev/null
	equal "$(cut -d ' ' -f 2- out | sed -n '5,8p')" "boot $(cat /proc/sys/kernel/random/boot_id) --
stdout kept 0
stdout kept 1
stdout line 2"
	ring 4 3
	ctl logs --boot >out 2>err
	equal "$(cut -d ' ' -f 2- out | sed -n '3,4p')" "stdout kept 2
stdout line 4"
	equal "$(cat err)" "laminactl: 1 line was lost"
}

# Of a set, by the member's name; and by the whole one where two sets had it.
test_logs_of_members() {
	ring 0 3
	kept run/kept
	mv run/kept/demo run/kept/set+demo
	equal "$(ctl logs demo 2>/dev/null | head -n 1)" "$at stdout seven"
	kept run/kept
	mv run/kept/demo run/kept/other+demo
	refuses "the store keeps several logs: say which, such as " ctl logs
	equal "$(ctl logs --boot demo | wc -l)" 6
	equal "$(ctl logs other+demo 2>/dev/null | wc -l)" 3
}

test_a_store_elsewhere() {
	kept store/log
	equal "$(ctl --store store logs 2>/dev/null | head -n 1)" "$at stdout seven"
	refuses "no log is kept there" ctl --store store logs other
	refuses "no log is kept there" ctl --store run logs
	# where no image that runs keeps it, but one did
	mkdir -p run/logs
	ln -s ../store run/store
	equal "$(ctl logs 2>/dev/null | wc -l)" 3
	rm store/log/demo/new
	ln -s old store/log/demo/new
	refuses "log/demo: " ctl logs
}

tell_all
