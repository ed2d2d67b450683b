#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares what each room includes with the `uses :=` line of its Kbuild
# and who includes the headers that only one room may. Prints a line a room.
set -euo pipefail
cd "$(dirname "$0")/../.."
rooms=" $(printf '%s\n' src/*/Kbuild src/*/*/Kbuild | sed -E 's,^src/,,; s,/Kbuild$,,' | tr '\n' ' ')"

# room_of PATH: the innermost room that a file below src is in.
room_of()
{
	local dir=$1

	while [[ $dir == */* ]]; do
		dir=${dir%/*}
		[[ $rooms != *" $dir "* ]] || break
	done
	printf '%s\n' "$dir"
}

for kbuild in src/*/Kbuild src/*/*/Kbuild; do
	room=${kbuild#src/}
	room=${room%/Kbuild}
	bad=''
	allowed=" $room $(sed -n 's/^uses := *//p' "$kbuild") "
	while IFS=: read -r file include; do
		used=$(room_of "$include")
		if [[ $allowed != *" $used "* ]]; then
			bad+=" $file includes $used/, which its Kbuild does not use;"
		fi
	done < <(grep -rhoHE '^#include "[^"]+' --include='*.[ch]' "src/$room" |
		sed -E 's/#include "//')
	for special in 'mbedtls/:trust' 'psa/:trust' 'p256-m/:trust' 'bignum_core\.h:trust' 'archive\.h:pack' 'archive_entry\.h:pack' 'jansson\.h:pack'; do
		header=${special%:*} owner=${special#*:}
		if [ "${room%%/*}" != "$owner" ] && grep -rqE "^#include <$header" "src/$room"; then
			bad+=" only src/$owner may include $header;"
		fi
	done
	if [ -z "$bad" ]; then echo "ok uses/$room"; else echo "FAIL uses/$room:$bad"; fi
done
