#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tests/run itself: what it makes of a test that hangs, dies, says nothing, or has no such case.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# script NAME LINE...: a test.
script() { printf '%s\n' '#!/bin/sh' "${@:2}" >"$work/$1"; chmod +x "$work/$1"; }

# check NAME WANTED COMMAND...: what tests/run says first of it.
check() {
	local said
	said=$("${@:3}" 2>/dev/null | head -n 1)
	if [ "$2" = "$said" ]; then echo "ok run/$1"; else echo "FAIL run/$1: '$said' is not '$2'"; fi
}

limit='(TEST_SECONDS=N sets another)'
script hang.sh 'echo ok hang/first' "sleep 60 & echo \$! >$work/child" 'wait'
check a-test-that-hangs 'ok hang/first' env TEST_SECONDS=1 tests/run "$work/hang.sh"
TEST_SECONDS=1 tests/run "$work/hang.sh" >"$work/said" 2>/dev/null && echo "FAIL run/hang-fails: it passed"
check says-that-it-hangs "FAIL hang.sh: no end after 1 s, the limit $limit" sed -n 2p "$work/said"
case $(awk '{ print $3 }' "/proc/$(cat "$work/child")/stat" 2>/dev/null) in
'' | Z) echo "ok run/ends-what-it-started" ;; # dead, if nobody's child
*) echo "FAIL run/ends-what-it-started: it is still there" ;;
esac
script hang 'sleep 60'
check a-program-that-hangs "FAIL hang: no end after 1 s, the limit $limit" env TEST_SECONDS=1 tests/run "$work/hang"
script dies.sh 'echo ok dies/first' 'kill -SEGV $$'
tests/run "$work/dies.sh" >"$work/said" 2>/dev/null
check a-test-that-dies 'FAIL dies.sh: exit status 139' sed -n 2p "$work/said"
script mute.sh ':'
check a-test-that-says-nothing 'FAIL mute.sh: printed no result (exit status 0)' tests/run "$work/mute.sh"
script cases.sh '[ "$TEST_CASE" = "t*" ] && echo ok cases/two'
check one-case 'ok cases/two' tests/run "$work/cases.sh:t*"
check no-such-case "FAIL cases.sh: has no case 'three'" tests/run "$work/cases.sh:three"
