#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What bash offers for the programs' command lines.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"
# shellcheck source=src/cli/completion.bash
. "$here/../../src/cli/completion.bash"

# offers PROGRAM WORD...: for the last word.
offers() {
	local COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY
	_lamina "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	echo "${COMPREPLY[*]}"
}

test_commands() {
	equal "$(offers "$lamina" unb)" unbundle
	equal "$(offers "$laminactl" re)" "restart reboot reject reset"
	equal "$(offers "$laminactl" --store s stat)" status
	equal "$(offers "$lamina" frob)" ""
}

test_options() {
	equal "$(offers "$lamina" verify --k)" "--key --keyring"
	equal "$(offers "$laminactl" install --dr)" --dry-run
	equal "$(offers "$laminactl" install --st)" "--store --state"
	equal "$(offers "$laminactl" --ru)" --run
}

test_values() {
	equal "$(offers "$lamina" keygen --type rsa)" "rsa2048 rsa3072 rsa4096"
	equal "$(offers "$lamina" keygen --type p)" p256
}

test_files() {
	touch 'a b.lamina' other
	equal "$(offers "$laminactl" install a)" 'a b.lamina'
	equal "$(offers "$lamina" pack --output o)" other
	equal "$(offers "$laminactl" --policy o)" other
}

tell_all
