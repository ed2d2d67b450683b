#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# No `| grep -q` in a shell script: grep ends at the first match, the writer before it dies of SIGPIPE
# now and then, and pipefail makes a failure of it that comes once in hundred runs. Read it all instead:
# grep -q ... <<<"$(COMMAND)", or `has` of the tests' words.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
early='(^|[^|])\| *grep +(-[a-zA-Z]+ +)*-[a-zA-Z]*q'
if ! grep -qE "$early" <<<'one | grep -F -xq two' || grep -qE "$early" <<<'one || grep -q two'; then
	echo "FAIL pipes: the pattern finds nothing, or too much"
	exit
fi
found=$(git grep -nIE "$early" -- tests qemu board ':!*.mk' ':!tests/tree/pipes.sh' | cut -d : -f 1,2 | tr '\n' ' ')
if [ -z "$found" ]; then
	echo "ok pipes"
else
	echo "FAIL pipes: a writer may die of SIGPIPE: $found"
fi
