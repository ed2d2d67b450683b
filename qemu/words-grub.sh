# SPDX-License-Identifier: Apache-2.0
# What the words of qemu/words-loader.sh do on a board that GRUB starts. qemu/story-one sources this after them.
#
# $firmware is what qemu/firmware made. signer=(...) is as lamina boot takes it.
# shellcheck shell=bash disable=SC2154,SC2034 # cases share variables and words

begin_grub()
{
	own_firmware
	kind=grubenv
	signer=(--key "$firmware/boot.key")
	disk_options+=(--boot-files "$firmware/files")
}

# grub_blob NAME [--initramfs FILE]
grub_blob()
{
	local from=$initramfs how=()

	[[ ${2:-} != --initramfs ]] || from=$3
	case ${signer[*]} in
	--unsigned) how=(--unsigned) ;;
	"--key $firmware/boot.key") ;;
	*) how=(--stranger) ;;
	esac
	"$top/qemu/grub-blob" "$firmware" "$kernel" "$from" "$work/$1" "${how[@]}" >"$work/boot.log" 2>&1 ||
		fail "$(tail -n 1 "$work/boot.log")"
}

# grub_state VARIABLE=VALUE...: in the archive's second file, as grub-editenv would write it.
grub_state()
{
	python3 - "$disk" "$(place boot-state)" "$@" <<-'PYTHON'
		import sys
		lines = ["# GRUB Environment Block"] + [v for v in sys.argv[3:] if v]
		with open(sys.argv[1], "r+b") as disk:
		    disk.seek(int(sys.argv[2]) * 512 + 4096)
		    disk.write(("\n".join(lines) + "\n").encode().ljust(1024, b"#"))
	PYTHON
}
