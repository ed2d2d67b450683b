#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The table of the manifest's keys and its man page have the same keys in the same order. Prints a line.
set -euo pipefail
cd "$(dirname "$0")/../.."
table=src/format/manifest/keys.def
page=src/format/lamina-manifest.5

# the second word of each entry, which is the key's name
keys=$(sed -nE 's/^KEY(_INNER|_SUPERVISED)?\([a-z_]+, "([a-z-]+)".*/\2/p' "$table")
told=$(sed -n '/^\.Ss Keys/,/^\.Ss Paths/p' "$page" |
	sed -nE -e 's/^\.(It )?Cm ([a-z-]+)( .*|$)/\2/p' | awk 'NR == FNR { key[$1]; next } $1 in key' \
	<(echo "$keys") - | uniq)
# a key that goes with run supervise only is said by its entry, or every init would read it
if grep -n 'supervised *=' "$table" >&2; then
	echo "FAIL keys/$page: .supervised in $table: that is KEY_SUPERVISED()"
elif [ "$keys" = "$told" ]; then
	echo "ok keys/$page"
else
	echo "FAIL keys/$page: differs from $table: $(diff <(echo "$keys") <(echo "$told") | grep '^[<>]' | tr '\n' ' ')"
fi
