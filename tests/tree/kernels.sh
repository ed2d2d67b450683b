#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The kernel configurations for Buildroot are made from the boards' fragments as they are now.
# Prints a line a check.
set -euo pipefail
cd "$(dirname "$0")/../.."
for config in rootfs/buildroot/board/*/linux.config; do
	board=$(basename "$(dirname "$config")")
	hash=$(grep -hE '^(# )?CONFIG_' board/linux.fragment "board/$board/linux.fragment" |
		sha256sum | cut -c 1-16)
	if grep -qx "# fragments: $hash" "$config"; then
		echo "ok kernels/$board"
	else
		echo "FAIL kernels/$board: its fragments changed: qemu/kernel --defconfig $board >$config"
	fi
done
