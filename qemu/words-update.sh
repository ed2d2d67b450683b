# SPDX-License-Identifier: Apache-2.0
# More words for boot stories: images that replace each other, and the record that says which
# one is started. qemu/story-one sources this after qemu/words.sh.
#
#   two [EDIT...]               two images: $old (version 1.0, serial 5) and $new (2.0, 6); EDIT
#                               changes the manifest of $new. Each says which it is and as what it
#                               runs, before inside=. With apart=y the upper layer of $new is
#                               its own
#   noise_on_top                signs it again as $new with one layer more, its own, which holds
#                               /own/noise; `flip "$(layer 2)" 150000` is in the middle of that
#   has_updates, needs_updates  whether init was built with them; two needs them
#   record KEY=VALUE...         writes the store's record, with the keys of tests/tool/record.py
#   trying [KEY=VALUE...]       the same: $old is current and $new a candidate with 3 tries
#   recorded KEY=VALUE...       what the disk's record says now; falls unless it does
#   recorded_in_state ...       the same of $work/state
#   candidate_ran, current_ran  that version ran, and as that
#   falls REASON [TEXT...]      boots: $new falls for that reason (a number of lamina-record(5)),
#                               which the console tells with each TEXT, and $old runs
#   on_disk COMMAND...          debugfs, on the store of the disk
#   add_to_initramfs NAME       adds the folder $work/NAME to the initramfs
#   reboots [OPTION...]         boot, and let the machine reboot; it has a watchdog, and memory
#                               for the kernel's last words that a reset leaves alone
#
# shellcheck shell=bash disable=SC2154,SC2034 # cases share variables and words

has_updates()
{
	grep -q '^CONFIG_LAMINA_UPDATE=y' "${init%/*}/.config"
}

needs_updates()
{
	has_updates || skip "this init was built without updates"
}

two()
{
	needs_updates
	local own=${inside:-:}

	inside='echo "story: runs $(sed -n s/^version=//p /run/lamina/image)" \
		"as $(sed -n s/^slot=//p /run/lamina/image)"
'$own
	image
	sign
	old=${image_dir##*/}
	[[ -z ${apart:-} ]] || own_layer
	edit 's/^version .*/version 2.0/' 's/^serial .*/serial 6/' "$@"
	sign
	new=${image_dir##*/}
}

# The upper layer is another one, which $old has not.
own_layer()
{
	local line

	line=$(grep -h '^layer ' "$fixtures"/many/images/*/manifest | sed -n 2p)
	edit "$(grep -n '^layer ' "$work/manifest" | sed -n '2s/:.*//p')s|.*|$line|"
	ln "$fixtures/many/blobs/sha256/$(blobs <<<"$line")" "$store/blobs/sha256"
}

record()
{
	python3 "$top/tests/tool/record.py" write "$store/state" seq=1 "$@"
}

trying()
{
	record "current=$old" "candidate=$new" tries=3 tries_left=3 "$@"
}

noise_on_top()
{
	local line blob

	mkdir -p "$work/top/own"
	noise 300000 >"$work/top/own/noise"
	line=$(grep -h '^layer ' "$(pack_once noise "dir:$work/top")"/images/*/manifest)
	blob=$(blobs <<<"$line")
	ln "$fixtures/noise/blobs/sha256/$blob" "$store/blobs/sha256/$blob"
	edit "/^upper /i $line"
	rm -r "$image_dir"
	sign
	new=${image_dir##*/}
}

on_disk()
{
	local start

	start=$(sfdisk -J "$disk" | jq '.partitiontable.partitions | (map(select(.name == "lamina-data")) + .)[0].start')
	debugfs -w -R "$*" "$disk?offset=$((start * 512))" >"$work/debugfs.log" 2>&1 ||
		fail "debugfs $*: $(tail -n 1 "$work/debugfs.log")"
}

recorded()
{
	rm -f "$work/state"
	on_disk "dump state $work/state"
	recorded_in_state "$@"
}

recorded_in_state()
{
	local word

	python3 "$top/tests/tool/record.py" show "$work/state" >"$work/record" ||
		fail "the store has no good record"
	for word; do
		grep -qxF -- "$word" "$work/record" ||
			fail "the record has not $word: $(tr '\n' ' ' <"$work/record")"
	done
}

candidate_ran()
{
	runs "story: runs 2.0 as candidate" "$@"
}

current_ran()
{
	runs "story: runs 1.0 as current" "$@"
}

falls()
{
	boot
	current_ran "lamina-init: candidate image ${new::12}: " "${@:2}"
	silent "runs 2.0"
	recorded "current=$old" candidate= "failed=$new" "reason=$1" tries_left=0
}

add_to_initramfs()
{
	[[ -e $initramfs ]] || make_initramfs
	(cd "$work" && find "$1" | cpio -o -H newc -R 0:0 --quiet | gzip -n) >>"$initramfs"
}

reboots()
{
	boot --reboot --watchdog \
		--append "reserve_mem=1M:4096:oops ramoops.mem_name=oops ramoops.record_size=65536" "$@"
}
