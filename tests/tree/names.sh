#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a public function of src is called, and that somebody else uses it: its name begins
# with its file's stem (or the first words of it), with a folder of its, or with a family
# named below, and goes on. A function that only its own file and tests call is static, or
# gone. Prints two lines.
set -euo pipefail
cd "$(dirname "$0")/../.."

# FILE PREFIX: families whose header is called otherwise than the file, and names that
# others have chosen.
families='
src/base/printf-libc.c snprintf
src/base/printf-libc.c vsnprintf
src/base/string-libc.c mem
src/base/string-libc.c str
src/base/string-libc.c getenv
src/cli/help.c cmd_
src/cli/main.c cmd_
src/cli/note.c cmd_
src/block/find/gpt.c mbr_
src/ctl/out.c json_
src/init/pid1/rescue.c failure_
src/trust/pem.c private_key_
src/trust/pem.c public_key_
src/trust/random.c mbedtls_psa_
src/trust/sha256/process.c mbedtls_internal_
'
# NAME: called by nobody else in src all the same.
unused='
sha256_do_all by sha256_of() in its header
mbedtls_psa_external_get_random by mbedtls
mbedtls_internal_sha256_process by mbedtls
digest_text by DIGEST_HEX()
verity_tree_blocks tests count with it
filter_compile tests interpret what it makes
'

# "NAME FILE" of each function that is not static.
defined()
{
	find src -name '*.c' -print0 | sort -z | xargs -0 awk '
	/^[A-Za-z_]/ && /\(/ && !/;[ \t]*$/ && !/ = / && before !~ /^static/ &&
	!/^(static|typedef|extern|_Static_assert|_Noreturn static|__attribute__)/ {
		match($0, /[A-Za-z_0-9]+\(/)
		print substr($0, RSTART, RLENGTH - 1), FILENAME
	}
	{ before = /[;}]$/ ? "" : $0 }'
}

# begins NAME WORDS: WORDS, or some of the first of them, and something more.
begins()
{
	local words=$2

	while [[ $1 != "$words"_* ]]; do
		[[ $words == *_* ]] || return 1
		words=${words%_*}
	done
}

# fits NAME FILE: is the name one for that file?
fits()
{
	local name=$1 file=${2#src/} part family

	while read -r part family; do
		[[ -z $part || $2 != "$part" || $name != "$family"* ]] || return 0
	done <<<"$families"
	file=${file%.c}
	while [[ -n $file ]]; do
		part=${file##*/}
		! begins "$name" "${part//-/_}" || return 0
		[[ $file == */* ]] || break
		file=${file%/*}
	done
	return 1
}

list=$(defined)
bad=''
while read -r name file; do
	[[ $name == main ]] || fits "$name" "$file" || bad+=" $name of $file;"
done <<<"$list"
if [ -z "$bad" ]; then echo "ok names"; else echo "FAIL names: not called after their file:$bad"; fi

lonely=$(find src \( -name '*.[ch]' -o -name '*.def' \) -print0 | xargs -0 awk '
	NR == FNR { file[$1] = $2; next }
	FILENAME ~ /\.h$/ && !/cleanup\(/ { next }
	{
		gsub(/"[^"]*"/, "")
		sub(/^\/\*.*|^ \*.*/, "")
		n = split($0, words, /[^A-Za-z_0-9]+/)
		for (i = 1; i <= n; i++)
			if (words[i] in file && file[words[i]] != FILENAME)
				used[words[i]] = 1
	}
	END {
		for (name in file)
			if (!(name in used))
				print name
	}' <(printf '%s\n' "$list") | sort)
bad=''
while read -r name; do
	[[ $'\n'$unused == *$'\n'"$name"[$' \n']* ]] || bad+=" $name;"
done <<<"$lonely"
while read -r name _; do
	[[ -z $name || $'\n'$lonely$'\n' == *$'\n'"$name"$'\n'* ]] || bad+=" $name, which is no exception;"
done <<<"$unused"
if [ -z "$bad" ]; then echo "ok unused"; else echo "FAIL unused: called by their own file and tests at most:$bad"; fi
