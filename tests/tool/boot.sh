#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# boot: FITs and unified kernel images, what is in them, who signed them, and what is refused.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"
PATH=$PATH:/usr/sbin:/sbin

# A kernel and an initramfs that no machine could start, and a key with its certificate.
prepare() {
	need python3 openssl
	"$here/bootblob.py" kernel arm64 kernel
	head -c 3000 /dev/urandom >initramfs
	[ -e "$top/rsa.key" ] || openssl req -batch -new -x509 -newkey rsa:2048 -nodes -days 9999 \
		-keyout "$top/rsa.key" -out "$top/rsa.crt" 2>/dev/null
	cp "$top/rsa.key" fit.key
	cp "$top/rsa.crt" fit.crt
}

fit() { lamina boot --fit -o blob --kernel kernel --initramfs initramfs "$@"; }

uki() { lamina boot --uki -o blob --kernel kernel --initramfs initramfs --stub stub "$@"; }

# A device tree with nothing in it, as U-Boot could have one.
tree() { printf '/dts-v1/;\n/ { compatible = "acme,x"; };\n' | dtc -q -I dts -O dtb -o "$1" -; }

test_a_fit_and_what_is_in_it() {
	need mkimage dtc dumpimage
	prepare
	fit --key fit.key
	mkimage -l blob >told
	grep -q "Sign algo: *sha256,rsa2048:fit" told
	grep -q "Default Configuration: 'conf'" told
	! grep -q 'Sign value: *unavailable' told || say "it is not signed"
	for name in kernel initramfs; do
		dumpimage -T flat_dt -p "$([ $name = kernel ] && echo 0 || echo 1)" -o part blob >/dev/null
		same $name part
	done
	grep -q 'Type: *Kernel Image (no loading done)' told
	leaves kernel initramfs fit.key fit.crt blob told part
}

test_a_kernel_in_gzip() {
	need mkimage dtc dumpimage
	prepare
	gzip -nc kernel >kernel.gz
	fit --key fit.key --kernel kernel.gz
	dumpimage -T flat_dt -p 0 -o part blob >/dev/null
	same kernel part
	fit --key fit.key --kernel kernel.gz --load 40080000
	dumpimage -T flat_dt -p 0 -o part blob >/dev/null
	same kernel.gz part
	mkimage -l blob >told
	grep -q 'Compression: *gzip compressed' told
	grep -q 'Load Address: *0x40080000' told
	head -c 40 kernel.gz >short.gz
	refuses "short.gz" fit --unsigned --kernel short.gz
}

