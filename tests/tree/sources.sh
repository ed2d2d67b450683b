#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# When board/host/source asks for newer sources of other people's code: with a mirror and a dpkg-source
# that are made up. Prints a line a check.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/board/host" "$work/bin" "$work/cache"
cp board/host/{source,lib.sh} "$work/board/host"
cat >"$work/board/host/fetch-source" <<-'FETCH'
	#!/bin/sh
	# the version that the mirror has, or none
	echo asked >>"$MIRROR.log"
	[ -s "$MIRROR" ] || { echo "nobody answers" >&2; exit 1; }
	: >"$1/code_$(cat "$MIRROR").dsc"
FETCH
cat >"$work/bin/dpkg-source" <<-'UNPACK'
	#!/bin/sh
	for out; do :; done
	mkdir "$out"
UNPACK
chmod +x "$work/board/host/fetch-source" "$work/bin/dpkg-source"
export MIRROR=$work/mirror LAMINA_CACHE=$work/cache

# check NAME WANTED ASKED [VARIABLE...]: what it prints, and how often the mirror was asked for that.
check() {
	local got count
	: >"$MIRROR.log"
	got=$(env PATH="$work/bin:$PATH" "${@:4}" "$work/board/host/source" code 3.6 2>"$work/said")
	count=$(wc -l <"$MIRROR.log")
	if [ "${got##*/}" = "$2" ] && [ "$count" = "$3" ]; then
		echo "ok sources/$1"
	else
		echo "FAIL sources/$1: '${got##*/}', asked $count times: $(tail -n 1 "$work/said")"
	fi
}

older() { touch -d "-$1 days" "$work"/cache/code-*; }

echo 3.6.1-1 >"$MIRROR"
check the-first-time code-3.6.1-1 1
echo 3.6.2-1 >"$MIRROR"
check then-from-the-cache code-3.6.1-1 0
older 29
check for-a-month code-3.6.1-1 0
older 31
check then-a-newer-one code-3.6.2-1 1
check and-no-more code-3.6.2-1 0
older 31
check that-is-the-same code-3.6.2-1 1
check and-no-more-either code-3.6.2-1 0
older 31
: >"$MIRROR"
check without-a-network code-3.6.2-1 1
if grep -q "going on with code-3.6.2-1" "$work/said"; then
	echo "ok sources/says-so"
else
	echo "FAIL sources/says-so: $(tail -n 1 "$work/said")"
fi
check not-at-every-build code-3.6.2-1 0
check when-told-to '' 1 LAMINA_RENEW=y
echo 3.6.10-1 >"$MIRROR"
check told-to-and-answered code-3.6.10-1 1 LAMINA_RENEW=y
[ -z "$(find "$work/cache" -name '*.new.*')" ] || echo "FAIL sources/leftovers"
