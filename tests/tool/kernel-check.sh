#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kernel-check: what the boards' fragments turn on is enough, and whatever of it goes is noticed.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

boards=$here/../../board
all=(--compression zstd --compression gzip --compression xz --compression lz4 --compression lzo
	--store-type ext4 --store-type f2fs --store-type vfat --store-type squashfs --partitions gpt
	--partitions mbr --disk virtio --supervise --net --network none --isolate --watchdog --updates)

# What a board's kernel is configured with.
board() { cat "$boards/linux.fragment" "$boards/$1/linux.fragment"; }

without() { grep -v "^CONFIG_$1=" "$2"; }

test_every_board() {
	local count=0 fragment
	for fragment in "$boards"/*/linux.fragment; do
		board "$(basename "$(dirname "$fragment")")" >config
		lamina kernel-check config "${all[@]}" >out || say "$fragment: $(cat out)"
		grep -q "^all [0-9]* options are built in$" out
		count=$((count + 1))
	done
	[ "$count" -ge 3 ] || say "only $count boards"
}

# The table against a board, line by line: each is looked for, as a module, off, and not there.
test_every_symbol() {
	local count=0 symbol
	board qemu-x86_64 >config
	lamina kernel-check --fragment "${all[@]}" >fragment
	lamina kernel-check fragment "${all[@]}"
	while read -r symbol; do
		without "$symbol" config >less
		refuses "less: 1 of" lamina kernel-check less "${all[@]}"
		grep -q "^CONFIG_$symbol is not set: .* " "$top/out"
		{ without "$symbol" config; echo "CONFIG_$symbol=m"; } >less
		refuses "less: 1 of" lamina kernel-check less "${all[@]}"
		grep -q "^CONFIG_$symbol is a module, .*: .* " "$top/out"
		{ cat config; echo "# CONFIG_$symbol is not set"; } >less
		refuses "less: 1 of" lamina kernel-check less "${all[@]}"
		count=$((count + 1))
	done < <(sed -n 's/^CONFIG_\(.*\)=y$/\1/p' fragment)
	[ "$count" -ge 40 ] || say "only $count symbols"
}

test_only_what_is_in_use() {
	board qemu-arm | grep -v -e EXT4 -e SQUASHFS_ZSTD -e EFI_PARTITION -e BLK_DEV_NVME >config
	refuses "3 of" lamina kernel-check config
	grep -q "^CONFIG_EXT4_FS .*(store-type=ext4)$" "$top/out"
	lamina kernel-check config --store-type f2fs --compression xz --partitions mbr
	refuses "1 of" lamina kernel-check config --store-type f2fs --compression none
	refuses "1 of" lamina kernel-check config --disk nvme --store-type f2fs --compression xz \
		--partitions none
	without DM_VERITY config >hashed
	lamina kernel-check hashed --layers hash --store-type vfat --compression xz --partitions none
}

# No board has flash of its own: the table is asked about it, line by line.
test_flash() {
	local flash=(--store-type ubifs --disk nand --disk spi-nand --disk spi-nor) symbol
	lamina kernel-check --fragment "${flash[@]}" >fragment
	! grep -q -e EXT4_FS -e EFI_PARTITION fragment || say "a disk's: $(cat fragment)"
	lamina kernel-check fragment "${flash[@]}"
	for symbol in MTD MTD_UBI UBIFS_FS UBIFS_FS_XATTR MTD_RAW_NAND MTD_SPI_NAND MTD_SPI_NOR SPI; do
		without "$symbol" fragment >less
		refuses "less: 1 of" lamina kernel-check less "${flash[@]}"
	done
	lamina kernel-check less --store-type ubifs
	refuses "1 of" lamina kernel-check less --store-type ubifs --partitions gpt
	grep -q "^CONFIG_EFI_PARTITION .*(partitions=gpt)$" "$top/out"
}

# All that can be asked for, at once.
test_everything() {
	lamina kernel-check --fragment "${all[@]}" --compression none --partitions none --layers verity --layers hash \
		--store-type ubifs --disk mmc --disk nvme --disk sata --disk usb --disk nand --disk spi-nand \
		--disk spi-nor --confine --encrypted --limit memory --limit pids --limit cpu --network host --time32 >most
	lamina kernel-check --fragment "${all[@]}" >some
	[ "$(wc -l <most)" -gt "$(wc -l <some)" ] || say "no more than of some"
}

# What an image says of itself: its compression, and what it is given.
test_an_image() {
	mkdir -p root
	echo x >root/file
	lamina pack -o store -n t -c t --arch amd64 --run supervise --arg /x --force --net '* dhcp' \
		--compression xz dir:root
	board qemu-x86_64 | grep -v -e SQUASHFS_ZSTD -e EXT4 >config
	lamina kernel-check config --image store --store-type f2fs
	without SQUASHFS_XZ config | without PID_NS - | without PACKET - >less
	refuses "3 of" lamina kernel-check less --image store --store-type f2fs
	grep -q "^CONFIG_PACKET is not set: .*(net)$" "$top/out"
	lamina pack -o exec -n t -c t --arch amd64 --run exec --arg /x --force --compression gzip dir:root
	lamina kernel-check less --image exec --store-type f2fs
	lamina pack -o none -n t -c t --arch amd64 --run supervise --arg /x --force --net none \
		--compression gzip dir:root
	refuses "1 of" lamina kernel-check less --image none --store-type f2fs
	refuses "nothing: No such" lamina kernel-check config --image nothing
	rm -r store exec none root
}

# Each member's own, and the set's network.
test_a_set() {
	mkdir -p root
	echo x >root/file
	lamina pack -o a -n a -c t --arch amd64 --run supervise --arg /x --memory 1m --net '* dhcp' dir:root
	lamina pack -o b -n b -c t --arch amd64 --run supervise --arg /x --network none \
		--volume /v=persist,ro,size=16m dir:root
	lamina set -o set -n s a=a b=b
	board qemu-x86_64 >config
	lamina kernel-check config --image set
	without MEMCG config | without NET_NS - | without PACKET - >less
	refuses "3 of" lamina kernel-check less --image set
	refuses "1 of" lamina kernel-check less --image b
	without EXT4_FS config >less
	refuses "1 of" lamina kernel-check less --image set --store-type f2fs
	grep -q "^CONFIG_EXT4_FS .*(volume-size)$" "$top/out"
	lamina kernel-check less --image a --store-type f2fs
	rm set/blobs/sha256/"$(sed -n 's/^member a sha256:\([0-9a-f]*\) .*/\1/p' set/images/*/manifest)"
	refuses "member a" lamina kernel-check config --image set
	rm -r a b set root
}

