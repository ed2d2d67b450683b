#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which of Debian's kernels qemu/fat-kernel takes for a board, and that it asks for it once: with an apt and
# a kernel that are made up. Prints a line a check.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/cache" "$work/tree/board/host"
cp -r qemu "$work/tree"
cp board/host/{fetch,lib.sh} "$work/tree/board/host"
cp -r board/qemu-* "$work/tree/board"
cat >"$work/bin/apt-get" <<-'GET'
	#!/bin/sh
	for name; do :; done
	case " $* " in
	*" update "*) echo asked >>"$APT.log" && exit ;;
	esac
	case " $* " in
	*" APT::Architecture=$(cat "$APT.arch") "*) : >"$name.deb" ;;
	*) exit 100 ;;
	esac
GET
cat >"$work/bin/apt-cache" <<-'CACHE'
	#!/bin/sh
	cat "$APT"
CACHE
cat >"$work/bin/dpkg-deb" <<-'UNPACK'
	#!/bin/sh
	release=${2##*/linux-image-}
	mkdir -p "$3/boot"
	echo "${release%.deb}" >"$3/boot/vmlinuz-${release%.deb}"
UNPACK
printf '#!/bin/sh\n' >"$work/bin/depmod"
printf '#!/bin/sh\n' >"$work/bin/sleep"
chmod +x "$work"/bin/*
# shellcheck disable=SC2016 # the script's own variable; nothing is put into the archive
sed -i 's|^\tput_modules$|\t: >"$tmp/out/modules.gz"|' "$work/tree/qemu/fat-kernel"
export APT=$work/apt LAMINA_CACHE=$work/cache

# check NAME BOARD WANTED ASKED: the kernel that it prints, and how often the mirror was asked for that.
check() {
	local got count
	: >"$APT.log"
	got=$(PATH=$work/bin:$PATH "$work/tree/qemu/fat-kernel" "$2" 2>"$work/said")
	count=$(wc -l <"$APT.log")
	[ -z "$got" ] || got=$(cat "$got")
	if [ "$got" = "$3" ] && [ "$count" = "$4" ]; then
		echo "ok fat-kernel/$1"
	else
		echo "FAIL fat-kernel/$1: '$got', asked $count times: $(tail -n 1 "$work/said")"
	fi
}

printf 'linux-image-6.12.%s\n' 9+deb12-arm64 10+deb12-arm64 11+deb12-rt-arm64 12+deb12-arm64-unsigned >"$APT"
echo arm64 >"$APT.arch"
check the-newest qemu-aarch64 6.12.10+deb12-arm64 1
echo linux-image-6.12.13+deb12-arm64 >>"$APT"
check then-what-is-there qemu-aarch64 6.12.10+deb12-arm64 0
echo armhf >"$APT.arch"
check none-for-the-board qemu-arm '' 4
echo linux-image-6.12.13+deb13-armmp >>"$APT"
check of-the-boards-architecture qemu-arm 6.12.13+deb13-armmp 1
echo '# others' >>"$work/tree/board/qemu-arm/modules"
check other-modules qemu-arm 6.12.13+deb13-armmp 1
[ -z "$(find "$work/cache" -name '*.tmp.*')" ] || echo "FAIL fat-kernel/leftovers"
