# SPDX-License-Identifier: Apache-2.0
# More words for boot stories: boards that start from their firmware (qemu/loaders/*), which checks
# kernel and initramfs in two slots of the disk. qemu/story-one sources this after qemu/words.sh.
#
#   blob NAME [OPTION...]       a boot blob of the kernel and the initramfs, signed by the key that
#                               the firmware knows, in $work/NAME; lamina boot takes OPTIONs. Slot a
#                               is boot-a and is made if need be; boot-b, if there is one, is slot b
#   brings ID NAME [OPTION...]  the same with an initramfs of the policy and keyring of now and the
#                               boot id ID, for which the manifest asks; its blob is in the store
#   without_new                 takes what only the image has that was signed last out of the store
#   has_slots                   the policy names the slots and the loader's state
#   panics NAME                 the same with an initramfs that no kernel can unpack
#   other_key                   prints a key's file that the firmware doesn't know; NAME.crt is beside it
#   put_slot a|b FILE           other bytes in a slot of the disk
#   loader DEFAULT [ONCE]       what the firmware starts, and what it starts next, once
#   loader_says DEFAULT [ONCE]  that is what it has now; falls unless it is
#   started SLOT...             the firmware tried these slots, in that order, and no others
#   rejects TEXT...             the firmware said so of a slot
#
# $firmware is what qemu/firmware made.
# shellcheck shell=bash disable=SC2154,SC2034 # cases share variables and words

begin_loader()
{
	firmware=${fixtures%/*}/firmware
	form=(--fit)
	kind=sector
	signer=(--key "$firmware/boot.key")
	disk_options=(--boot "$work/boot-a" --boot-size 16M)
	case $loader in
	efi) begin_efi ;;
	grub) begin_grub ;;
	esac
	disk_options+=(--boot-loader "$kind")
}

# UEFI's variables change, and are this story's own.
own_firmware()
{
	mkdir "$work/firmware"
	cp --sparse=always "$firmware"/* "$work/firmware"
	firmware=$work/firmware
}

begin_efi()
{
	own_firmware
	kind=efi
	form=(--uki --stub "$firmware/stub" --cmdline
		"console=$(board_conf "$board" CONSOLE) panic=-1 $(board_conf "$board" APPEND)")
	signer=(--key "$firmware/boot.key" --cert "$firmware/boot.crt")
}

# needs_loader KIND[,KIND] REASON
needs_loader()
{
	[[ ,$1, == *,$loader,* ]] || skip "$2"
}

# blob NAME [OPTION...]; with signer=(...) somebody else signs
blob()
{
	local name=$1

	[[ -e $initramfs ]] || make_initramfs
	[[ $loader != grub ]] || { grub_blob "$@" && return; }
	"$lamina" boot "${form[@]}" --output "$work/$name" --kernel "$kernel" --initramfs "$initramfs" \
		"${signer[@]}" "${@:2}" >"$work/boot.log" 2>&1 ||
		fail "lamina boot: $(tail -n 1 "$work/boot.log")"
}

brings()
{
	local hash

	make_initramfs --boot-id "$1"
	blob "$2" "${@:3}"
	rm "$initramfs"
	hash=$(sha256sum "$work/$2" | cut -c 1-64)
	cp "$work/$2" "$store/blobs/sha256/$hash"
	sed -i '/^boot /d; s/^min-init .*/min-init 4/' "$work/manifest"
	edit "/^upper /i boot $1 sha256:$hash size $(stat -c %s "$work/$2")"
	brought=$store/blobs/sha256/$hash
}

without_new()
{
	rm -r "$image_dir" "$(layer 1)" "$brought"
}

has_slots()
{
	local how="$kind PARTLABEL=boot-state"

	[[ $loader != efi ]] || how=efi
	printf '%s\n' "boot-slot PARTLABEL=boot-a" "boot-slot PARTLABEL=boot-b" \
		"boot-loader $how" >>"$work/policy"
}

panics()
{
	noise 5000 >"$work/no-initramfs"
	blob "$1" --initramfs "$work/no-initramfs"
}

other_key()
{
	[[ -e $work/other.key ]] || openssl req -batch -new -x509 -newkey rsa:2048 -nodes -days 9999 \
		-subj /CN=other/ -keyout "$work/other.key" -out "$work/other.crt" 2>/dev/null
	printf '%s\n' "$work/other.key"
}

# place NAME: where a partition of the disk starts, in sectors.
place()
{
	sfdisk -J "$disk" | jq --arg name "$1" '.partitiontable.partitions[] | select(.name == $name) | .start'
}

put_slot()
{
	dd if="$2" of="$disk" bs=512 seek="$(place "boot-$1")" conv=notrunc status=none
}

prepare_slots()
{
	[[ -e $work/boot-a ]] || blob boot-a
	make_disk "${disk_options[@]}"
	[[ ! -e $work/boot-b ]] || put_slot b "$work/boot-b"
	[[ $loader != efi ]] || "$top/qemu/efi-vars" entries "$firmware/vars" "$disk"
}

# As laminactl's backends write it: the state in both copies, the checksum before.
loader()
{
	[[ -e $disk ]] || prepare_slots
	if [[ $loader == efi ]]; then
		"$top/qemu/efi-vars" set "$firmware/vars" "$@"
		return
	fi
	loader_state "lamina_default=$1" "${2:+lamina_once=$2}"
}

# loader_state VARIABLE=VALUE...
loader_state()
{
	[[ -e $disk ]] || prepare_slots
	[[ $loader != grub ]] || { grub_state "$@" && return; }
	python3 - "$disk" "$(place boot-state)" "$@" <<-'PYTHON'
		import struct, sys, zlib
		text = b"".join(v.encode() + b"\0" for v in sys.argv[3:] if v).ljust(508, b"\0")
		with open(sys.argv[1], "r+b") as disk:
		    for copy in 0, 4096:
		        disk.seek(int(sys.argv[2]) * 512 + copy)
		        disk.write(struct.pack("<I", zlib.crc32(text)) + text)
	PYTHON
}

# tear_state COPY...: 1, 2 are no longer whole.
tear_state()
{
	local copy

	for copy; do
		flip_in_place "$disk" $(($(place boot-state) * 512 + (copy - 1) * 4096 + 20))
	done
}

loader_says()
{
	local said

	if [[ $loader == efi ]]; then
		said="$("$top/qemu/efi-vars" get "$firmware/vars") "
	else
		said=$(state_words)
	fi
	[[ $said == "$(printf '%s ' "$@")" ]] || fail "the loader's state is '$said'"
}

state_words()
{
	local at

	at=$(place boot-state)
	if [[ $loader == grub ]]; then at=$((at + 8)); fi
	# behind the sum; GRUB's first line is none of these
	dd if="$disk" bs=512 skip="$at" count=1 status=none | tail -c +5 | tr '\0' '\n' | sed -nE 's/^lamina_(default|once)=(.)/\2/p' | tr '\n' ' '
}

started()
{
	local said

	# GRUB's first line begins with colours
	said=$(sed -nE -e 's/^(\x1b\[[0-9;]*m)*Lamina: slot //p' \
		-e 's/.*BdsDxe: (starting|failed to load) Boot.... "Lamina ([ab])".*/\2/p' "$console" | tr '\n' ' ')
	[[ $said == "$* " ]] || fail "the firmware tried the slots '$said'"
}

rejects()
{
	case $loader in
	efi) console "Access Denied" ;;
	grub) console "bad signature" ;;
	*) console "$@" ;;
	esac
}
