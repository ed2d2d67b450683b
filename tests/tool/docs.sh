#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What pages and documents name of the programs is there, and each command's page names all of it.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"
root=$(cd "$here/../.." && pwd)

# options_of COMMAND...: of its help, one a line.
options_of() {
	"$@" --help | grep -oE '(^|[^a-z-])--[a-z][a-z0-9-]+' | grep -oE -- '--.*' | grep -v '^--help$' | sort -u
}

# told PAGE: the long options that it names.
told() {
	sed 's/\\-/-/g' "$1" | grep -oE 'Fl (Fl |-)[a-z][a-z0-9-]+|(^|[^a-z-])--[a-z][a-z0-9-]+' |
		sed -E 's/^Fl (Fl |-)/--/; s/^[^-]*--/--/' | sort -u
}

# commands_of PROGRAM
commands_of() { "$1" help | sed -nE 's/^  ([a-z-]+) +[A-Z].*/\1/p'; }

# page COMMAND: of lamina; bundles have one page.
page() {
	case $1 in
	unbundle) echo "$root/src/pack/cmd/lamina-bundle.1" ;;
	pull) echo "$root/src/pack/cmd/lamina-push.1" ;;
	*) echo "$root/src/pack/cmd/lamina-$1.1" ;;
	esac
}

test_a_page_has_every_option() {
	local command
	commands_of "$lamina" >commands
	[ "$(wc -l <commands)" -ge 11 ]
	while read -r command; do
		told "$(page "$command")" >named
		options_of "$lamina" "$command" | grep -vxF -f named >missing || continue
		# -o alone is how most people call it
		[ "$(cat missing)" = --output ] || say "$(page "$command") has no $(tr '\n' ' ' <missing)"
	done <commands
}

test_a_page_has_no_other_option() {
	local command
	for command in $(commands_of "$lamina"); do
		options_of "$lamina" "$command" >all
		# the other one of its page, and those that a page says of another command
		[ "$command" != bundle ] || options_of "$lamina" unbundle >>all
		[ "$command" != diff ] || options_of "$lamina" bundle >>all
		[ "$command" != unbundle ] || options_of "$lamina" bundle >>all
		[ "$command" != push ] || options_of "$lamina" pull >>all
		[ "$command" != publish ] || { options_of "$lamina" push; options_of "$lamina" channel; } >>all
		[ "$command" != channel ] || { options_of "$lamina" push; options_of "$lamina" publish; options_of "$lamina" keygen; } >>all
		[ "$command" != pull ] || options_of "$lamina" push >>all
		[ "$command" != set ] || { options_of "$lamina" pack; options_of "$lamina" sign; } >>all
		told "$(page "$command")" | grep -vxF -e --help -f all >other || continue
		say "$(page "$command") names $(tr '\n' ' ' <other)"
	done
}

test_lamina_fetch_has_one_page() {
	local page=$root/src/fetch/lamina-fetch.8
	told "$page" | grep -vxF -e --authfile -e --json >named
	options_of "$(dirname "$lamina")/lamina-fetch" >all
	same all named
}

# What a page has people type, where it needs no server.
test_serving_updates() {
	local line
	image 3 >/dev/null && image 4 >/dev/null
	mv image-3 store-1 && mv image-4 store
	sed -n 's/\\-/-/g; /^lamina \(publish\|bundle\) /p' "$root/src/fetch/lamina-serving.7" >lines
	[ "$(wc -l <lines)" = 3 ]
	while read -r line; do
		eval "$line" >/dev/null 2>err || say "$line: $(tail -n 1 err)"
	done <lines
	[ -e www/v2/gateway/manifests/stable ] && [ -e gateway.lamina ]
}

test_laminactl_has_one_page() {
	local command
	told "$root/src/ctl/laminactl.8" >named
	for command in $(commands_of "$laminactl"); do
		options_of "$laminactl" "$command" >>all
		grep -qE "^\.It Cm (.* )?$command( |\$)" "$root/src/ctl/laminactl.8" ||
			say "laminactl.8 has no $command"
	done
	grep -vxF -f named all >missing && say "laminactl.8 has no $(sort -u missing | tr '\n' ' ')"
	grep -vxF -e --help -e --version -f all named >other && say "laminactl.8 names $(tr '\n' ' ' <other)"
	true
}

# Of what stands in backticks or in a block of commands.
# shellcheck disable=SC2016 # an awk program
# Behind the line with the disk, which board/grub.cfg leaves to who takes it.
test_the_page_has_grubs_script() {
	sed -n '/^set lamina_disk=/,/^\.Ed/p' "$root/src/loader/lamina-boot.7" | sed '1d; $d; s/^ *//' >page
	sed '/^#/d; s/^\t*//' "$root/board/grub.cfg" | diff - page >&2
	[ "$(wc -l <page)" -ge 15 ]
}

test_documents_name_commands_that_are_there() {
	local program word
	(cd "$root" && git ls-files '*.md' | xargs awk '/^```/ { block = !block; next }
		block { print; next }
		{ n = split($0, part, "`"); for (i = 2; i <= n; i += 2) print part[i] }') >code
	for program in lamina laminactl; do
		commands_of "${!program}" >commands
		grep -oE "(^|[ /])$program [a-z][a-z-]+" code | sed 's/.* //' | sort -u >"words.$program"
		while read -r word; do
			grep -qxF -- "$word" commands || echo "$program $word" >>unknown
		done <"words.$program"
	done
	[ "$(cat words.* | wc -l)" -ge 12 ] || say "documents name $(cat words.* | tr '\n' ' ')"
	[ ! -e unknown ] || say "no such command: $(tr '\n' ',' <unknown)"
}

tell_all
