#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# disk: a partition table, a file system, and the store on it, without root.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"
PATH=$PATH:/usr/sbin:/sbin

inside() { debugfs -R "$1" 'disk?offset=1048576' 2>/dev/null; }

dump() { inside "dump $1 dumped" >/dev/null; }

test_partition_table() {
	need sfdisk mke2fs debugfs
	lamina disk "$store" -o disk
	sfdisk --verify disk >/dev/null
	sfdisk -d disk >table
	grep -q 'label: gpt' table
	grep -q 'start= *2048.*name="lamina-data"' table
	equal "$(grep -c 'start=' table)" 1
}

test_file_system() {
	need mke2fs debugfs e2fsck
	lamina disk "$store" -o disk
	e2fsck -fn 'disk?offset=1048576' >/dev/null 2>&1
	inside stats >facts
	grep -q 'volume name: *lamina-data' facts
	grep -q 'Free blocks' facts
}

test_every_file_is_there_as_it_is() {
	need debugfs
	lamina disk "$store" -o disk
	(cd "$store" && find . -type f -printf '%P\n') >names
	equal "$(wc -l <names)" 4
	while read -r name; do
		dump "$name"
		same "$store/$name" dumped
	done <names
}

test_owners_modes_and_times() {
	need debugfs
	chmod 700 "$store/blobs"
	chmod 400 "$store/images/$id/manifest"
	lamina disk "$store" -o disk
	for name in / blobs images/"$id" images/"$id"/manifest blobs/sha256/"$blob"; do
		inside "stat $name" >st
		grep -q 'User: *0 *Group: *0 ' st
		grep -q 'mtime: 0x00000001' st
	done
	inside "stat blobs" | has 'Mode: *0755'
	inside "stat images/$id/manifest" | has 'Mode: *0644'
}

test_the_kernel_mounts_it() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	lamina disk "$store" -o disk
	mkdir m
	mount -o loop,ro,offset=1048576 disk m 2>/dev/null || skip "can't mount here"
	diff -r --exclude lost+found --exclude state --exclude inject --exclude upper --exclude volumes --exclude incoming m "$store" &&
		status=0 || status=1
	umount m
	equal "$status" 0
}

test_the_same_bytes_every_time() {
	lamina disk "$store" -o disk
	mkdir other && for dir in images blobs; do cp -r "$store/$dir" other/; done
	find other -exec touch -d 2001-01-01 {} +
	(umask 077 && TZ=Asia/Tokyo lamina disk other -o disk2)
	same disk disk2
}

test_the_same_bytes_as_nobody() {
	lamina disk "$store" -o disk
	chmod -R go+rX "$store"
	as_nobody "$top/lamina-for-all" disk "$store" -o disk2
	same disk disk2
}

test_source_date_epoch() {
	need debugfs
	SOURCE_DATE_EPOCH=1000000000 lamina disk "$store" -o disk
	inside "stat images" | has 'mtime: 0x3b9aca00'
}

test_uuids() {
	lamina disk "$store" -o disk
	lamina disk "$store" --uuid-seed device-1 -o disk1
	lamina disk "$store" --uuid-seed device-1 -o disk1b
	lamina disk "$store" --uuid-seed device-2 -o disk2
	same disk1 disk1b
	differ disk disk1
	differ disk1 disk2
}

test_only_the_file_system() {
	need e2fsck
	lamina disk "$store" --fs-only -o fs
	e2fsck -fn fs >/dev/null 2>&1
}

# part NAME: the partition's bytes.
part() {
	sfdisk -J disk | python3 -c 'import json, sys
for p in json.load(sys.stdin)["partitiontable"]["partitions"]:
    if p["name"] == sys.argv[1]: print(p["start"], p["size"])' "$1" >place
	read -r start sectors <place
	dd if=disk bs=512 skip="$start" count="$sectors" status=none
}

