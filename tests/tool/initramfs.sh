#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# initramfs: what is in it, that it is always the same, and what doesn't get in.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

prepare() {
	printf '#!/bin/sh\necho init\n' >init
	chmod 755 init
	printf '%s\n' '# a comment' 'store PARTLABEL=lamina-data' 'compatible acme,x' >policy
}

make() { lamina initramfs --init init --policy policy --key "$a.pub" -o out.gz "$@"; }

test_what_is_in_it() {
	need cpio gzip
	prepare
	make
	gzip -dc out.gz | cpio -it --quiet | sort >names
	printf '%s\n' dev dev/console etc etc/lamina etc/lamina/ext4 etc/lamina/keyring etc/lamina/policy init proc \
		run sys | cmp - names >&2
	gzip -dc out.gz | cpio -i --quiet --to-stdout init | cmp - init >&2
	gzip -dc out.gz | cpio -i --quiet --to-stdout etc/lamina/policy | cmp - policy >&2
	lamina keygen --keyring "$a.pub" >ring
	gzip -dc out.gz | cpio -i --quiet --to-stdout etc/lamina/keyring | cmp - ring >&2
}

# What make install-device leaves beside the tool's folder.
test_installed_programs() {
	local tool=$PWD/usr/bin/lamina dir=usr/lib/lamina/arm64
	need cpio gzip
	prepare
	mkdir -p usr/bin $dir
	cp "$lamina" usr/bin/
	set -- --policy policy --key "$a.pub" -o out.gz
	misused "--init is missing, and for arm64 there is no $PWD/usr/bin/../lib/lamina/arm64/lamina-init (make install-device)" \
		"$tool" initramfs --arch arm64 "$@"
	for name in lamina-init laminactl udhcpc; do
		printf '#!/bin/sh\necho %s\n' $name >$dir/$name
		chmod 755 $dir/$name
	done
	"$tool" initramfs --arch aarch64 "$@"
	cp out.gz found.gz
	"$tool" initramfs --init $dir/lamina-init --ctl $dir/laminactl "$@"
	same out.gz found.gz
	"$tool" initramfs --arch arm64 --ctl none --udhcpc none "$@"
	! gzip -dc out.gz | cpio -it --quiet | grep bin || say "what is none is there"
	misused "there is no" "$tool" initramfs --arch riscv64 "$@"
	misused "no device is a 'pdp11'" "$tool" initramfs --arch pdp11 "$@"
	misused "--arch looks for what --init names" "$tool" initramfs --arch arm64 --init init "$@"
	mv usr/lib/lamina/arm64 "usr/lib/lamina/$(sed -n 's/^arch //p' "$store"/images/*/manifest)"
	"$tool" initramfs "$@" || [ "$(uname -m)" != x86_64 ] || say "this machine's are not found"
}

# A program for 32 bits, as its header goes, with one segment of type $1.
small_program() {
	printf "\\177ELF\\1\\1\\1%s\\64\\0\\0\\0%s\\40\\0\\1\\0%s\\$1\\0\\0\\0" \
		"$(printf x%.0s {1..21})" "$(printf x%.0s {1..10})" "$(printf x%.0s {1..6})" >small
	truncate -s 200 small
}

test_programs_that_need_a_linker() {
	prepare
	refuses "$lamina: needs a dynamic linker; take the device's build (build/lamina-init)" \
		make --init "$lamina"
	refuses "$lamina: needs a dynamic linker; take the device's build (build/laminactl)" \
		make --ctl "$lamina"
	make --add bin/tool="$lamina" 2>err
	grep -q "^lamina: warning: --add bin/tool=$lamina: needs the dynamic linker /.*ld-.* and libraries" err ||
		say "$(cat err)"
	linker=$(sed 's/.* linker //; s/ .*//' err)
	make --add bin/tool="$lamina" --add "$linker=$linker" 2>err
	[ ! -s err ] || say "$(cat err)"
	rm err out.gz
	small_program 3 # PT_INTERP
	refuses "small: needs a dynamic linker" make --init small
	leaves init policy small
	small_program 1 # PT_LOAD
	make --init small --ctl small
}