test_the_same_bytes_every_time() {
	need mkimage dtc
	prepare
	fit --key fit.key
	mkdir other && cp kernel initramfs fit.key other/ && touch -d 2001-01-01 other/*
	(cd other && umask 077 && TZ=Asia/Tokyo fit --key fit.key)
	same blob other/blob
	SOURCE_DATE_EPOCH=1000000000 fit --key fit.key
	differ blob other/blob
}

test_device_tree_and_command_line() {
	need mkimage dtc fdtget dumpimage
	prepare
	tree dtb
	fit --key fit.key --dtb dtb --cmdline 'console=ttyS0 panic=10'
	dumpimage -T flat_dt -p 2 -o part blob >/dev/null
	equal "$(fdtget part /chosen bootargs)" 'console=ttyS0 panic=10'
	equal "$(fdtget part / compatible)" acme,x
	mkimage -l blob | has 'FDT: *fdt'
	misused "--cmdline needs --dtb" fit --unsigned --cmdline x
	tree cut && truncate -s 40 cut
	refuses "fdtput" fit --unsigned --dtb cut --cmdline x
	echo text >dtb
	refuses "lamina: dtb: not a device tree (dtb)" fit --unsigned --dtb dtb
}

test_the_public_key_goes_into_a_control_tree() {
	need mkimage dtc fdtget
	prepare
	tree control
	fit --key fit.key --cert fit.crt --control control
	equal "$(fdtget control /signature/key-fit required)" conf
	equal "$(fdtget control /signature/key-fit algo)" sha256,rsa2048
	fit --key fit.key --cert fit.crt --control control
	equal "$(fdtget -l control /signature)" key-fit
	fit --key fit.key --key-name other --cert fit.crt --control control
	equal "$(fdtget control /signature/key-other required)" conf
	# damage keeps the old one
	echo text >text
	refuses "lamina: text: not a device tree (dtb)" fit --key fit.key --cert fit.crt --control text
	equal "$(cat text)" text
	misused "--control needs --cert" fit --key fit.key --control control
	misused "--control needs --key" fit --unsigned --control control
}

# An initramfs that says which one it is, packed or not.
say_id() {
	need cpio gzip
	mkdir -p etc/lamina
	echo "$1" >etc/lamina/boot
	printf '%s\n' etc etc/lamina etc/lamina/boot | cpio -o -H newc --quiet >initramfs
	[ -n "${2:-}" ] || { gzip -nc initramfs >packed && mv packed initramfs; }
	rm -r etc
}

# packs OPTION...: an image with the blob.
packs() {
	rm -rf image
	lamina pack -o image --serial 4 --compatible acme,x --boot blob "$@" "oci:$fixtures/oci"
}

# record_of DISK: its boot record, in hexadecimal.
record_of() {
	local at
	at=$(sfdisk -J "$1" | jq '.partitiontable.partitions[] | select(.name == "lamina-data") | .start * 512')
	debugfs -R "dump state record" "$1?offset=$at" 2>/dev/null
	od -An -v -tx1 record | tr -d ' \n'
}

line() { sed -n 's/^boot //p' image/images/*/manifest; }