test_boot_slots() {
	need sfdisk python3 e2fsck
	head -c 5000000 /dev/urandom >blob
	lamina disk "$store" -o disk --boot-loader sector --boot blob
	sfdisk --verify disk >/dev/null
	sfdisk -d disk | sed -n 's/.*name="\(.*\)".*/\1/p' >names
	equal "$(tr '\n' ' ' <names)" "boot-state boot-a boot-b lamina-data "
	part boot-a >slot
	head -c 5000000 slot | cmp - blob >&2
	equal "$(wc -c <slot)" $((16 << 20))
	equal "$(part boot-b | tr -d '\0' | wc -c)" 0
	part boot-state >state
	python3 - <<-'CHECK'
		import binascii, struct
		state = open("state", "rb").read()
		for at in 0, 4096:
		    crc, = struct.unpack_from("<I", state, at)
		    assert crc == binascii.crc32(state[at + 4 : at + 512]), at
		    assert state[at + 4 : at + 512].rstrip(b"\0") == b"lamina_default=a", at
		assert not any(state[512:4096]) and not any(state[4608:])
	CHECK
	part lamina-data >fs
	e2fsck -fn fs >/dev/null 2>&1
	mv disk first
	lamina disk "$store" -o disk --boot-loader sector --boot blob
	same disk first
	lamina disk -f "$store" -o disk --boot-loader grubenv --boot blob
	part boot-state >state
	tar -tvf state >listing
	equal "$(tr -s ' ' <listing)" "$(printf -- '-rw-r--r-- 0/0 %s\n' '3072 1970-01-01 00:00 before' '1024 1970-01-01 00:00 grubenv')"
	tar -xOf state grubenv >block
	head -c 5120 state | tail -c 1024 | cmp - block >&2
	equal "$(cat block)" "$(printf '# GRUB Environment Block\nlamina_default=a\n%0982d' 0 | tr 0 '#')"
	part boot-a >slot
	head -c 5000000 slot | cmp - blob >&2
	lamina disk -f "$store" -o disk --boot-loader efi --boot blob --boot-size 6M --sector-size 4096
	lamina disk -f "$store" -o disk --boot-loader efi --boot blob --boot-size 6M
	sfdisk -d disk >table
	equal "$(grep -c 'type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B.*name="boot-[ab]"' table)" 2
	! grep boot-state table || say "UEFI has variables for that"
	equal "$(part boot-b | wc -c)" $((6 << 20))
}

test_boot_slots_that_are_refused() {
	head -c 5000000 /dev/zero >blob
	: >empty
	refuses "boot blob of 4.7 MiB" lamina disk "$store" -o no --boot-loader efi --boot blob --boot-size 4M
	refuses "has no boot blob: say --boot FILE" lamina disk "$store" -o no --boot-loader efi
	refuses "missing: No such file" lamina disk "$store" -o no --boot-loader efi --boot missing
	refuses "empty: not a file" lamina disk "$store" -o no --boot-loader efi --boot empty
	misused "not sector, grubenv or efi" lamina disk "$store" -o no --boot-loader grub --boot blob
	misused "--boot goes with --boot-loader" lamina disk "$store" -o no --boot blob
	misused "no place for a boot slot" lamina disk "$store" -o no --boot-loader efi --boot blob --fs-only
	refuses "too small for a file system" lamina disk "$store" -o no --boot-loader efi --boot blob --size 30M
	leaves blob empty
}

# begins FILE NAME: the partition begins with these bytes.
begins() {
	part "$2" >slot
	head -c "$(stat -c %s "$1")" slot | cmp - "$1" >&2
}

