# SPDX-License-Identifier: Apache-2.0
# The words that boot stories (qemu/cases/*) are written with. qemu/story-one sources this and
# then the case, which is a list of steps: make an image, sign it, damage it, boot, look.
#
#   image                       a manifest for the pair of layers; variables before it change
#                               it: layers=N (of 200), inside='shell lines', packed=DIRECTORY
#   pack_once NAME SOURCE...    packs something else, once; prints the directory for packed=
#   edit SED...                 changes the manifest, before it is signed
#   sign [KEY...]               puts the image into the store, signed by good or by those keys
#   layer N                     prints the path of the image's N-th blob, 0 the lowest
#   data_of N, tree_of N        print where in a blob its verity superblock and its tree start
#   flip FILE OFFSET            changes one bit of one byte
#   put_policy LINE             replaces the policy's line of that key, or adds it
#   keyring KEY...              the keys in the initramfs; with none, there is no keyring
#   replace_in_initramfs NAME [FILE]   other bytes for /etc/lamina/NAME, or none
#   boot [QEMU-RUN-OPTION...]   makes initramfs and disk unless they are there, and boots; the
#                               console must say "reboot: $ending" (Power down; "" for none)
#   boot_until TEXT [...]       the same for a machine that does not end by itself
#   runs TEXT...                the program started and ended, and the console has each TEXT
#   refused TEXT...             it never started; lamina-init gave a reason with every TEXT in it
#   console TEXT..., silent TEXT...   the console has, or has not, each TEXT
#   wait_for TEXT...            the console of a machine in the background has each TEXT, at last
#   clean                       the disk's file system has nothing left to replay
#   skip REASON
#   note FIGURE                 stands behind the line that says ok
#
# $work is the story's own directory, $store the tree that becomes the data partition, $disk the
# disk with it, disk_options=(...) what lamina disk is told, disks=(...) what qemu/run is told of disks,
# runner=(COMMAND...) what runs it in turn.
# shellcheck shell=bash disable=SC2154,SC2034,SC2119,SC2120 # cases share variables and words

fail()
{
	printf '%s\n' "$*" >"$work/reason"
	exit 1
}

note()
{
	printf '%s\n' "$*" >"$work/note"
}

skip()
{
	printf '%s\n' "$*" >"$work/reason"
	exit 77
}

# --- the image ---------------------------------------------------------------------------------