test_pack_brings_the_blob_along() {
	need mkimage dtc jq
	prepare
	say_id acme-1
	for how in fit uki; do
		"$here/bootblob.py" stub arm64 stub
		$how --unsigned
		packs
		equal "$(line)" "acme-1 sha256:$(sha256sum <blob | cut -d ' ' -f 1) size $(stat -c %s blob)"
		same blob "image/blobs/sha256/$(sha256sum <blob | cut -d ' ' -f 1)"
		grep -qx 'min-init 4' image/images/*/manifest
		lamina sign image --key "$a.key"
		lamina verify image --key "$a.pub"
	done
	lamina inspect image >told
	grep -qE '^  boot blob +UKI, kernel 1.5 KiB, initramfs [0-9]+ B, not signed$' told || say "$(grep blob told)"
	lamina bundle image -o bundle --force 2>/dev/null || lamina bundle image -o bundle
	lamina inspect bundle --json | jq -e '.boot | .form == "UKI" and .id == "acme-1" and .kernelSize == 1536 and
		.signed == false and .size > 1536' >/dev/null || say "$(lamina inspect bundle --json | jq .boot)"
	packs --boot-id acme-1
	refuses "its initramfs has another boot id: acme-1" packs --boot-id acme-2
	say_id acme-2 plain
	fit --unsigned
	packs
	equal "$(line | cut -d ' ' -f 1)" acme-2
	fit --key fit.key
	packs
	lamina inspect image >told
	grep -q '^  boot blob .* initramfs [0-9]* B, signed with the key fit$' told || say \"$(grep blob told)\"
	grep -qx '  *starts the configuration conf' told || say "no configuration"
	grep -qx "    kernel     1.5 KiB sha256:$(sha256sum <kernel | cut -d ' ' -f 1)" told || say "no kernel"
	grep -q "^    initramfs  .* sha256:$(sha256sum <initramfs | cut -d ' ' -f 1)$" told || say "no initramfs"
	lamina inspect image --json | jq -e '.boot | .configuration == "conf" and .key == "fit" and
		[.parts[].name] == ["kernel", "initramfs"]' >/dev/null || say "$(lamina inspect image --json | jq .boot)"
	# somebody's own form
	echo own >blob
	refuses "say --boot-id ID" packs
	# whose command line is nothing for a terminal
	say_id acme-3
	uki --unsigned --cmdline "$(printf 'quiet\033[2J')"
	packs
	lamina inspect image >told
	grep -qx '    cmdline    quiet%1B\[2J' told || say "$(grep cmdline told)"
	echo own >blob
	packs --boot-id own.1
	lamina inspect image >told
	grep -qx '  boot blob    of another form' told || say \"$(grep blob told)\"
	rm image/blobs/sha256/"$(sha256sum <blob | cut -d ' ' -f 1)"
	lamina inspect image >told
	grep -q '^  boot blob .*not in the store$' told || say \"$(grep blob told)\"
	packs --boot-id own.1
	equal "$(line | cut -d ' ' -f 1)" own.1
	# the disk's first slot has what the image brings along
	lamina sign image --key "$a.key"
	lamina disk image -o disk --boot-loader efi
	dd if=disk of=slot bs=1 skip=1048576 count=4 status=none
	same slot blob
	# and the record says so, unless another one was put there
	need sfdisk debugfs
	state=$(python3 -c 'import hashlib; print(hashlib.sha256(b"own.1").hexdigest()[:16])')
	record_of disk | has "$state" || say "the record doesn't know of slot a"
	echo other >other
	lamina disk image -o other-disk --boot-loader efi --boot other
	! record_of other-disk | has "$state" || say "the record says what isn't so"
}

# packed WHERE: an image with the blob of now, kept there.
packed() {
	packs "${@:2}"
	lamina sign image --key "$a.key"
	rm -rf "$1"
	mv image "$1"
}

test_what_another_blob_has() {
	need mkimage dtc jq sqfs2tar
	prepare
	"$here/bootblob.py" stub arm64 stub
	say_id acme-1
	fit --unsigned
	packed one
	head -c 9000 /dev/urandom >>kernel
	fit --key fit.key
	packed two
	lamina diff one two >told
	grep -qx '~ boot kernel  1.5 KiB -> 10.2 KiB' told || say "$(cat told)"
	equal "$(grep -c ' boot [a-z.]*  ' told)" 1
	lamina diff two two >told
	! grep -q '^. boot ' told || say "$(cat told)"
	# another form has none of these parts
	uki --unsigned --cmdline quiet
	packed three
	lamina diff two three >told
	grep -q '^- boot kernel  10.2 KiB$' told
	grep -q '^+ boot .linux  10.2 KiB$' told
	uki --unsigned --cmdline 'quiet panic=5'
	packed four
	lamina diff three four >told
	grep -qx '~ boot .cmdline  5 B -> 13 B' told || say "$(cat told)"
	equal "$(grep -c '^. boot \.' told)" 1
	lamina diff three four --json | jq -e '.boot == [{part: ".cmdline", change: "changed",
		before: {digest: $before, size: 5}, after: {digest: $after, size: 13}}]' \
		--arg before "sha256:$(printf quiet | sha256sum | cut -d ' ' -f 1)" \
		--arg after "sha256:$(printf 'quiet panic=5' | sha256sum | cut -d ' ' -f 1)" >/dev/null ||
		say "$(lamina diff three four --json | jq .boot)"
	# a kernel of nobody's form, and one that isn't there, have no parts
	echo own >blob
	packed five --boot-id own
	lamina diff four five >told
	grep -q '^- boot .linux  10.2 KiB$' told
	! grep -q '^[+~] boot \.' told || say "$(cat told)"
	rm five/blobs/sha256/"$(sha256sum <blob | cut -d ' ' -f 1)"
	lamina diff four five >told
	grep -q '^- boot .linux  10.2 KiB$' told
	! grep -q '^[+~] boot \.' told || say "$(cat told)"
}

test_a_set_brings_the_blob_along() {
	need mkimage dtc jq
	prepare
	say_id acme-1
	fit --unsigned
	rm -rf image member
	lamina pack -o member --name web --compatible acme,x --run supervise --arg /bin/sh "oci:$fixtures/oci"
	lamina set -o image --name demo --boot blob web=member >id
	equal "$(sed -n 's/^boot //p' "image/images/$(cat id)/manifest")" \
		"acme-1 sha256:$(sha256sum <blob | cut -d ' ' -f 1) size $(stat -c %s blob)"
	same blob "image/blobs/sha256/$(sha256sum <blob | cut -d ' ' -f 1)"
	grep -qx 'min-init 4' "image/images/$(cat id)/manifest"
	lamina sign image --key "$a.key"
	lamina verify image --key "$a.pub"
	lamina bundle image -o bundle.lamina
	lamina inspect bundle.lamina --json | jq -e '.boot | .form == "FIT" and .id == "acme-1"' >/dev/null ||
		say "$(lamina inspect bundle.lamina --json)"
	rm -r image
	refuses "its initramfs has another boot id: acme-1" \
		lamina set -o image --name demo --boot blob --boot-id acme-2 web=member
	misused "--boot-id goes with --boot" lamina set -o image --name demo --boot-id a web=member
	misused "set: --boot-id" lamina set -o image --name demo --boot blob --boot-id 'a b' web=member
	[ ! -e image/images ] || say "an image is there"
}

test_boot_options_that_are_refused() {
	need mkimage dtc
	prepare
	say_id acme-1
	fit --unsigned
	refuses "missing: No such file" packs --boot missing
	misused "--boot-id" packs --boot-id 'a b'
	misused "--boot-id goes with --boot" lamina pack -o image --compatible acme,x --boot-id a "oci:$fixtures/oci"
	# every cut, and damage in the structure, is refused or has no id
	head -c 1000 blob >blob.short && mv blob.short blob
	refuses "a FIT that is damaged" packs --boot-id x
	[ ! -e image ] || say "an image is there"
}

test_blobs_that_are_damaged() {
	need mkimage dtc python3
	prepare
	say_id acme-1
	fit --key fit.key
	cp blob fit
	uki --unsigned 2>/dev/null || { "$here/bootblob.py" stub arm64 stub && uki --unsigned; }
	cp blob uki
	for ((n = 0; n < 120; n++)); do
		python3 - $n <<-'DAMAGE'
			import random, sys
			random.seed(int(sys.argv[1]))
			name = random.choice(("fit", "uki"))
			data = bytearray(open(name, "rb").read())
			# heads more often than what they describe
			for _ in range(random.choice((1, 3))):
			    at = random.randrange(min(len(data), random.choice((64, 1024, len(data)))))
			    data[at] = random.choice((0, 1, 127, 255, random.randrange(256)))
			if random.random() < 0.2:
			    del data[random.randrange(len(data)) :]
			open("blob", "wb").write(data or b"x")
		DAMAGE
		status=0
		packs --boot-id acme-1 2>told >/dev/null || status=$?
		[ $status -le 1 ] || say "$n: $status: $(cat told)"
	done
}

test_nobody_signs() {
	need mkimage dtc
	prepare
	misused "say one of --key, --sign-cmd and --unsigned" fit
	misused "say one of --key, --sign-cmd and --unsigned" fit --unsigned --key fit.key
	fit --unsigned
	! mkimage -l blob | has 'Sign algo' || say "it is signed"
}

test_a_command_signs_a_fit() {
	need mkimage dtc
	prepare
	tree control
	fit --key fit.key --cert fit.crt --control control
	mv blob by-key
	cat >sign <<-'CMD'
		cat >it && mkimage -F -k . it >/dev/null && cat it
	CMD
	fit --sign-cmd 'sh ./sign' --key-name fit
	mkimage -l blob | has 'Sign value: *[0-9a-f]' || say "it is not signed"
	# not by another key, and not the same twice
	if command -v fit_check_sign >/dev/null; then
		fit_check_sign -f blob -k control >/dev/null
		fit_check_sign -f by-key -k control >/dev/null
	fi
	refuses "sign-cmd: its answer is not signed" fit --sign-cmd cat
	refuses "sign-cmd: its answer is no FIT" fit --sign-cmd 'echo x'
	refuses "sign-cmd: is empty" fit --sign-cmd true
	refuses "sign-cmd: /bin/sh: exit status 3" fit --sign-cmd 'exit 3'
}

test_keys_that_are_refused() {
	need mkimage dtc
	prepare
	refuses "no.key: No such file" fit --key no.key
	refuses "a FIT is signed with RSA" fit --key "$a.key"
	refuses "initramfs" fit --key initramfs
	misused "--key-name" fit --key fit.key --key-name 'a"b'
	misused "--key-name" fit --key fit.key --key-name ../a
	misused "--algo" fit --sign-cmd cat --algo 'a b'
	leaves kernel initramfs fit.key fit.crt
}

test_parts_that_are_refused() {
	need mkimage dtc
	prepare
	refuses "initramfs: not a kernel" fit --unsigned --kernel initramfs
	: >empty
	refuses "empty: is empty" fit --unsigned --initramfs empty
	refuses "no: No such file" fit --unsigned --initramfs no
	refuses ".: not a regular file" fit --unsigned --initramfs .
	mkfifo fifo
	refuses "lamina: fifo: not a regular file" timeout 60 "$lamina" boot --fit -o blob --kernel kernel --initramfs fifo --unsigned
	refuses "lamina: fifo: not a regular file" timeout 60 "$lamina" boot --fit -o blob --kernel fifo --initramfs initramfs --unsigned
	misused "not a hexadecimal address" fit --unsigned --load -1
	misused "say one of --fit and --uki" lamina boot -o blob --kernel kernel --initramfs initramfs
	misused "--kernel is missing" lamina boot --fit -o blob --initramfs initramfs
	echo text >text
	lamina boot --fit -o blob --kernel kernel --initramfs text --unsigned 2>said
	grep -qx "lamina: warning: text: begins as no initramfs that a kernel knows" said || say "$(cat said)"
	"$here/bootblob.py" kernel amd64 kernel
	refuses "there is no FIT" fit --unsigned
	leaves kernel initramfs fit.key fit.crt empty fifo text said blob
}

# What isn't there is named with the package that brings it.
test_programs_that_are_missing() {
	prepare
	mkdir bin
	refuses "mkimage is not installed: it is in u-boot-tools" \
		env "PATH=$PWD/bin" HOME=/ "$lamina" boot --fit -o blob --kernel kernel \
		--initramfs initramfs --unsigned
	"$here/bootblob.py" stub arm64 stub
	refuses "sbsign is not installed: it is in sbsigntool" \
		env "PATH=$PWD/bin" "$lamina" boot --uki -o blob --kernel kernel \
		--initramfs initramfs --stub stub --key fit.key --cert fit.crt
	[ -e /usr/lib/systemd/boot/efi/linuxarm.efi.stub ] || {
		"$here/bootblob.py" kernel arm kernel
		refuses "linuxarm.efi.stub is not installed: it is in systemd-boot-efi, of arm" \
			lamina boot --uki -o blob --kernel kernel --initramfs initramfs --unsigned
	}
	leaves kernel initramfs fit.key fit.crt bin stub
}

test_a_uki_and_what_is_in_it() {
	need mcopy fsck.fat
	prepare
	"$here/bootblob.py" stub arm64 stub
	uki --unsigned --cmdline 'console=ttyAMA0'
	fsck.fat -n blob >told || say "$(cat told)"
	mcopy -i blob ::EFI/BOOT/BOOTAA64.EFI pe
	"$here/bootblob.py" section .linux pe | cmp - kernel >&2
	"$here/bootblob.py" section .initrd pe | cmp - initramfs >&2
	equal "$("$here/bootblob.py" section .cmdline pe)" console=ttyAMA0
	"$here/bootblob.py" section .osrel pe | has -x ID=lamina
	# nothing overlaps, in the file or in memory
	"$here/bootblob.py" sections pe | awk '
		$3 % 4096 || $5 % 512 || $3 < memory || $5 < raw { bad = 1 }
		{ memory = $3 + $2; raw = $5 + $4 }
		END { exit bad || NR != 5 }' || say "$("$here/bootblob.py" sections pe)"
}

test_a_uki_is_signed() {
	need mcopy sbsign sbverify
	prepare
	cp /usr/lib/systemd/boot/efi/linuxx64.efi.stub stub 2>/dev/null || skip "systemd's stub is not installed"
	"$here/bootblob.py" kernel amd64 kernel
	uki --key fit.key --cert fit.crt --cmdline quiet
	mcopy -i blob ::EFI/BOOT/BOOTX64.EFI pe
	sbverify --cert fit.crt pe >/dev/null 2>&1 || say "the signature does not hold"
	flip pe "$("$here/bootblob.py" sections pe | awk '$1 == ".initrd" { print $5 + 100 }')"
	! sbverify --cert fit.crt pe >/dev/null 2>&1 || say "a flipped bit is not seen"
	# the installed stub is the default
	lamina boot --uki -o blob2 --kernel kernel --initramfs initramfs --unsigned
	uki --unsigned
	same blob blob2
	# a command signs
	cat >sign <<-'CMD'
		cat >plain && sbsign --key fit.key --cert fit.crt --output signed plain 2>/dev/null && cat signed
	CMD
	uki --sign-cmd 'sh ./sign'
	mcopy -o -i blob ::EFI/BOOT/BOOTX64.EFI pe
	sbverify --cert fit.crt pe >/dev/null 2>&1 || say "the command's signature does not hold"
	refuses "no signed program for UEFI" uki --sign-cmd cat
	refuses "no signed program for UEFI" uki --sign-cmd 'echo x'
}

test_ukis_of_all_sizes() {
	need mcopy fsck.fat
	prepare
	"$here/bootblob.py" stub arm64 stub
	for size in 1 5000000 33554432 70000000; do
		head -c $size /dev/zero >initramfs
		for sector in 512 4096; do
			uki --unsigned --sector-size $sector
			fsck.fat -n blob >told || say "$size, $sector: $(cat told)"
			mcopy -n -o -i blob ::EFI/BOOT/BOOTAA64.EFI pe
			"$here/bootblob.py" section .initrd pe | cmp - initramfs >&2
		done
	done
	misused "--sector-size" uki --unsigned --sector-size 1024
}

test_ukis_that_are_refused() {
	prepare
	"$here/bootblob.py" stub amd64 stub
	refuses "stub: is for another processor than the kernel (arm64)" uki --unsigned
	echo text >stub
	refuses "stub: no program for UEFI" uki --unsigned
	"$here/bootblob.py" stub arm64 stub
	"$here/bootblob.py" plain arm64 kernel
	refuses "built without EFI_STUB" uki --unsigned
	"$here/bootblob.py" kernel arm64 kernel
	misused "--cert is missing" uki --key fit.key
	misused "--dtb goes with --fit" uki --unsigned --dtb stub
	misused "--load goes with --fit" uki --unsigned --load 0
	misused "--stub goes with --uki" fit --unsigned --stub stub
	# every head that is short short, or has a byte of another value
	for ((n = 1; n < 512; n += 7)); do
		head -c $n stub >short
		refuses "no program for UEFI" uki --unsigned --stub short
	done
	for n in 0 60 61 62 128 134 135 148 149 184 188 212 213 214 384 388; do
		cp stub bad
		printf '\377' | dd of=bad bs=1 seek=$n conv=notrunc status=none
		uki --unsigned --stub bad 2>told || [ $? = 1 ] || say "byte $n: $(cat told)"
	done
	leaves kernel initramfs fit.key fit.crt stub short bad told blob
}

test_headers_without_room() {
	prepare
	# 0x80 + 24 + 240 + 40 are taken: 472 have room for one more, and there is a page before .text
	"$here/bootblob.py" stub arm64 stub 512
	uki --unsigned
	need mcopy
	mcopy -i blob ::EFI/BOOT/BOOTAA64.EFI pe
	"$here/bootblob.py" section .linux pe | cmp - kernel >&2
	tail -c 512 stub >text
	"$here/bootblob.py" section .text pe | cmp - text >&2
}

tell_all
