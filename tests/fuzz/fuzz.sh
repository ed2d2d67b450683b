#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the fuzzers $FUZZ of the build $FUZZ_DIR for $FUZZ_SECONDS each, one on each processor, from
# the seeds in tests/data/fuzz. What they find interesting stays in the build directory for the next
# run, and so does the input that brought one down, which the line of its result names. `make fuzz`
# calls this; with a name as its argument it runs that fuzzer only.
set -euo pipefail
cd "$(dirname "$0")/../.."

run_one()
{
	local stem=$1 program=$FUZZ_DIR/tests/fuzz/fuzz_$1 kept=$FUZZ_DIR/found/$1
	local seeds=tests/data/fuzz/$1 log=$FUZZ_DIR/found/$1.log

	if ! compgen -G "$seeds/*" >/dev/null; then
		echo "FAIL fuzz/$stem: no seeds in $seeds"
		return
	fi
	mkdir -p "$kept"
	if "$program" -max_total_time="$FUZZ_SECONDS" -timeout=20 -rss_limit_mb=1024 \
		-artifact_prefix="$FUZZ_DIR/found/$stem-" "$kept" "$seeds" >"$log" 2>&1; then
		sed -n "s|^Done \([0-9]*\) runs.*|fuzz/$stem: \1 runs|p" "$log" >&2
		echo "ok fuzz/$stem"
	else
		why=$(grep -m 1 -E '^SUMMARY|Assertion|^==.*ERROR' "$log" || tail -n 1 "$log")
		input=$(sed -n 's/.*Test unit written to //p' "$log")
		echo "FAIL fuzz/$stem: ${why:-died}; input ${input:-not kept}, log $log"
	fi
}

if [ $# -gt 0 ]; then
	run_one "$1"
else
	tr -s ' ' '\n' <<<"$FUZZ" | xargs -P "$(nproc)" -n 1 tests/fuzz/fuzz.sh
fi
