#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What make says before it builds anything: the boards.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
unset MAKEFLAGS MAKELEVEL O BOARD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check NAME WANTED GOT
check() { if [ "$2" = "$3" ]; then echo "ok make/$1"; else echo "FAIL make/$1: '$3' is not '$2'"; fi; }

boards=$(printf '%s\n' board/*/board.conf | cut -d / -f 2)
check boards-are-listed "$boards" "$(make list-boards | cut -d ' ' -f 1)"
check boards-are-described "" "$(make list-boards | awk 'NF < 3 || !/\.$/')"
names=${boards//$'\n'/ }
wrong="*** no board 'foo'; one of: $names.  Stop."
check no-such-board "$wrong" "$(make BOARD=foo 2>&1 | sed 's/^[^*]*//')"
check no-such-defconfig "$wrong" "$(make O="$work/o" foo_defconfig 2>&1 | sed 's/^[^*]*//')"
check no-such-board-to-boot "run: no board 'foo'; one of: $names" \
	"$(qemu/run --board foo --initrd /dev/null 2>&1)"

# Who reads no further than the first line is no error.
printf '%s\n' 'Linker script and memory map' ' .text.f 0x0 0x10 build/src/base.a(f.o)' >"$work/p.map"
echo >"$work/p"
{ sleep 0.2; tests/size "$work/p"; } 2>"$work/said" | true
check size-into-a-pipe "" "$(tail -n 1 "$work/said")"
