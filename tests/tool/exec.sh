#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# laminactl exec -t: a terminal in the container, and ours in front of it, which is afterwards as it was.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"

terminal() {
	need python3
	"$here/terminal.py" "$laminactl" "$1" 2>why || say "$1: $(tail -n 1 why)"
}

test_a_shell() { terminal "a shell"; }

test_a_size_that_changes() { terminal "a size that changes"; }

test_ctrl_c_is_the_programs() { terminal ctrl-c; }

test_more_than_a_terminal_holds() { terminal much; }

test_a_flood_has_an_end() { terminal "a flood"; }

test_ours_is_given_back_when_killed() { terminal killed; }

test_ours_is_given_back_when_init_hangs_up() { terminal "hung up"; }

test_without_a_terminal() {
	refuses "standard input is no terminal" ctl exec -t sh </dev/null
	misused "exec: CMD is missing" ctl exec -t
}

tell_all
