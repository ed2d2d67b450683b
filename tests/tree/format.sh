#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every C file is as .clang-format says; `make format` makes it so. Prints a line.
set -euo pipefail
cd "$(dirname "$0")/../.."
# Releases of the program differ in what they make of one configuration.
release=14
for program in "clang-format-$release" clang-format; do
	if command -v "$program" >/dev/null &&
		[[ $("$program" --version) == *"version $release."* ]]; then
		found=$program
		break
	fi
done
if [[ -z ${found:-} ]]; then
	echo "skip format: clang-format $release is not here"
	exit 0
fi
mapfile -t files < <({ git ls-files '*.c' '*.h' 2>/dev/null || find src tests -name '*.[ch]'; } |
	while read -r file; do [[ ! -e $file ]] || echo "$file"; done)
if [[ ${1:-} == --apply ]]; then
	"$found" -i "${files[@]}"
elif bad=$("$found" --dry-run --Werror "${files[@]}" 2>&1); then
	echo "ok format"
else
	echo "FAIL format: $(grep -oE '^[^ :]+\.[ch]:[0-9]+' <<<"$bad" | sort -u | head -n 5 |
		tr '\n' ' ')...: make format mends it"
fi