# A manifest's one-line spelling of a text.
spell()
{
	local text=${1//%/%25}

	text=${text//$'\t'/%09}
	printf '%s' "${text//$'\n'/%0A}"
}

# pack_once NAME SOURCE...: prints the directory of a packed image that is kept for later runs.
pack_once()
{
	local out=$fixtures/$1

	[[ -d $out ]] || pack_image "$out" "${@:2}" >"$work/pack.log" 2>&1 ||
		fail "lamina pack: $(tail -n 1 "$work/pack.log")"
	printf '%s\n' "$out"
}

image()
{
	local from=${packed:-$fixtures/pair}

	[[ -z ${layers:-} ]] || from=$fixtures/many
	rm -rf "$work/manifest" "$store"
	mkdir -p "$store/blobs/sha256" "$store/images"
	grep -h '^layer ' "$from"/images/*/manifest | sed -n "1,${layers:-\$}p" >"$work/layers"
	blobs <"$work/layers" | while read -r blob; do
		# a link: damaging words replace it
		ln "$from/blobs/sha256/$blob" "$store/blobs/sha256/$blob"
	done
	text_of_image >"$work/manifest"
}

text_of_image()
{
	printf '%s\n' 'lamina 1' 'name story' 'version 1.0' 'serial 5' \
		"compatible lamina,$board" "arch $goarch" 'min-init 1'
	cat "$work/layers"
	printf '%s\n' 'upper tmpfs size=50%' 'arg /bin/sh' 'arg -c' \
		"arg $(spell "$(program)")" 'env PATH=/bin:/sbin' 'env STORY=told' \
		'cwd /' 'user 0:0' 'run exec'
}

program()
{
	# a PID 1 that may not power off must not end either
	printf '%s\n' 'echo "story: started"' "${inside:-:}" 'echo "story: ended"' \
		'poweroff -f 2>/dev/null || echo o 2>/dev/null >/proc/sysrq-trigger' 'sleep 1000'
}

blobs()
{
	sed -n 's/^layer sha256:\([0-9a-f]*\) .*/\1/p'
}

edit()
{
	local script

	for script; do
		cp "$work/manifest" "$work/manifest.old"
		sed -i -E "$script" "$work/manifest"
		! cmp -s "$work/manifest.old" "$work/manifest" || fail "edit '$script' changes nothing"
	done
}

sign()
{
	local key id

	id=$(sha256sum "$work/manifest" | cut -c 1-64)
	image_dir=$store/images/$id
	mkdir -p "$image_dir"
	cp "$work/manifest" "$image_dir/manifest"
	rm -f "$image_dir/manifest.sig"
	for key in "${@:-good}"; do
		"$lamina" sign --key "$fixtures/keys/$key.key" --image "$id" "$store" \
			>"$work/sign.log" 2>&1 || fail "lamina sign: $(tail -n 1 "$work/sign.log")"
	done
}

# --- damage ------------------------------------------------------------------------------------

layer()
{
	printf '%s/blobs/sha256/%s\n' "$store" "$(blobs <"$image_dir/manifest" | sed -n "$(($1 + 1))p")"
}

data_of()
{
	grep '^layer ' "$image_dir/manifest" | sed -n "$(($1 + 1))s/.* data \([0-9]*\).*/\1/p"
}

tree_of()
{
	echo $(($(data_of "$1") + 4096))
}

# A copy of its own: blobs are linked to the fixtures.
own()
{
	cp "$1" "$work/own"
	rm "$1"
	cp "$work/own" "$1"
}

flip()
{
	own "$1"
	flip_in_place "$@"
}

flip_in_place()
{
	local byte

	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059 # the format is the byte
	printf "\\x$(printf '%02x' $((byte ^ 1)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# --- the device --------------------------------------------------------------------------------

put_policy()
{
	sed -i "/^${1%% *} /d" "$work/policy"
	printf '%s\n' "$1" >>"$work/policy"
	rm -f "$initramfs"
}

keyring()
{
	trusted=("$@")
	rm -f "$initramfs"
}

# make_initramfs [LAMINA-OPTION...]
make_initramfs()
{
	local key args=("$@")

	for key in "${trusted[@]}"; do
		args+=(--key "$fixtures/keys/$key.pub")
	done
	[[ ! -x ${init%/*}/laminactl ]] || args+=(--ctl "${init%/*}/laminactl")
	"$lamina" initramfs --init "$init" --policy "$work/policy" "${args[@]}" \
		--output "$initramfs" >"$work/initramfs.log" 2>&1 ||
		fail "lamina initramfs: $(tail -n 1 "$work/initramfs.log")"
	[[ -z ${fat:-} ]] || add_modules
}

# replace_in_initramfs NAME [FILE]: the file of /etc/lamina has other bytes than the lamina tool
# would let through, or with no FILE is not there at all.
replace_in_initramfs()
{
	make_initramfs
	# renamed in place; in the archive no slash stands before a name
	gzip -dc "$initramfs" | sed -b "s|\([0-9A-Fa-f]\)etc/lamina/$1|\1etc/lamina/${1//?/x}|" \
		>"$work/cpio"
	[[ -z ${2:-} ]] || {
		mkdir -p "$work/etc/lamina"
		cp "$2" "$work/etc/lamina/$1"
		(cd "$work" && echo "etc/lamina/$1" | cpio -o -H newc -R 0:0 --quiet) >>"$work/cpio"
	}
	gzip -c "$work/cpio" >"$initramfs"
}

# make_disk [LAMINA-OPTION...]
make_disk()
{
	"$lamina" disk --as-is --force "$@" --output "$disk" "$store" >"$work/disk.log" 2>&1 ||
		fail "lamina disk: $(tail -n 1 "$work/disk.log")"
}

# make_plain_disk [MKE2FS-OPTION...]: a file system without a partition table around it.
make_plain_disk()
{
	truncate -s 32M "$disk"
	mke2fs -q -t ext4 -d "$store" "$@" "$disk" >"$work/disk.log" 2>&1 ||
		fail "mke2fs: $(tail -n 1 "$work/disk.log")"
}

# make_other_disk TYPE: the same with another kind of file system, named lamina-data where it can be.
make_other_disk()
{
	rm -f "$disk"
	[[ $1 == squashfs ]] || truncate -s 128M "$disk"
	case $1 in
	f2fs) mkfs.f2fs -q -l lamina-data "$disk" && sload.f2fs -f "$store" "$disk" ;;
	vfat) mkfs.vfat -n LAMINA-DATA "$disk" && mcopy -i "$disk" -s "$store"/* :: ;;
	squashfs) mksquashfs "$store" "$disk" -quiet -no-progress -comp gzip ;;
	esac >"$work/disk.log" 2>&1 || fail "$1: $(tail -n 1 "$work/disk.log")"
}

# Leaves no free block in the disk's file system.
fill_disk()
{
	local start fs free size

	start=$(sfdisk -J "$disk" | jq '.partitiontable.partitions[0].start')
	fs="$disk?offset=$((start * 512))"
	size=$(of_disk 'Block size')
	free=$(of_disk 'Free blocks')
	noise $((free * size)) >"$work/fill"
	debugfs -w -R "write $work/fill fill" "$fs" >"$work/fill.log" 2>&1 || true
	free=$(of_disk 'Free blocks')
	[[ $free -eq 0 ]] || fail "$free blocks are still free: $(tail -n 1 "$work/fill.log")"
}

# of_disk WORDS: the number that $fs has by them. dumpe2fs 1.47.2 takes no offset.
of_disk()
{
	debugfs -R 'stats -h' "$fs" 2>/dev/null | awk -F: -v words="$1" '$1 == words { print $2 + 0 }'
}

# The store's file system was taken down in order: nothing is left to replay.
clean()
{
	local start fs

	start=$(sfdisk -J "$disk" | jq '.partitiontable.partitions[0].start')
	fs="$disk?offset=$((start * 512))"
	debugfs -R 'stats -h' "$fs" 2>/dev/null >"$work/superblock"
	grep -q '^Filesystem state: *clean$' "$work/superblock" || fail "the store's state is not clean"
	! grep -q 'needs_recovery' "$work/superblock" || fail "the store has a journal to replay"
}

# noise BYTES: the same ones every time.
noise()
{
	openssl enc -aes-128-ctr -K 1 -iv 0 -in /dev/zero 2>/dev/null | head -c "$1" || true
}

# --- booting and looking -----------------------------------------------------------------------

prepare()
{
	boots=$((boots + 1))
	console=$work/console.$boots
	[[ -e $initramfs ]] || make_initramfs
	[[ -z $loader || -e $disk ]] || prepare_slots
	[[ -e $disk ]] || make_disk "${disk_options[@]}"
	: >"$console"
	started_with=(--kernel "$kernel" --initrd "$initramfs")
	[[ -z $loader ]] || started_with=(--firmware "$firmware")
}

run()
{
	exec "${runner[@]}" "$top/qemu/run" --board "$board" "${started_with[@]}" \
		--timeout "$timeout" "${disks[@]}" "$@" >"$console" 2>"$work/run.log"
}

# What every boot must look like, whatever else the story says.
look()
{
	sed -i 's/\r//g' "$console" # a terminal's line ends
	[[ -n ${may_panic:-} ]] || silent "Kernel panic" "Attempted to kill init" "Oops"
	[[ -z ${ending-Power down} ]] || console "reboot: ${ending-Power down}"
}

boot()
{
	local status=0

	prepare
	(run "$@") || status=$?
	[[ $status -eq 0 ]] || fail "QEMU ended with status $status: $(tail -n 1 "$work/run.log")"
	look
}

# The console's lines that are whole: who ends the machine at the first half of one misses the second.
whole_lines()
{
	{ cat "$console"; printf x; } | sed '$d'
}

# For as long as there is a machine that may say it, and no longer than its time.
wait_for()
{
	local text alive=y end=$((SECONDS + timeout))

	for text; do
		until whole_lines | grep -F -- "$text" >/dev/null; do
			[[ -n $alive ]] || fail "the machine ended and did not say '$text'"
			[[ $SECONDS -lt $end ]] || fail "the console did not say '$text' within $timeout s"
			sleep 0.1
			# looked at once more when it has ended
			[[ -z ${running:-} ]] || kill -0 "$running" 2>/dev/null || alive=''
		done
	done
}

boot_until()
{
	local text=$1 running

	prepare
	(run "${@:2}") &
	running=$!
	wait_for "$text"
	kill "$running" 2>/dev/null || true
	wait "$running" || true
	look
}

console()
{
	local text

	for text; do
		grep -qF -- "$text" "$console" || fail "the console does not say '$text'"
	done
}

silent()
{
	local text

	for text; do
		! grep -qF -- "$text" "$console" || fail "the console says '$text'"
	done
}

runs()
{
	console "story: started" "story: ended" "$@"
}

refused()
{
	local lines text

	silent "story: started"
	lines=$(grep -F "lamina-init: " "$console") || fail "lamina-init gave no reason"
	for text; do
		lines=$(grep -F -- "$text" <<<"$lines") ||
			fail "no reason with '$text': $(grep -m 1 -F "lamina-init: " "$console")"
	done
}
