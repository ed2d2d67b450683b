#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What one edit costs: a changed file of a room is compiled, and at most ten programs and objects are
# linked, the tests' among them. Asks make what it would do, in the build directory $O where all is built.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
links=10

# would FILE: what make would say if FILE had changed, or, with none, as it is.
would() { make -n -j1 V=0 O="${O:?}" ${1:+-W "$1"} programs test-programs 2>/dev/null; }

if grep -qE "printf.* LD " <<<"$(would '')"; then
	echo "FAIL links: $O is not up to date: make O=$O programs test-programs"
	exit 1
fi
for file in src/base/str.c src/base/sys/files.c src/format/policy/policy.c src/slot/select.c src/pack/source/members/archive.c; do
	[ -e "$file" ] || { echo "FAIL links/$file: no such file"; continue; }
	count=$(would "$file" | grep -cE "printf.* LD ")
	if [ "$count" -ge 1 ] && [ "$count" -le "$links" ]; then
		echo "ok links/$file: $count"
	else
		echo "FAIL links/$file: a change of it costs $count links, not 1 to $links"
	fi
done