test_a_boot_loader_and_its_files() {
	need sfdisk python3 e2fsck
	head -c 536893 /dev/urandom >spl
	head -c 3000000 /dev/urandom >files
	head -c 4096 /dev/urandom >blob
	lamina disk "$store" -o disk --firmware 8K:spl --boot-files files --boot-loader sector --boot blob
	sfdisk --verify disk >/dev/null
	cmp -n 536893 -i 8192:0 disk spl >&2
	sfdisk -d disk >table
	grep -qx 'table-length: 56' table
	sed -n 's/.*name="\(.*\)".*/\1/p' table >names
	equal "$(tr '\n' ' ' <names)" "boot-files boot-state boot-a boot-b lamina-data "
	grep -q 'start= *2048, size= *6144, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B.*"boot-files"' table
	begins files boot-files
	begins blob boot-a
	part lamina-data >fs
	e2fsck -fn fs >/dev/null 2>&1
	mv disk first
	lamina disk "$store" -o disk --firmware 8K:spl --boot-files files --boot-loader sector --boot blob
	same disk first
	dd if=/dev/zero of=disk bs=512 seek=1 count=1 conv=notrunc status=none
	sfdisk -d disk >second 2>/dev/null
	same table second
}

test_places_of_firmware() {
	need sfdisk
	head -c 100000 /dev/urandom >one
	head -c 3000000 /dev/urandom >two
	lamina disk "$store" -o disk --firmware 17408:one --firmware 8M:two
	sfdisk --verify disk >/dev/null
	sfdisk -d disk >table
	! grep table-length table || say "there is room for all of the table"
	grep -q 'start= *22528.*name="lamina-data"' table
	cmp -n 100000 -i 17408:0 disk one >&2
	cmp -n 3000000 -i 8388608:0 disk two >&2
	lamina disk -f "$store" -o disk --boot-files one
	sfdisk -d disk >table
	equal "$(grep -c name= table)" 2
	lamina disk -f "$store" -o disk --sector-size 4096 --firmware 10K:one
	refuses "firmware at byte 8192 would be in the partition table" \
		lamina disk "$store" -f -o no --sector-size 4096 --firmware 8K:one
	refuses "firmware at byte 0 would be in the partition table" lamina disk "$store" -o no --firmware 0:one
	refuses "firmware at byte 3071 would" lamina disk "$store" -o no --firmware 3071:one
	lamina disk -f "$store" -o disk --firmware 3K:one
	refuses "overlap" lamina disk "$store" -o no --firmware 8K:one --firmware 64K:two
	refuses "overlap" lamina disk "$store" -o no --firmware 8M:one --firmware 8388609:one
	refuses "missing: No such file" lamina disk "$store" -o no --firmware 8K:missing
	refuses ".: not a file" lamina disk "$store" -o no --boot-files .
	for bad in one :one x:one 1G:one 2000M:one -1:one; do
		misused "is not AT:FILE" lamina disk "$store" -o no --firmware "$bad"
	done
	misused "more than 4 times" lamina disk "$store" -o no --firmware 1M:one --firmware 2M:one \
		--firmware 3M:one --firmware 4M:one --firmware 5M:one
	misused "no place for --firmware" lamina disk "$store" -o no --fs-only --firmware 8K:one
	misused "no place for --boot-files" lamina disk "$store" -o no --fs-only --boot-files one
	leaves disk one two table
}

test_label() {
	need sfdisk
	lamina disk "$store" --label other -o disk
	sfdisk -d disk | has 'name="other"'
	for label in '' 'a b' '"' 12345678901234567 "$(printf 'a\nb')"; do
		misused "--label" lamina disk "$store" --label "$label" -o no
	done
	leaves disk
}

test_sizes() {
	lamina disk "$store" -o disk --size 64M
	equal "$(stat -c %s disk)" $((64 << 20))
	lamina disk -f "$store" -o disk --size 1G
	equal "$(stat -c %s disk)" $((1 << 30))
	for size in 0 x 12X -5 1.5G 99999999999T ''; do
		misused "is not a size" lamina disk "$store" -o no --size "$size"
	done
	refuses "too small" lamina disk "$store" -o no --size 1M
	refuses "4.0 KiB is too small" lamina disk "$store" -o no --size 4096
	refuses "1 B is too small" lamina disk "$store" -o no --size 1
	leaves disk
}

