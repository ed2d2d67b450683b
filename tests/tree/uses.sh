#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares what each room includes with the `uses :=` line of its Kbuild
# and who includes the headers that only one room may. Prints a line a room.
set -euo pipefail
cd "$(dirname "$0")/../.."
for kbuild in src/*/Kbuild; do
	room=$(basename "$(dirname "$kbuild")")
	bad=''
	allowed=" $room $(sed -n 's/^uses := *//p' "$kbuild") "
	while IFS=: read -r file include; do
		used=${include%%/*}
		if [[ $allowed != *" $used "* ]]; then
			bad+=" $file includes $used/, which its Kbuild does not use;"
		fi
	done < <(grep -rhoHE '^#include "[a-z]+/' --include='*.[ch]' "src/$room" |
		sed -E 's/#include "//')
	for special in 'mbedtls/:trust' 'psa/:trust' 'p256-m/:trust' 'bignum_core\.h:trust' 'archive\.h:pack' 'jansson\.h:pack'; do
		header=${special%:*} owner=${special#*:}
		if [ "$room" != "$owner" ] && grep -rqE "^#include <$header" "src/$room"; then
			bad+=" only src/$owner may include $header;"
		fi
	done
	if [ -z "$bad" ]; then echo "ok uses/$room"; else echo "FAIL uses/$room:$bad"; fi
done
