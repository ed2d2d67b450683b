#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What make says before it builds anything: the boards, and the version of this tree.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
unset MAKEFLAGS MAKELEVEL O BOARD
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
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
check a-configuration-is-no-board "${wrong/foo/tiny}" "$(make BOARD=tiny 2>&1 | sed 's/^[^*]*//')"
check no-such-defconfig "$wrong" "$(make O="$work/o" foo_defconfig 2>&1 | sed 's/^[^*]*//')"
check no-space-in-O "*** O=$work/a b: make can't have a space in the name of a file.  Stop." \
	"$(make O="$work/a b" 2>&1 | sed 's/^[^*]*//')"
check no-such-board-to-boot "run: no board 'foo'; one of: $names" \
	"$(qemu/run --board foo --initrd /dev/null 2>&1)"

# version WANTED: of the tree in $work.
version() { check "version-$1" "$2" "$(make -C "$work" -pq help 2>/dev/null | sed -n 's/^full-version := //p')"; }
tree() { git -C "$work" -c user.name=x -c user.email=x "$@" >/dev/null; }
commit() { tree commit -q --allow-empty -m x && git -C "$work" rev-parse --short=12 HEAD; }
cp Makefile "$work"
release=$(sed -n 's/^version := //p' Makefile)
version tarball "$release"
if command -v git >/dev/null; then
	tree init -q && tree add Makefile
	version of-a-commit "$release-g$(commit)"
	tree tag "v$release"
	version of-a-release "$release"
	version after-a-release "$release-1-g$(commit)"
	echo >>"$work/Makefile"
	version changed "$release-1-g$(git -C "$work" rev-parse --short=12 HEAD)-dirty"
else
	echo "skip make/version-of-a-commit: git is not installed"
fi

# One version, wherever it is said.
check version-of-buildroot "$release" "$(sed -n 's/^LAMINA_VERSION = //p' rootfs/buildroot/package/lamina/lamina.mk)"
check version-of-the-changes "## $release" "$(grep -m 1 '^## ' CHANGELOG.md | sed 's/ (.*//')"

# Every goal but those that only make itself asks for.
inner='all crash-guest crash-model crash-tool fuzz-programs help host-tool programs run-.* sanitized-config setup strict-.* test-.* ubi-programs'
goals=$(cat Makefile ./*/*.mk ./*/*/*.mk | sed -e ':more' -e '/\\$/N; s/\\\n//; t more' | sed -n 's/^\.PHONY: //p' | tr -s ' \t' '\n' |
	grep -vxE "${inner// /|}" | sort -u)
check every-goal-has-help "" "$(for goal in $goals; do
	grep -qE "(^|[^a-z-])$goal([^a-z-]|\$)" board/host/make-help || echo "$goal"
done)"
[ "$(wc -l <<<"$goals")" -ge 30 ] || echo "FAIL make/every-goal-has-help: of few"

# Who reads no further than the first line is no error.
printf '%s\n' 'Linker script and memory map' ' .text.f 0x0 0x10 build/src/base.a(f.o)' >"$work/p.map"
echo >"$work/p"
{ sleep 0.2; tests/size "$work/p"; } 2>"$work/said" | true
check size-into-a-pipe "" "$(tail -n 1 "$work/said")"
