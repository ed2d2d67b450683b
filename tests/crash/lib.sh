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

# Does a disk of that kind have boot slots? One for U-Boot, one for a Raspberry Pi, and flash.
has_slots()
{
	[[ $1 == slots || $1 == pi || $1 == ubi ]]
}

# The file system of a kind of disk.
type_of()
{
	case $1 in
	ubi) echo ubifs ;;
	slots | pi) echo ext4 ;;
	*) echo "$1" ;;
	esac
}

# Where the disk of that kind ends and the marks begin, in bytes.
marks_of()
{
	local kib=${1}_kib

	if [[ $1 == ubi ]]; then
		stat -c %s "$fixtures/ubi.base"
	elif has_slots "$1"; then
		echo $(($(stat -c %s "$fixtures/$1.base") - 65536))
	else
		echo $((${!kib} * 1024))
	fi
}

# Where on it the store is, and with boot slots the loader's state and both slots: OFFSET:SIZE,...
layout_of()
{
	if ! has_slots "$1" || [[ $1 == ubi ]]; then
		echo "0:$(marks_of "$1")"
		return
	fi
	sfdisk -J "$fixtures/$1.base" 2>/dev/null | jq -r '[.partitiontable.partitions |
		(.[] | select(.name == "lamina-data")), (.[] | select(.name | startswith("boot-"))) |
		"\(.start * 512):\(.size * 512)"] | join(",")'
}

# words_of KIND: what a guest is told of it; and of the $last operation, if that isn't the last one there is
words_of()
{
	echo "crash.type=$(type_of "$1") crash.marks=$(marks_of "$1") crash.layout=$(layout_of "$1")$(
		! has_slots "$1" || echo " crash.operations=operations-slots")${last:+ crash.last=$last}"
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
	if [[ $type == ubi ]]; then
		record_flash "$dir" "$3"
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
	local dir=$1 status=0 logger

	truncate -s "$(($(marks_of ubi) + 65536))" "$dir/marks"
	: >"$dir/console"
	"$top/tests/crash/mtd-log" "$dir/gdb" "$dir/console" "$fixtures/ubi.base" "$dir/marks" "$dir/disk.log" &
	logger=$!
	timeout=600 guest "$dir/console" "$fixtures/ubi.guest" \
		"block2mtd.block2mtd=/dev/vda,16KiB,ubi crash.role=record crash.access=$2 $(words_of ubi)" \
		--disk "$dir/disk,serial=flash" --disk "$dir/marks,serial=marks" \
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
