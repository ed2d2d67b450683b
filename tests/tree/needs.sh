#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a bare machine is told: each thing that is missing, with the package that brings it.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check NAME WANTED GOT
check() { if [ "$2" = "$3" ]; then echo "ok needs/$1"; else echo "FAIL needs/$1: '$3' is not '$2'"; fi; }

probes=$(grep -v '^#' board/host/probes)
ours=$(grep -rhoE '^#include <[^>]+>' src tests --include='*.[ch]' | sed 's/.*<//; s/>//' | sort -u)
libc='assert cpuid ctype dirent dlfcn elf endian errno fcntl fnmatch ftw getopt glob grp immintrin inttypes limits link locale poll pthread pwd
	regex sched setjmp signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib string
	strings termios time unistd wchar'
unknown=$(grep -vE '^(linux|sys|asm|net|netinet|arpa|mbedtls|psa|p256-m|sqfs|archive_entry|bignum_core)[/.]' <<<"$ours" |
	grep -vxFf <(printf '%s.h\n' $libc; cut -d ' ' -f 1 <<<"$probes"))
check every-header-has-a-package "" "$unknown"
check every-package-is-on-the-list "" \
	"$(cut -d ' ' -f 2 <<<"$probes" | sort -u | grep -vxFf <(board/host/setup --list check | tr '|' '\n'))"

# A machine with a shell and nothing else, and a compiler that knows the C library only.
mkdir "$work/bare" "$work/some"
for tool in bash dirname awk sort grep sed cat tr find apt-get; do
	ln -s "$(command -v $tool || echo /bin/false)" "$work/bare/$tool"
done
said=$(PATH=$work/bare board/host/needs check 2>&1) && said="it says that all is there"
check bare-names-the-tools 1 "$(grep -c 'missing here: make (make), gcc (gcc),.*kconfig-conf (kconfig-frontends)' <<<"$said")"
check bare-names-the-command 1 "$(grep -c 'board/host/setup check brings them: .* kconfig-frontends' <<<"$said")"
cat >"$work/some/gcc" <<-'CC'
	#!/bin/sh
	case "$*" in *cmocka.h*|*jansson.h*) exit 1 ;; esac
CC
chmod +x "$work/some/gcc"
said=$(PATH=$work/some:$PATH board/host/needs --headers "gcc -O2" check 2>&1)
check headers "needs: missing here: jansson.h (libjansson-dev), cmocka.h (libcmocka-dev)" "$(head -n 1 <<<"$said")"
# and make says that, not the compiler
ln -s "$(command -v make)" "$work/bare/make"
for tool in mkdir gcc git uname; do [ -e "$work/bare/$tool" ] || ln -s "$(command -v $tool || echo /bin/false)" "$work/bare/$tool"; done
said=$(PATH=$work/bare make O="$work/o" KCONF=kconfig-conf check 2>&1 </dev/null)
check make-says-it 1 "$(grep -c 'needs: missing here: .*kconfig-conf (kconfig-frontends)' <<<"$said")"