# What volumes reserve, there is room for.
test_room_for_volumes() {
	mkdir -p sized
	lamina pack -o a -n a -c t --arg /x --volume /v=persist dir:sized
	lamina pack -o b -n b -c t --arg /x --volume /v=persist,size=512m --volume /w=persist,noexec,size=16m dir:sized
	for one in a b; do
		lamina sign "$one" --key "$a.key"
		lamina disk "$one" -o "disk-$one"
	done
	[ $(($(stat -c %s disk-b) - $(stat -c %s disk-a))) -ge $((528 << 20)) ] || say "only $(stat -c %s disk-b) bytes"
	leaves sized a b disk-a disk-b
}

test_what_is_empty_takes_no_room() {
	lamina disk "$store" -o disk --size 200M
	[ "$(du -k disk | cut -f 1)" -lt 1024 ] || say "200M take $(du -k disk)"
	[ "$(df --output=avail -k . | tail -n 1)" -gt 1048576 ] || skip "not enough room for a try"
	lamina disk -f "$store" -o disk --size 3T || skip "no file of 3T here"
	equal "$(stat -c %s disk)" $((3 << 40))
	[ "$(du -k disk | cut -f 1)" -lt 524288 ] || say "3T take $(du -k disk)"
}

test_sectors_of_4096_bytes() {
	need fdisk e2fsck
	lamina disk "$store" -o disk --sector-size 4096 --size 50000001
	equal "$(stat -c %s disk)" $((50000001 / 4096 * 4096))
	fdisk -b 4096 -o Start,End,Name -l disk >table
	grep -q 'Disklabel type: gpt' table
	grep -q '^ *256 *[0-9]* lamina-data$' table || say "$(cat table)"
	e2fsck -fn 'disk?offset=1048576' >/dev/null 2>&1
	for size in 511 1024 8192 x; do
		misused "--sector-size" lamina disk "$store" -o no --sector-size "$size"
	done
}

test_an_image_that_does_not_fit() {
	head -c 20000000 /dev/urandom >big
	mkdir tree && mv big tree/
	lamina pack -o s --name big --compatible acme,x --arg /big dir:tree >/dev/null
	lamina sign s --key "$a.key" >/dev/null
	refuses "too small" lamina disk s -o no --size 16M
	[ ! -e no ]
	lamina disk s -o disk
	[ "$(stat -c %s disk)" -gt 40000000 ] || say "no room for the next version"
}

# What a device can't make in a store that is full.
test_directories() {
	need debugfs
	lamina disk "$store" -o disk
	for name in blobs/sha256 images incoming inject upper volumes; do
		inside "stat $name" | has 'Type: directory' || say "$name is missing"
	done
}

test_an_unsigned_image() {
	refuses "is not signed: no device will start it (--force)" lamina disk "$fixtures/unsigned" -o disk
	leaves
	lamina disk --force "$fixtures/unsigned" -o disk 2>err
	grep -q "is not signed" err
}

test_a_disk_that_is_there() {
	echo data >disk
	refuses "disk: is there already (--force overwrites it)" lamina disk "$store" -o disk
	refuses "disk: is there already" lamina disk --as-is "$store" -o disk
	equal "$(cat disk)" data
	lamina disk --force "$store" -o disk
	[ "$(stat -c %s disk)" -gt 1000000 ]
}

test_damaged_stores() {
	echo old >disk
	flip "$store/blobs/sha256/$blob" 9
	refuses "not what its name says" lamina disk -f "$store" -o disk
	truncate -s -1 "$store/blobs/sha256/$blob"
	refuses "layer 1" lamina disk -f "$store" -o disk
	rm "$store/blobs/sha256/$blob" && mkfifo "$store/blobs/sha256/$blob"
	refuses "layer 1" lamina disk -f "$store" -o disk
	equal "$(cat disk)" old
	leaves disk
	rm -r "$store/images/$id"
	refuses "no image" lamina disk -f "$store" -o disk
	refuses "nothing" lamina disk -f nothing -o disk
}

