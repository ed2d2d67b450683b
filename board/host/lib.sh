# SPDX-License-Identifier: Apache-2.0
# What the scripts of board/ and qemu/ share. To be sourced by bash, with $me set to the
# name that messages begin with. stdout is data, stderr is messages.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say()
{
	printf '%s: %s\n' "${me:-lamina}" "$*" >&2
}

die()
{
	say "$@"
	exit 1
}

# Prints the directory for what is expensive to make. It survives `make clean`.
cache_dir()
{
	local dir

	if [[ -n ${LAMINA_CACHE:-} ]]; then
		dir=$LAMINA_CACHE
	elif [[ -n ${XDG_CACHE_HOME:-} ]]; then
		dir=$XDG_CACHE_HOME/lamina
	else
		dir=${HOME:?no place for the cache, set HOME or LAMINA_CACHE}/.cache/lamina
	fi
	mkdir -p "$dir" || die "$dir: cannot make the cache directory"
	(cd "$dir" && pwd -P)
}

# board_conf BOARD KEY: prints the value, that of the board LIKE which it is where the board does not
# name the key, empty when neither does.
board_conf()
{
	local file=$top/board/$1/board.conf like='' key value

	[[ -r $file ]] || die "no board '$1'; one of: $(board_list)"
	while IFS='=' read -r key value; do
		[[ $key != LIKE ]] || like=$value
		[[ $key == "$2" ]] || continue
		printf '%s\n' "$value"
		return 0
	done <"$file"
	[[ -z $like ]] || board_conf "$like" "$2"
}

board_list()
{
	local file names=()

	for file in "$top"/board/*/board.conf; do
		file=${file%/board.conf}
		names+=("${file##*/}")
	done
	printf '%s\n' "${names[*]}"
}

# Prints "MIRROR CODENAME" of the first Debian source in the user's apt configuration.
# shellcheck disable=SC2016 # apt's own variables
debian_source()
{
	apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
		'Created-By: Packages' 'Component: main' 'Origin: Debian' | sed q
}

# lock FILE: one process at a time from here on, until this process ends. The file is
# never removed: removing a lock file lets two holders in.
lock()
{
	exec {lock_fd}>"$1" || die "$1: cannot open the lock file"
	if ! flock -n "$lock_fd"; then
		say "another process is at it, waiting for it to end"
		flock "$lock_fd"
	fi
}