test_owners_modes_and_times() {
	need cpio gzip
	prepare
	(umask 077 && make --add etc/note=policy)
	gzip -dc out.gz | TZ=UTC cpio -itv --quiet -n >list
	! grep -v ' 0  *0  *[0-9, ]* Jan  1  1970 ' list >&2 || say "owner or time is not root's and 0"
	grep -q '^crw------- .* 5,  *1 .* dev/console$' list
	grep -q '^-rwxr-xr-x .* init$' list
	grep -q '^-rw-r--r-- .* etc/note$' list
	grep -q '^drwxr-xr-x .* etc/lamina$' list
}

test_the_same_bytes_every_time() {
	prepare
	make
	mkdir other && cp init policy other/ && touch -d 2001-01-01 other/*
	(cd other && umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 make)
	same out.gz other/out.gz
}

test_the_same_bytes_as_nobody() {
	prepare
	make
	mv out.gz root.gz
	as_nobody "$top/lamina-for-all" initramfs --init init --policy policy --key "$a.pub" -o out.gz
	same root.gz out.gz
}

test_no_name_and_no_time_in_the_gzip_header() {
	need od
	prepare
	make
	equal "$(od -An -tx1 -N 9 out.gz | tr -d ' ')" 1f8b08000000000002
}

test_more_files() {
	need cpio gzip
	prepare
	make --add bin/tool=init --add /etc/motd=policy --add etc/lamina/x=policy
	gzip -dc out.gz | cpio -it --quiet >names
	for name in bin bin/tool etc/motd etc/lamina/x; do
		grep -qx "$name" names
	done
	gzip -dc out.gz | cpio -itv --quiet | has '^-rwxr-xr-x .* bin/tool$'
}

# The one beside init, another one, or none.
test_udhcpc() {
	need cpio gzip
	prepare
	mkdir build
	cp init build/lamina-init
	printf '#!/bin/sh\necho beside\n' >build/udhcpc
	printf '#!/bin/sh\necho other\n' >other
	chmod 755 build/udhcpc
	make --init build/lamina-init
	gzip -dc out.gz | cpio -itv --quiet | has '^-rwxr-xr-x .* bin/udhcpc$'
	gzip -dc out.gz | cpio -i --quiet --to-stdout bin/udhcpc | cmp - build/udhcpc >&2
	make --init build/lamina-init --udhcpc other --ctl other
	gzip -dc out.gz | cpio -i --quiet --to-stdout bin/udhcpc | cmp - other >&2
	make --init build/lamina-init --udhcpc none
	! gzip -dc out.gz | cpio -it --quiet | grep bin || say "it is there"
	rm out.gz
	refuses "$lamina: needs a dynamic linker; take the device's build (build/udhcpc)" \
		make --udhcpc "$lamina"
}

test_laminactl() {
	need cpio gzip
	prepare
	printf '#!/bin/sh\necho ctl\n' >ctl
	make --ctl ctl --add bin/tool=init
	gzip -dc out.gz | cpio -itv --quiet | has '^-rwxr-xr-x .* bin/laminactl$'
	gzip -dc out.gz | cpio -i --quiet --to-stdout bin/laminactl | cmp - ctl >&2
	gzip -dc out.gz | cpio -it --quiet | has -x bin
	refuses "bin/laminactl: given twice" make --ctl ctl --add bin/laminactl=init
	refuses "missing: No such file" make --ctl missing
	refuses "policy: not a program" make --ctl policy
	leaves init policy ctl out.gz
}

boot_id() { gzip -dc out.gz | cpio -i --quiet --to-stdout etc/lamina/boot; }

test_boot_ids() {
	need cpio gzip
	prepare
	make >said
	equal "$(boot_id; cat said)" ''
	equal "$(make --boot-id acme-5.1_x; boot_id)" "$(printf 'acme-5.1_x\nacme-5.1_x')"
	echo kernel >kernel
	id=$(make --kernel kernel)
	equal "$(boot_id)" "$id"
	[[ $id =~ ^[0-9a-f]{64}$ ]] || say "'$id'"
	equal "$(make --kernel kernel)" "$id"
	# whatever is another, so is the id
	{
		make --kernel kernel --add a=policy
		make --kernel kernel --add b=policy
		make --kernel kernel --add b=init
		make --kernel kernel --key "$b.pub"
		echo '# another' >>policy
		make --kernel kernel
		echo more >>kernel
		make --kernel kernel
		echo "$id"
	} | sort -u >ids
	equal "$(wc -l <ids)" 7
	for id in '' 'a b' 'a/b' "$(printf '%065d' 0)"; do misused "--boot-id" make --boot-id "$id"; done
	misused "--kernel makes the id" make --kernel kernel --boot-id x
	rm out.gz
	refuses "given twice" make --boot-id x --add etc/lamina/boot=policy
	refuses "missing: No such file" make --kernel missing
	refuses ".: not a file" make --kernel .
	leaves init policy kernel ids said
}

test_names_that_are_refused() {
	prepare
	refuses "init: given twice" make --add init=policy
	refuses "given twice" make --add a=policy --add ./a=policy
	refuses "not a path below the root" make --add ../a=policy
	refuses "not a path below the root" make --add /=policy
	refuses "missing: No such file" make --add a=missing
	misused "is not PATH=FILE" make --add a
	leaves init policy
}

test_keyrings() {
	prepare
	lamina keygen --keyring "$b.pub" >ring
	make --keyring ring
	need cpio gzip
	equal "$(gzip -dc out.gz | cpio -i --quiet --to-stdout etc/lamina/keyring | wc -l)" 2
	sed -i 's/^key ..../key 0000/' ring
	refuses "ring" make --keyring ring
	: >ring
	refuses "ring" make --keyring ring
	misused "no key" lamina initramfs --init init --policy policy -o out.gz
	refuses "private key" make --key "$a.key"
}

test_policies() {
	prepare
	for line in "frobnicate yes" "store" "store nowhere" "on-failure panic" "threshold 0"; do
		cp policy bad && echo "$line" >>bad
		[ "$line" = "store" ] && sed -i '/^store P/d' bad
		refuses "bad: line" lamina initramfs --init init --policy bad -k "$a.pub" -o out.gz
	done
	echo "store /dev/x" >bad
	refuses "compatible" lamina initramfs --init init --policy bad -k "$a.pub" -o out.gz
	head -c 9999 /dev/zero >bad
	refuses "bad: larger" lamina initramfs --init init --policy bad -k "$a.pub" -o out.gz
	rm bad
	leaves init policy
}

# The file system that a device makes its own from is whole, and always the same.
test_what_is_encrypted() {
	need cpio gzip e2fsck
	prepare
	printf '%s\n' 'secret helper /bin/tell' 'encrypted 64M' >>policy
	make
	mv out.gz first.gz
	make
	same first.gz out.gz
	gzip -dc out.gz | cpio -i --quiet --to-stdout etc/lamina/ext4 >list
	python3 - <<-'PYTHON'
		import struct
		data = open("list", "rb").read()
		magic, blocks, count = struct.unpack_from("<8sQQ", data)
		assert magic == b"lamblk1\n" and len(data) == 24 + count * 4104 and count < blocks / 8
		image = bytearray(b"\xee" * blocks * 4096)
		held = {}
		for i in range(count):
		    at, = struct.unpack_from("<Q", data, 24 + i * 4104)
		    held[at] = data[32 + i * 4104:24 + (i + 1) * 4104]
		for at in range(blocks):
		    image[at * 4096:(at + 1) * 4096] = held.get(at, bytes(4096))
		open("image", "wb").write(image)
	PYTHON
	e2fsck -fn image >check 2>&1 || say "e2fsck: $(cat check)"
	sed -i '/^encrypted/d' policy
	refuses "secret and encrypted go together" make
}

test_a_threshold_that_no_image_can_reach() {
	prepare
	echo "threshold 2" >>policy
	refuses "asks for 2 signatures" make
	make -k "$b.pub"
}

test_inits() {
	prepare
	refuses "no: No such file" lamina initramfs --init no --policy policy -k "$a.pub" -o out.gz
	echo text >text
	refuses "not a program" lamina initramfs --init text --policy policy -k "$a.pub" -o out.gz
	: >text
	refuses "not a program" lamina initramfs --init text --policy policy -k "$a.pub" -o out.gz
	refuses "not a program" lamina initramfs --init . --policy policy -k "$a.pub" -o out.gz
	misused "--init is missing" lamina initramfs --policy policy -k "$a.pub" -o out.gz
	misused "--policy is missing" lamina initramfs --init init -k "$a.pub" -o out.gz
	leaves init policy text
}

test_a_failure_leaves_the_old_one() {
	prepare
	echo old >out.gz
	refuses "missing" make --add a=missing
	equal "$(cat out.gz)" old
	leaves init policy out.gz
}

tell_all