test_as_it_is() {
	need debugfs
	rm "$store/blobs/sha256/$blob" && mkfifo "$store/blobs/sha256/$blob"
	ln -s ../elsewhere "$store/blobs/link"
	echo rest >"$store/left over"
	mkdir "$store/images/not-an-image"
	lamina disk --as-is "$store" -o disk
	inside "stat blobs/sha256/$blob" | has 'Type: FIFO'
	inside "stat blobs/link" | has 'Fast link dest: "../elsewhere"'
	inside 'cat "left over"' | has -x rest
	inside "stat images/not-an-image" | has 'Type: directory'
}

test_one_of_several_images() {
	need debugfs
	other=$(lamina pack -o "$store" --name other --compatible acme,x "oci:$fixtures/oci")
	lamina disk -f "$store" -o disk
	inside "ls images" | has "$other"
	lamina disk -f "$store" --image "${id:0:9}" -o disk
	inside "ls images" | has "$id"
	! inside "ls images" | has "$other" || say "the other image is there too"
}

test_one_of_very_many_images() {
	local n
	for n in {100..140}; do mkdir "$store/images/$(printf '0%.0s' {1..61})$n"; done
	lamina inspect "$store" --image "$id" >/dev/null
	lamina bundle "$store" --image "${id:0:8}" -o bundle
	lamina disk "$store" --image "${id:0:8}" -o disk
	refuses "...: say which one with --image" lamina inspect "$store"
	leaves bundle disk
}

test_what_pack_left_behind_stays_behind() {
	need debugfs
	mkdir "$store/.lamina-pack" "$store/images/.new"
	echo x >"$store/blobs/sha256/.lamina-123"
	lamina disk "$store" -o disk
	! inside "ls -l" | has lamina-pack || say "a temporary directory is on the disk"
	! inside "ls blobs/sha256" | has lamina-123 || say "a temporary file is on the disk"
}

# state FILE: the boot record on the disk.
state() {
	dump state
	[ "$(stat -c %s dumped)" = 8192 ] || say "state has $(stat -c %s dumped) bytes"
	"$here/record.py" show dumped
}

# pack_other SERIAL NAME: one more image in the store, signed.
pack_other() {
	other=$(lamina pack -o other --name "$2" --serial "$1" --compatible acme,x "oci:$fixtures/oci")
	lamina sign other --key "$a.key" >signed
	cp -r other/. "$store/" && rm -r other
	echo "$other"
}

test_boot_record() {
	need debugfs
	lamina disk "$store" -o disk
	state >values
	grep -qx "current=$id" values
	grep -qx previous= values
	grep -qx candidate= values
	grep -qx seq=1 values
	cmp <(head -c 4096 dumped) <(tail -c 4096 dumped) >&2
	inside "stat state" >st
	grep -q 'Mode: *0644' st
	grep -q 'Blockcount: *16$' st || say "state has holes: $(cat st)"
}

test_boot_record_of_several_images() {
	need debugfs
	second=$(pack_other 5 second) third=$(pack_other 4 third)
	lamina disk "$store" -o disk
	state >values
	grep -qx "current=$second" values
	grep -qx "previous=$third" values
	lamina disk -f "$store" -o disk --current "${third:0:8}" --candidate "$id" --tries 7
	state >values
	grep -qx "current=$third" values
	grep -qx "candidate=$id" values
	grep -qx "previous=$second" values
	grep -qx tries=7 values
	grep -qx tries_left=7 values
	lamina disk -f "$store" -o disk --candidate "$second"
	state >values
	grep -qx "current=$third" values
	lamina disk -f "$store" -o disk --image "$third"
	state >values
	grep -qx "current=$third" values
	refuses "--current: no image 'zz' goes onto the disk" lamina disk "$store" -o no --current zz
	refuses "--candidate: several images begin with ''" lamina disk "$store" -o no --candidate ''
	refuses "another image has to be the current one" lamina disk "$store" -o no \
		--image "$third" --candidate "$third"
	misused "--tries: '0' is not a number from 1 to 255" lamina disk "$store" -o no --tries 0
	misused "it takes no --current" lamina disk "$store" -o no --as-is --current "$id"
	rm signed && leaves disk dumped values
}

