#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the whole tree with gcc and with clang, all warnings being errors. Needs O (a scratch build
# directory). Prints a line a compiler.
set -uo pipefail
cd "$(dirname "$0")/../.."
: "${O:?a build directory}" "${MAKE:=make}"
for cc in gcc clang; do
	if ! command -v "$cc" >/dev/null; then
		echo "skip warnings/$cc: not installed"
		continue
	fi
	log=$O/$cc.log
	mkdir -p "$O/$cc"
	if { [ -f "$O/$cc/.config" ] || $MAKE O="$O/$cc" BOARD= host_defconfig; } >"$log" 2>&1 &&
		$MAKE O="$O/$cc" BOARD= CROSS_COMPILE= CC="$cc" CPPFLAGS= LDFLAGS= CFLAGS="-O2 -Werror" \
			programs test-programs >>"$log" 2>&1; then
		echo "ok warnings/$cc"
	else
		grep -E 'error|warning' "$log" >&2
		echo "FAIL warnings/$cc: see $log"
	fi
done
