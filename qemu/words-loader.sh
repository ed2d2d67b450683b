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
#   offers                      $new, which brings its kernel, is in a bundle on a disk and not in the store,
#                               whose current image is $old; with $offered before its own lines, inside= has $ctl,
#                               laminactl, and $bundle, that disk
#   panics NAME                 a blob with an initramfs that no kernel can unpack
#   hanging NAME                makes $work/NAME, an initramfs that hangs, and feeds no watchdog
#   other_key                   prints a key's file that the firmware doesn't know; NAME.crt is beside it
#   put_slot a|b FILE           other bytes in a slot of the disk
#   line_of a|b                 prints what the firmware says as it starts that slot
#   loader DEFAULT [ONCE]       what the firmware starts, and what it starts next, once
#   loader_says DEFAULT [ONCE]  that is what it has now; falls unless it is
#   started SLOT...             the firmware tried these slots, in that order, and no others
#   rejects TEXT [GRUB'S]       the firmware said so of a slot; UEFI has one reason for all
#
# $firmware is what qemu/firmware made; planted=WORDS, what UEFI is to give a slot's program.
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
	if [[ $loader == grub ]]; then
		grub_blob "$@"
		return
	fi
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

# shellcheck disable=SC2016 # the device expands them
offered='
ctl=/run/lamina/bin/laminactl
for disk in /sys/block/vd*; do
	[ "$(cat $disk/serial 2>/dev/null)" = bundle ] && bundle=/dev/${disk##*/}
done
'

offers()
{
	"$lamina" bundle --output "$work/bundle" --image "$new" "$store" >"$work/bundle.log" 2>&1 ||
		fail "lamina bundle: $(tail -n 1 "$work/bundle.log")"
	without_new
	record "current=$old"
	disks+=(--disk "$work/bundle,serial=bundle")
}

panics()
{
	noise 5000 >"$work/no-initramfs"
	blob "$1" --initramfs "$work/no-initramfs"
}

# The watchdog runs from here on, as one does that a loader has started.
hanging()
{
	mkdir "$work/hanging"
	"$("$top/board/host/musl-cross" "$goarch")" -static -Os -o "$work/hanging/init" -x c - <<-'C' ||
		#include <fcntl.h>
		#include <linux/watchdog.h>
		#include <sys/ioctl.h>
		#include <sys/mount.h>
		#include <unistd.h>

		int main(void)
		{
			int fd, seconds = 10;

			if (mount("dev", "/dev", "devtmpfs", 0, 0) == 0 && (fd = open("/dev/watchdog", O_WRONLY)) >= 0)
				ioctl(fd, WDIOC_SETTIMEOUT, &seconds);
			write(1, "story: hangs\n", 13);
			for (;;)
				pause();
		}
	C
		fail "no program that hangs"
	(cd "$work/hanging" && echo init | cpio -o -H newc -R 0:0 --quiet | gzip -n) >"$work/$1"
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
	[[ $loader != efi ]] || "$top/qemu/efi-vars" entries "$firmware/vars" "$disk" "${planted:-}"
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

line_of()
{
	if [[ $loader == efi ]]; then
		echo "\"Lamina $1\""
	else
		echo "Lamina: slot $1"
	fi
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
	grub) console "${2:-bad signature}" ;;
	*) console "$1" ;;
	esac
}
