# SPDX-License-Identifier: Apache-2.0
# Words for the stories of qemu/fat, on Debian's kernel. qemu/story-one sources this after qemu/words.sh.
#
#   flash [NAME=FILE...]   the disk is flash with UBI: the store, on UBIFS, in the volume lamina-data, and
#                          4 MiB more for each NAME, which holds FILE ("": nothing)
#
# $flash is what the kernel is told of it: block2mtd makes flash of a disk.
# shellcheck shell=bash disable=SC2154,SC2034 # cases share variables and words

flash='block2mtd.block2mtd=/dev/vda,128KiB,ubi'

# Another /init, behind the first in the archive, takes its place.
add_modules()
{
	mkdir -p "$work/more/load"
	cp "$fat" "$work/more/init"
	cp "$init" "$work/more/load/init"
	(cd "$work/more" && find . | cpio -o -H newc -R 0:0 --quiet | gzip -1) >>"$initramfs"
	cat "${kernel%/*}/modules.gz" >>"$initramfs"
}

flash()
{
	local volume id=1

	# a block of 128 KiB less the two headers of 64 bytes
	mkfs.ubifs -r "$store" -m 8 -e 130944 -c 400 -x none -o "$work/ubifs" >"$work/flash.log" 2>&1 ||
		fail "mkfs.ubifs: $(tail -n 1 "$work/flash.log")"
	printf '%s\n' '[store]' mode=ubi "image=$work/ubifs" vol_id=0 vol_size=40MiB vol_type=dynamic \
		vol_name=lamina-data >"$work/ubi.ini"
	for volume; do
		printf '%s\n' "[${volume%%=*}]" mode=ubi "${volume#*=}" "vol_id=$id" vol_size=4MiB vol_type=dynamic \
			"vol_name=${volume%%=*}" | sed "s|^/|image=/|; /^$/d" >>"$work/ubi.ini"
		id=$((id + 1))
	done
	ubinize -o "$disk" -m 1 -p 128KiB "$work/ubi.ini" >"$work/flash.log" 2>&1 ||
		fail "ubinize: $(tail -n 1 "$work/flash.log")"
	truncate -s 64M "$disk"
}