test_an_unsigned_image_is_current_only_alone() {
	need debugfs
	lamina pack -o "$store" --name other --serial 9 --compatible acme,x "oci:$fixtures/oci" >other
	lamina disk --force "$store" -o disk
	state >values
	grep -qx "current=$id" values
}

test_the_stores_own_boot_record() {
	need debugfs
	second=$(pack_other 5 second)
	"$here/record.py" write "$store/state" seq=41 current="$id" previous="$second" floor=3
	lamina disk "$store" -o disk
	state >values
	grep -qx "current=$id" values
	grep -qx floor=3 values
	lamina disk -f "$store" -o disk --current "$second"
	state >values
	grep -qx "current=$second" values
	lamina disk -f "$store" -o disk --image "$second" 2>notes
	grep -qx "lamina: state: names an image that stays behind: a new record is made" notes
	state >values
	grep -qx "current=$second" values
	lamina disk -f "$store" -o disk 2>notes
	! grep state: notes || say "notes a record that is taken"
	flip "$store/state" 50
	flip "$store/state" 4150
	lamina disk -f "$store" -o disk 2>notes
	grep -qx "lamina: state: damaged: a new record is made" notes
	state >values
	grep -qx "current=$second" values
	: >"$store/state"
	lamina disk -f "$store" -o disk 2>notes
	grep -qx "lamina: state: damaged: a new record is made" notes
}

test_files_for_the_device() {
	need debugfs
	mkdir -p "$store/inject/etc"
	echo name >"$store/inject/etc/hostname"
	echo secret >"$store/inject/etc/key"
	chmod 600 "$store/inject/etc/key"
	lamina disk "$store" -o disk
	equal "$(inside 'cat inject/etc/hostname')" name
	inside "stat inject/etc/key" | has 'Mode: *0600' || say "a secret that everybody may read"
	inside "stat inject/etc/key" | has 'User: *0 *Group: *0 ' || say "it is not root's"
	ln -s /etc/passwd "$store/inject/etc/passwd"
	refuses "neither a file nor a directory" lamina disk "$store" -o no
}

test_owners_of_files_for_the_device() {
	need debugfs
	[ "$(id -u)" = 0 ] || skip "needs root"
	mkdir -p "$store/volumes/demo/data"
	echo row >"$store/volumes/demo/data/db"
	chown 65534:70000 "$store/volumes/demo/data/db"
	chmod 640 "$store/volumes/demo/data/db"
	lamina disk "$store" -o disk
	inside "stat volumes/demo/data/db" >st
	grep -q 'Mode: *0640' st && grep -q 'User: *65534 *Group: *70000 ' st || say "$(cat st)"
	# who builds it is root on the device
	chown -R 65534:65534 "$store/volumes"
	chmod -R go+rX "$store"
	as_nobody "$top/lamina-for-all" disk "$store" -o disk2
	debugfs -R "stat volumes/demo/data/db" 'disk2?offset=1048576' 2>/dev/null |
		grep -q 'User: *0 *Group: *0 ' || say "it belongs to whoever built the disk"
}

test_without_the_programs() {
	mkdir bin
	for program in mke2fs debugfs; do
		printf '#!/bin/sh\necho broken >&2\nexit 1\n' >bin/$program
		chmod +x bin/$program
		PATH=$PWD/bin:$PATH refuses "$program: broken" lamina disk "$store" -o disk
		rm bin/$program
	done
	leaves bin
}

tell_all
