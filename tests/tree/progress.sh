#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The minutes that a kernel takes are told, also where stderr is no terminal: with a make that
# compiles nothing. Prints two lines.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
# shellcheck disable=SC2016 # dpkg-query's own variable
version=$(dpkg-query -W -f '${Version}' linux-source-6.12 2>/dev/null) || {
	echo "skip progress: linux-source-6.12 is not installed"
	exit 0
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/cache/linux/$version" "$work/cache/kernel/qemu-old"
printf '  CC      %s.o\n' {1..40} >"$work/cache/kernel/qemu-old/log"
cat >"$work/bin/make" <<-'MAKE'
	#!/bin/bash
	# what a kernel's make leaves: a configuration, then forty objects in four seconds
	for word; do
		case $word in
		O=*) out=${word#O=} ;;
		KCONFIG_ALLCONFIG=*) cp "${word#*=}" "$out/.config" ;;
		bzImage)
			for i in {1..20}; do echo "  CC      $i.o"; done
			sleep 4
			for i in {21..40}; do echo "  CC      $i.o"; done
			mkdir -p "$out/arch/x86/boot" && echo kernel >"$out/arch/x86/boot/bzImage"
			;;
		esac
	done
MAKE
chmod +x "$work/bin/make"
image=$(PATH=$work/bin:$PATH LAMINA_SETUP=skip LAMINA_CACHE=$work/cache PROGRESS_SECONDS=2 \
	qemu/kernel qemu-x86_64 2>"$work/said")
if [ "$(cat "$image" 2>/dev/null)" = kernel ]; then
	echo "ok progress/builds"
else
	echo "FAIL progress/builds: $(tail -n 1 "$work/said")"
fi
if grep -q '^kernel: qemu-x86_64: 20 of about 40 objects, less than a minute left$' "$work/said"; then
	echo "ok progress/is-told"
else
	echo "FAIL progress/is-told: $(tail -n 1 "$work/said")"
fi
