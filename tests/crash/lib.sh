# SPDX-License-Identifier: Apache-2.0
# What the scripts of the crash test share. To be sourced by bash after board/host/lib.sh, with
# $board, $fixtures (of tests/crash/fixtures), $kernel and $crash (this workstation's build of the
# tool) set.
# shellcheck shell=bash disable=SC2154
# shellcheck source=tests/crash/sizes
source "$top/tests/crash/sizes"

result()
{
	printf '%s\n' "$*" | tee -a "${results:-/dev/null}"
}

# NOR's geometry, where a byte can be written, and NAND's.
is_flash()
{
	[[ $1 == ubi || $1 == nand ]]
}

# Does a disk of that kind have boot slots? One for U-Boot, one for a Raspberry Pi, and flash.
has_slots()
{
	[[ $1 == slots || $1 == pi ]] || is_flash "$1"
}

# The file system of a kind of disk.
type_of()
{
	case $1 in
	ubi | nand) echo ubifs ;;
	slots | pi) echo ext4 ;;
	*) echo "$1" ;;
	esac
}

# Where the disk of that kind ends and the marks begin, in bytes.
marks_of()
{
	local kib=${1}_kib

	if is_flash "$1"; then
		stat -c %s "$fixtures/$1.base"
	elif has_slots "$1"; then
		echo $(($(stat -c %s "$fixtures/$1.base") - 65536))
	else
		echo $((${!kib} * 1024))
	fi
}

# Where on it the store is, and with boot slots the loader's state and both slots: OFFSET:SIZE,...
layout_of()
{
	if ! has_slots "$1" || is_flash "$1"; then
		echo "0:$(marks_of "$1")"
		return
	fi
	sfdisk -J "$fixtures/$1.base" 2>/dev/null | jq -r '[.partitiontable.partitions |
		(.[] | select(.name == "lamina-data")), (.[] | select(.name | startswith("boot-"))) |
		"\(.start * 512):\(.size * 512)"] | join(",")'
}

# 128 blocks of 128 KiB, with pages of 2 KiB in four parts. A chip of 64 MiB, of which that is left: of one with more
# than 128, nandsim forgets how many bytes an address has.
nandsim='nandsim.id_bytes=0x20,0xa2,0x00,0x15 nandsim.overridesize=7'

# words_of KIND: what a guest is told of it; and of the $last operation, if that isn't the last one there is
words_of()
{
	echo "crash.type=$(type_of "$1") crash.marks=$(marks_of "$1") crash.layout=$(layout_of "$1")$(
		! has_slots "$1" || echo " crash.operations=operations-slots")${last:+ crash.last=$last}$(
		[[ $1 != nand ]] || echo " $nandsim")"
}

# guest CONSOLE INITRAMFS 'WORDS' QEMU-RUN-ARGUMENT...
guest()
{
	local status=0

	"$top/qemu/run" --board "$board" --kernel "$kernel" --initrd "$2" \
		--append "quiet $3" --timeout "${timeout:-3600}" "${@:4}" >"$1" 2>&1 || status=$?
	sed -i 's/\r//g' "$1"
	return "$status"
}

# logged DISK LOG: a disk whose every write goes to LOG too, as qemu/run's arguments
logged()
{
	: >"$2"
	printf '%s\n' --drive-raw "driver=blklogwrites,file.driver=file,file.filename=$1,$(
		)log.driver=file,log.filename=$2,log-sector-size=512,$(
		)log-super-update-interval=1,serial=store"
}

# record TYPE DIR ro|rw: DIR/disk.log of the operations, begun on an empty store that is mounted so
record()
{
	local type=$1 dir=$2 disk

	mkdir -p "$dir"
	cp --sparse=always "$fixtures/$type.base" "$dir/disk"
	if is_flash "$type"; then
		record_flash "$type" "$dir" "$3"
		return
	fi
	mapfile -t disk < <(logged "$dir/disk" "$dir/disk.log")
	timeout=300 guest "$dir/console" "$fixtures/$type.guest" \
		"crash.role=record crash.access=$3 $(words_of "$type")" \
		"${disk[@]}" || return 1
	grep -q '^crash: recorded' "$dir/console"
}

# The same of flash, whose kernel is Debian's. tests/crash/mtd-log writes the log.
record_flash()
{
	local type=$1 dir=$2 status=0 logger words="crash.role=record crash.access=$3 " disk=$2/disk,serial=flash

	case $type in
	ubi) words+=block2mtd.block2mtd=/dev/vda,16KiB,ubi ;;
	nand) disk=$fixtures/nand.base,serial=base,readonly=on ;;
	esac
	truncate -s "$(($(marks_of "$type") + 65536))" "$dir/marks"
	: >"$dir/console"
	"$top/tests/crash/mtd-log" "$dir/gdb" "$dir/console" "$fixtures/$type.base" "$dir/marks" "$dir/disk.log" &
	logger=$!
	timeout=600 guest "$dir/console" "$fixtures/$type.guest" "$words $(words_of "$type")" \
		--disk "$disk" --disk "$dir/marks,serial=marks" \
		-- -gdb "unix:$dir/gdb,server=on,wait=off" || status=$?
	wait "$logger" || status=$?
	[[ $status -eq 0 ]] && grep -q '^crash: recorded' "$dir/console"
}

# judge TYPE DIR EFFORT SHARD SHARDS: DIR/judged.SHARD
judge()
{
	local type=$1 dir=$2 words

	words="crash.role=judge crash.effort=$3 $(words_of "$type")"
	# a disk ends with a whole sector
	truncate -s %512 "$dir/disk.log"
	guest "$dir/judged.$4" "$fixtures/$type.guest" \
		"$words crash.shard=$4 crash.shards=$5" \
		--disk "$dir/disk.log,serial=log,readonly=on" \
		--disk "$fixtures/$type.base,serial=base,readonly=on" || return 1
	grep -q '^crash: judged' "$dir/judged.$4"
}

# sum DIR WORD: of the WORD=N of all shards' results
sum()
{
	sed -n "s/^result .*\b$2=\([0-9]*\).*/\1/p" "$1"/judged.* | awk '{ n += $1 } END { print n + 0 }'
}
