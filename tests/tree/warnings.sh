#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the whole tree with gcc and with clang, all warnings being errors. clang's build is the one
# whose programs check-asan and check-fuzz run. Needs O (a build directory). Prints a line a compiler.
set -uo pipefail
cd "$(dirname "$0")/../.."
: "${O:?a build directory}" "${MAKE:=make}"
for cc in gcc clang; do
	if ! command -v "$cc" >/dev/null; then
		echo "skip warnings/$cc: not installed"
		continue
	fi
	log=$O/warnings-$cc.log
	if $MAKE O="$O" "strict-$cc" >"$log" 2>&1; then
		echo "ok warnings/$cc"
	else
		grep -E 'error|warning' "$log" >&2
		echo "FAIL warnings/$cc: see $log"
	fi
done
