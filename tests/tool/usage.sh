#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What every command has: its help, and the same words for options that do not fit.
# shellcheck source=tests/tool/words
. "$(dirname "$0")/words"

commands() { lamina | sed -n 's/^  \([a-z-]*\)  *[A-Z].*/\1/p'; }

test_lists_commands() {
	[ "$(commands | wc -l)" -ge 10 ] || say "lists: $(commands | tr '\n' ' ')"
	equal "$(lamina)" "$(lamina --help)"
	equal "$(lamina)" "$(lamina -h)"
	misused "no command 'frobnicate'" lamina frobnicate
	misused "no command '--frob'" lamina --frob
}

test_every_command_has_help() {
	local command
	for command in $(commands); do
		lamina "$command" --help >help || say "$command --help fails"
		grep -q "^usage: lamina $command " help || say "$command --help: $(head -n 1 help)"
		lamina "$command" -h >short
		same help short
		lamina help "$command" >word
		same help word
	done
}

test_help_is_no_look_at_words() {
	mkdir root
	lamina pack -o out -n x -c a,b --arch amd64 --arg /bin/ls --arg --help dir:root >log
	grep -qx 'arg --help' out/images/*/manifest || say "--help is no argument of the image's"
	misused "SOURCE... is missing" lamina pack -o out --
	refuses "--help: a source begins with" lamina pack -o out -- --help
}

test_pack_tells_its_sources() {
	local kinds
	kinds=$(lamina pack --help | sed -n 's,^  \([a-z-]*:\)[/A-Z].*,\1,p' | tr '\n' ' ')
	lamina pack -o out x:y 2>err || true
	equal "$(sed 's/.* begins with //; s/, as .*//; s/,//g; s/or //' err) " "$kinds"
}

test_every_command_refuses_what_it_does_not_know() {
	local command
	for command in $(commands); do
		misused "$command: unknown option --frob" lamina "$command" --frob
		misused "$command: unknown option -Z" lamina "$command" -Z
		misused "$command: --help takes no value" lamina "$command" --help=x
		misused "lamina $command --help" lamina "$command" --frob
	done
}

test_how_an_option_begins() {
	misused "pack: several options begin with --s" lamina pack --s
	misused "set: several options begin with --n=x" lamina set --n=x
	misused "pack: unknown option --cpus" lamina pack --cpus 2
	misused "pack: --nofile: '1' is not a number from 16 to 1048576" lamina pack --nofile 1
}

test_values() {
	misused "inspect: --json takes no value" lamina inspect --json=x
	misused "bundle: --output needs a value" lamina bundle --output
	misused "bundle: -o needs a value" lamina bundle -o
}

test_help_is_80_columns_wide() {
	local command
	for command in '' $(commands); do
		lamina help $command >help
		[ -z "$(awk 'length > 80' help)" ] || say "help $command: $(awk 'length > 80' help)"
	done
}

test_two_images_to_compare() {
	misused "diff: which two images, before and after? STORE|BUNDLE STORE|BUNDLE" lamina diff
	misused "diff: compare a with what? say a second STORE|BUNDLE" lamina diff a
	misused "diff: what is 'c'?" lamina diff a b c
}

test_operands_alone_are_named() {
	misused "verify: STORE|BUNDLE is missing" lamina verify --key "$a.pub"
	misused "bundle: STORE is missing" lamina bundle -o x
	misused "keygen: PUB... is missing" lamina keygen --keyring
}

test_output_that_can_not_be_written() {
	local words
	for words in "pack --help" --help -h "" help "help pack" --version "inspect --json $store"; do
		refuses "standard output: No space left" sh -c "'$lamina' $words >/dev/full"
	done
}

tell_all
