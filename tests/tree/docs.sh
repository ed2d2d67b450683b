#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every file that a document names in backticks or links to is there, every man page is clean, and
# each program and format has one. Prints a line a check.
set -uo pipefail
cd "$(dirname "$0")/../.."
for doc in *.md src/README.md board/README.md board/*/README.md rootfs/*/README.md tests/bench/*.md; do
	[ -f "$doc" ] || continue
	missing=''
	while read -r name; do
		[ -e "$name" ] || [ -e "$(dirname "$doc")/$name" ] || missing+=" $name"
	done < <({ grep -oE '\]\([^)#:]+\)' "$doc" | tr -d '()]'
		grep -oE '`(src|board|rootfs|tests|qemu)/[A-Za-z0-9_./-]+`' "$doc" | tr -d '`'; } | sort -u)
	if [ -z "$missing" ]; then echo "ok docs/$doc"; else echo "FAIL docs/$doc: names what isn't there:$missing"; fi
done
lines=$(wc -l <README.md)
if [ "$lines" -le 160 ]; then echo "ok docs/README-is-short"; else echo "FAIL docs/README-is-short: $lines lines"; fi
for page in src/*/*.[1-9] src/*/*/*.[1-9]; do
	name=man/$(basename "$page")
	warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null | head -3)
	# `.Dq a , b` quotes both as one, `.Dq a , Dq b` nests; neither is an error to man
	quoted=$(grep -nE '^\.(Pq )?[DS]q [^"]* , [^ ]|[DS]q .* [DS]q ' "$page" | head -1)
	warnings+=${quoted:+ a list is quoted as one: $quoted}
	if [ -z "$warnings" ]; then echo "ok $name"; else echo "FAIL $name: $warnings"; fi
done
foreign=$(git ls-files | xargs grep -nIE '/work/(main|shared|brief|build|\.)|shared/(DESIGN|FACTS|STYLE)|DESIGN\.md|FACTS\.md' 2>/dev/null | grep -v '^tests/tree/docs.sh:' | head -5)
if [ -z "$foreign" ]; then echo "ok docs/no-foreign-names"; else echo "FAIL docs/no-foreign-names: $foreign"; fi
