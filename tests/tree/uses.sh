#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares what each room includes with the `uses :=` line of its Kbuild
# and who includes the headers that only one room may, and looks for system calls that
# are not of base/sys. Prints a line a room, and one.
set -euo pipefail
cd "$(dirname "$0")/../.."
rooms=" $(printf '%s\n' src/*/Kbuild src/*/*/Kbuild | sed -E 's,^src/,,; s,/Kbuild$,,' | tr '\n' ' ')"

# room_of PATH: the innermost room that a file below src is in.
room_of()
{
	local dir=$1

	while [[ $dir == */* ]]; do
		dir=${dir%/*}
		[[ $rooms != *" $dir "* ]] || break
	done
	printf '%s\n' "$dir"
}

for kbuild in src/*/Kbuild src/*/*/Kbuild; do
	room=${kbuild#src/}
	room=${room%/Kbuild}
	bad=''
	allowed=" $room $(sed -n 's/^uses := *//p' "$kbuild") "
	while IFS=: read -r file include; do
		used=$(room_of "$include")
		if [[ $allowed != *" $used "* ]]; then
			bad+=" $file includes $used/, which its Kbuild does not use;"
		fi
	done < <(grep -rhoHE '^#include "[^"]+' --include='*.[ch]' "src/$room" |
		sed -E 's/#include "//')
	for special in 'curl/:fetch' 'mbedtls/:trust|fetch' 'psa/:trust' 'p256-m/:trust' 'bignum_core\.h:trust' 'archive\.h:pack' 'archive_entry\.h:pack' 'jansson\.h:pack|fetch' 'yaml\.h:pack'; do
		header=${special%:*} owner=${special#*:}
		if [[ "|$owner|" != *"|${room%%/*}|"* ]] && grep -rqE "^#include <$header" "src/$room"; then
			bad+=" only src/$owner may include $header;"
		fi
	done
	if [ -z "$bad" ]; then echo "ok uses/$room"; else echo "FAIL uses/$room:$bad"; fi
done

# A test's kernel stands in the place of base/sys, so nothing that a device runs may go
# round it. What only a workstation has in those rooms is named here.
calls='open|openat|openat2|close|read|write|pread|pwrite|lseek|stat|fstat|fstatat|mkdir|mkdirat|unlink|unlinkat
|rename|renameat|readlink|fchmod|fchown|fsync|fdatasync|ftruncate|dup2|dup3|pipe|pipe2|flock|fcntl|ioctl|mount|umount2
|chroot|fork|vfork|clone|exec[lv]p?e?|waitpid|wait4|kill|getpid|getppid|setsid|setgroups|setresuid|setresgid|umask
|sigaction|sigprocmask|prctl|clock_gettime|gettimeofday|time|nanosleep|usleep|sleep|poll|sync|reboot|getrandom|sysconf
|syscall|socket|mmap|pthread_create'
mapfile -t files < <(find src -name '*.c' ! -path 'src/pack/*' ! -path 'src/fetch/*' ! -path 'src/base/sys/*' \
	! -path src/trust/random.c ! -path src/trust/hash-tree/chunks.c ! -path src/trust/pem.c)
if bad=$(grep -nE "(^|[^_a-z>.*])(${calls//$'\n'/})\(" "${files[@]}" | grep -vE '^[^:]+:[0-9]+:( \*|.*/\*.*\()'); then
	echo "FAIL uses/sys: a system call beside base/sys: $(cut -c 1-100 <<<"$bad" | head -n 3 | tr '\n' ' ')"
else
	echo "ok uses/sys"
fi