test_time_of_32_bits() {
	board qemu-arm >config
	lamina kernel-check config --time32
	without COMPAT_32BIT_TIME config >less
	lamina kernel-check less
	refuses "1 of" lamina kernel-check less --time32
}

test_the_last_line_counts() {
	board qemu-x86_64 >config
	{ cat config; echo '# CONFIG_OVERLAY_FS is not set'; echo CONFIG_OVERLAY_FS=y; } >again
	lamina kernel-check again
	{ cat config; echo CONFIG_OVERLAY_FS=n; } >off
	refuses "1 of" lamina kernel-check off
	# other symbols that only begin or end like it
	{ without OVERLAY_FS config; echo CONFIG_OVERLAY_FS_INDEX=y; echo CONFIG_X_OVERLAY_FS=y
		echo '# CONFIG_OVERLAY_FS=y'; } >near
	refuses "1 of" lamina kernel-check near
}

test_compressed_and_standard_input() {
	board qemu-x86_64 >config
	gzip -k config
	xz -k config
	lamina kernel-check config.gz
	lamina kernel-check config.xz
	lamina kernel-check - <config
	lamina kernel-check - <config.gz
	head -c 500 config.gz >short.gz
	refuses "short.gz: " lamina kernel-check short.gz
}

test_json() {
	need jq
	board qemu-x86_64 >config
	lamina kernel-check config --json >out
	jq -e '.complete and .missing == [] and .kernel == null and .checked > 30' out
	{ without EXT4_FS config | without DM_VERITY -; echo CONFIG_EXT4_FS=m; } >less
	refuses "2 of" lamina kernel-check less --json
	jq -e '.complete | not' "$top/out"
	jq -e '[.missing[] | .symbol, .state] ==
		["CONFIG_DM_VERITY", "off", "CONFIG_EXT4_FS", "module"]' "$top/out"
	jq -e '.missing[1].feature == "store-type=ext4" and (.missing | all(.why | length > 5))' \
		"$top/out"
}

test_old_kernels() {
	board qemu-x86_64 >config
	{ printf '#\n# Linux/arm 5.9.16 Kernel Configuration\n#\n'; cat config; } >old
	refuses "Linux 5.9 is too old" lamina kernel-check old
	for version in 5.10.0 5.15.1 6.12.48 10.0.0; do
		{ echo "# Linux/arm64 $version Kernel Configuration"; cat config; } >new
		lamina kernel-check new
	done
}

test_what_is_no_configuration() {
	echo hello >hello
	: >empty
	head -c 100000 /dev/zero >zeros
	refuses "hello: no kernel configuration" lamina kernel-check hello
	refuses "empty: no kernel configuration" lamina kernel-check empty
	refuses "zeros: no text" lamina kernel-check zeros
	head -c 5000000 /dev/zero | tr '\0' '\n' >long
	refuses "too long" lamina kernel-check long
	refuses "none: No such file" lamina kernel-check none
	refuses ".: is a directory; say the file in it" lamina kernel-check .
}

test_usage() {
	misused "CONFIG is missing" lamina kernel-check
	misused "ntfs: not known here" lamina kernel-check /dev/null --store-type ntfs
	misused "ext: not known here" lamina kernel-check /dev/null --store-type ext
	misused "" lamina kernel-check --fragment /dev/null
}

tell_all
