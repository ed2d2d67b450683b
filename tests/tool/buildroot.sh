#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What Buildroot's post-image.sh makes of a folder of images, without a Buildroot; and that the script in
# the environment of its U-Boot is Lamina's.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"
PATH=$PATH:/usr/sbin:/sbin
tree=$here/../../rootfs/buildroot

# A folder as Buildroot would leave it, with a kernel and a stub that no machine could start.
prepare() {
	need python3 sfdisk jq openssl mkimage dtc
	mkdir -p images host/bin root/sbin
	ln -sf "$lamina" host/bin/lamina
	head -c 300 "$lamina" >root/sbin/init && chmod 755 root/sbin/init
	tar -C root --owner 0 --group 0 -cf images/rootfs.tar .
	"$here/bootblob.py" kernel arm64 images/Image
	"$here/bootblob.py" stub arm64 stub
	printf '#!/bin/sh\n' >images/lamina-init && cp images/lamina-init images/laminactl
	openssl req -batch -new -x509 -newkey rsa:2048 -nodes -days 9999 -keyout boot.key -out boot.crt 2>/dev/null
}

# post_image VARIABLE=VALUE...: the script, as external.mk has it run.
post_image() {
	env HOST_DIR="$PWD/host" LAMINA_IMAGE_BASE="tar:$PWD/images/rootfs.tar" LAMINA_IMAGE_ARCH=arm64 \
		LAMINA_IMAGE_NAME=board LAMINA_IMAGE_SERIAL=1 LAMINA_IMAGE_COMPATIBLE=acme,x \
		LAMINA_IMAGE_PROGRAM=/sbin/init LAMINA_IMAGE_LAYERS='' LAMINA_IMAGE_POLICY="$tree/board/policy" \
		LAMINA_IMAGE_PACK_OPTIONS=--force LAMINA_IMAGE_DISK_OPTIONS='' LAMINA_IMAGE_BOOT_KERNEL=Image \
		LAMINA_KEY="$a.key" "$@" "$tree/board/post-image.sh" "$PWD/images"
}

partitions() { sfdisk -J images/lamina-disk.img | jq -r '[.partitiontable.partitions[].name] | join(" ")'; }

policy() { gzip -dc images/lamina-initramfs | cpio -i --quiet --to-stdout etc/lamina/policy; }

test_beside_the_image() {
	prepare
	post_image >/dev/null 2>told || say "$(tail -n 1 told)"
	equal "$(partitions)" lamina-data
	[ ! -e images/lamina-boot ] || say "there is a boot blob"
	! policy | has '^boot-' || say "the policy names boot slots"
}

test_a_fit_in_the_image() {
	prepare
	refuses "nobody signs for the firmware" post_image LAMINA_IMAGE_BOOT=fit
	[ ! -e images/lamina-disk.img ] || say "a disk is there"
	refuses "LAMINA_BOOT_KEY is a whole path" post_image LAMINA_IMAGE_BOOT=fit LAMINA_BOOT_KEY=missing.key
	post_image LAMINA_IMAGE_BOOT=fit LAMINA_BOOT_KEY="$PWD/boot.key" >/dev/null 2>told || say "$(tail -n 1 told)"
	equal "$(partitions)" 'boot-state boot-a boot-b lamina-data'
	equal "$(policy | grep -c '^boot-slot PARTLABEL=boot-[ab]$')" 2
	policy | has -x 'boot-loader sector PARTLABEL=boot-state' || say "no loader"
	lamina inspect images/lamina-store --json | jq -e '.boot | .form == "FIT" and .signed and .key == "boot" and
		.kernelSize == 1536' >/dev/null || say "$(lamina inspect images/lamina-store)"
	lamina verify images/lamina-store --key "$a.pub" >/dev/null
}

test_a_unified_kernel_image_in_the_image() {
	prepare
	post_image LAMINA_IMAGE_BOOT=uki LAMINA_BOOT_UNSIGNED=y LAMINA_IMAGE_BOOT_STUB="$PWD/stub" \
		LAMINA_IMAGE_BOOT_CMDLINE='quiet panic=5' >/dev/null 2>told || say "$(tail -n 1 told)"
	equal "$(partitions)" 'boot-a boot-b lamina-data'
	policy | has -x 'boot-loader efi' || say "no loader"
	lamina inspect images/lamina-store | has '^    cmdline *quiet panic=5$' || say "no command line"
	# a policy that has slots keeps its own
	{ cat "$tree/board/policy" && printf '%s\n' 'boot-slot PARTLABEL=x' 'boot-slot PARTLABEL=y' 'boot-loader efi'; } >own
	post_image LAMINA_IMAGE_BOOT=uki LAMINA_BOOT_SIGN_CMD='cat; echo signature' LAMINA_IMAGE_BOOT_STUB="$PWD/stub" \
		LAMINA_IMAGE_POLICY="$PWD/own" >/dev/null 2>told || say "$(tail -n 1 told)"
	equal "$(policy | grep '^boot-slot' | tr '\n' ' ')" 'boot-slot PARTLABEL=x boot-slot PARTLABEL=y '
}

# The lines of board/u-boot.env, joined as U-Boot's build would join them, are all in this board's environment.
test_the_script_is_that_of_the_boards() {
	local env=$tree/board/uboot-aarch64/u-boot.env line count=0
	while IFS= read -r line; do
		grep -qxF -- "$line" "$env" || say "u-boot.env has not: $line"
		count=$((count + 1))
	done < <(sed -n '/^uboot_env/,/^}/!{/^flatten()/,/^}/p}' "$here/../../qemu/firmware" >flatten.sh
		. ./flatten.sh && flatten "$here/../../board/u-boot.env")
	[ $count -ge 4 ] || say "only $count lines"
	equal "$(grep -c '^lamina_[a-z]*=' "$env")" $((count + 4))
}

tell_all
