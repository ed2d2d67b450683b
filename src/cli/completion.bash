# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion for lamina and laminactl. Commands and options are what their own --help lists.

# The options of a help, and those of them that take a value.
_lamina_options() { sed -nE 's/^ {2,6}(-., )?(--[a-z-]+).*/\2/p'; }
_lamina_valued() { sed -nE 's/^ {2,6}(-., )?(--[a-z-]+) [A-Z].*/\2/p'; }

_lamina()
{
	local program=$1 word=$2 before=$3 commands command='' i help
	commands=$("$program" --help 2>/dev/null | sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p')
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ $'\n'$commands$'\n' != *$'\n'"${COMP_WORDS[i]}"$'\n'* ]] ||
			{ command=${COMP_WORDS[i]} && break; }
	done
	help=$("$program" ${command:+"$command"} --help 2>/dev/null)
	COMPREPLY=()
	if [[ $command == keygen && $before == --type ]]; then
		mapfile -t COMPREPLY < <(compgen -W "p256 rsa2048 rsa3072 rsa4096" -- "$word")
	elif [[ $'\n'$(_lamina_valued <<<"$help")$'\n' == *$'\n'"$before"$'\n'* ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_lamina_options <<<"$help") --help" -- "$word")
	elif [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}

complete -o filenames -F _lamina lamina laminactl
