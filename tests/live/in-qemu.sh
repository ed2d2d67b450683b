#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tests/live/in-qemu.sh: the live tests once more, in QEMU with the board's kernel: there is
# device-mapper, partition tables and a first root that is the kernel's own. Takes the programs from
# $O/tests/live and prints their lines with `qemu-` before the names.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
board=${BOARD:-qemu-x86_64}
programs=(test_loop test_dm test_find test_large test_overlay test_switch)

skip()
{
	printf 'skip in-qemu: %s\n' "$1"
	exit 0
}

busybox=$(command -v busybox) || skip 'no busybox'
for tool in cpio qemu-system-x86_64 mksquashfs veritysetup; do
	PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || skip "no $tool"
done
[[ $(uname -m) == x86_64 ]] || skip 'the programs are not for the board: this is no x86_64'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,mnt,etc}
cp "$busybox" "$root/bin/busybox"
tests/live/fixtures "$root/fixtures"

# the programs are the host's own: with the libraries that they name, one of them beside their folder
cp "$O/tests/rooms.so" "$root/"
for program in "${programs[@]}"; do
	cp "$O/tests/live/$program" "$root/bin/"
	ldd "$O/tests/live/$program" | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$root${library%/*}"
		cp -L "$library" "$root$library"
	done
done
cat >"$root/init" <<-'INIT'
	#!/bin/busybox sh
	export PATH=/bin LIVE_FIXTURES=/fixtures
	busybox mount -t devtmpfs devtmpfs /dev
	busybox mount -t proc proc /proc
	busybox mount -t sysfs sysfs /sys
	for program in /bin/test_*; do
	        $program
	done
	echo 'all done'
	busybox poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc) >"$scratch/initramfs"
qemu/run --board "$board" --initrd "$scratch/initramfs" --mem 1024 --append quiet \
	--timeout 300 >"$scratch/console" </dev/null || true
tr -d '\r' <"$scratch/console" | sed -nE 's/^(ok|FAIL|skip) /\1 qemu-/p'
grep -q '^all done' "$scratch/console" || {
	printf 'FAIL in-qemu: did not get to the end: %s\n' "$(tail -n 1 "$scratch/console")"
	exit 1
}
