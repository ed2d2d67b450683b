# SPDX-License-Identifier: Apache-2.0
# More words for boot stories: a device whose images' data is encrypted. qemu/story-one sources this
# after the others.
#
#   encrypts [PLACE]            the policy has it so, at PLACE (the disk $work/vault, of 48 MiB)
#   helper LINE...              the program that tells the secret, a script of these lines;
#                               without any, it tells always the same one
#   tpm_tells                   the program is lamina-secret-tpm2
#   boot_with_tpm NAME          boots with a TPM, whose state is kept by that name
#   no_plaintext WORD           neither disk has it anywhere
#   on_vault                    what the first bytes of $work/vault hold, as text
#
# shellcheck shell=bash disable=SC2154,SC2034 # cases share variables and words

encrypts()
{
	grep -q '^CONFIG_LAMINA_SECRET=y' "${init%/*}/.config" ||
		skip "this init was built without encrypted volumes"
	put_policy "encrypted ${1:-serial=vault}"
	put_policy "secret helper /bin/secret"
	[[ -n ${1:-} ]] || {
		truncate -s 48M "$work/vault"
		disks+=(--disk "$work/vault,serial=vault")
	}
}

helper()
{
	[[ $# -gt 0 ]] || set -- 'echo 0123456789abcdef0123456789abcdef'
	mkdir -p "$work/bin"
	install -m 755 "$("$top/rootfs/busybox" "$(board_conf "$board" DEB_ARCH)")" "$work/bin/busybox"
	printf '%s\n' '#!/bin/busybox sh' "$@" >"$work/bin/secret"
	chmod 755 "$work/bin/secret"
	rm -f "$initramfs"
	add_to_initramfs bin
}

tpm_tells()
{
	[[ -x ${init%/*}/lamina-secret-tpm2 ]] || skip "this build has no lamina-secret-tpm2"
	mkdir -p "$work/bin"
	cp "${init%/*}/lamina-secret-tpm2" "$work/bin/secret"
	rm -f "$initramfs"
	add_to_initramfs bin
}

# It ends with the machine, or with this story.
boot_with_tpm()
{
	local socket=$work/$1.socket tpm

	mkdir -p "$work/$1"
	setpriv --pdeathsig TERM swtpm socket --tpm2 --tpmstate "dir=$work/$1" --terminate \
		--ctrl "type=unixio,path=$socket" >"$work/swtpm.log" 2>&1 &
	tpm=$!
	until [[ -S $socket ]]; do
		kill -0 "$tpm" 2>/dev/null || fail "swtpm: $(tail -n 1 "$work/swtpm.log")"
		sleep 0.1
	done
	boot --mem 512 -- -chardev "socket,id=tpm,path=$socket" -tpmdev emulator,id=tpm0,chardev=tpm \
		-device tpm-crb,tpmdev=tpm0
	wait "$tpm" || fail "swtpm: $(tail -n 1 "$work/swtpm.log")"
}

no_plaintext()
{
	local file

	for file in "$disk" "$work/vault"; do
		[[ ! -e $file ]] || ! LC_ALL=C grep -qaF -- "$1" "$file" || fail "$file has '$1' in it"
	done
}

on_vault()
{
	head -c 14 "$work/vault" 
}
