#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# laminactl confirm, rollback, reject and reset: what they do to the boot record.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"

# tried [RECORD-FIELD...]: image $new runs for the first time, $old is the current one.
tried() {
	old=$(there 3) new=$(there 4)
	record write run/store/state seq=5 boots=1 current="$old" candidate="$new" tries=3 \
		tries_left=2 "$@"
	runs "$new" candidate
}

value() { record show run/store/state | sed -n "s/^$1=//p"; }

test_confirm() {
	device
	tried
	ctl confirm 2>err
	grep -qx "laminactl: image ${new:0:12} is confirmed" err
	equal "$(value current) $(value previous) $(value candidate)" "$new $old "
	equal "$(cat run/confirmed)" "$new"
	equal "$(line state)" confirmed
	equal "$(line floor)" "serial 3, of the record"
	unchanged ctl confirm 2>err
	grep -qx "laminactl: image ${new:0:12} is the current one already" err
}

test_confirm_raises_the_floor() {
	for line in "raise-floor previous" "tries 3"; do
		device "$line"
		tried
		ctl confirm
		equal "$(value floor)" 3
	done
	# an older one, forced: it is started at the next boot too
	device
	old=$(there 4) new=$(there 3)
	record write run/store/state current="$old" candidate="$new" tries=3 tries_left=2
	runs "$new" candidate
	ctl confirm
	equal "$(value floor) $(line 'next boot')" "3 current ${new:0:12}"
	device 'raise-floor no'
	tried
	ctl confirm
	equal "$(value floor)" 0
	device 'raise-floor current'
	tried floor=2
	ctl confirm
	equal "$(value floor)" 4
	device 'raise-floor current'
	tried floor=9
	ctl confirm
	equal "$(value floor)" 9
	device 'raise-floor previous'
	tried
	rm -r "run/store/images/$old"
	ctl confirm
	equal "$(value floor)" 0
}

test_confirm_is_for_what_runs() {
	device
	tried
	runs "$(printf '6%.0s' {1..64})" previous
	unchanged refuses "what runs is not the candidate" ctl confirm
	[ ! -e run/confirmed ] || say "says that it is confirmed"
	rm run/image
	unchanged refuses "nothing says which image runs: there is no run/image" ctl confirm
	misused "confirm: what is 'now'?" ctl confirm now
}

test_reject() {
	device
	tried
	ctl reject
	equal "$(value failed) $(value reason) $(value candidate)" "$new 10 "
	equal "$(line failed)" "${new:0:12} demo 1.4: it was rejected"
	# also when the image is gone, and with what its check said if it ran
	rm -r "run/store/images/$new"
	equal "$(line failed)" "${new:0:12} demo 1.4: it was rejected"
	equal "$(ctl status | grep -c 'health check')" 0
	equal "$(line 'next boot')" "current ${old:0:12}"
	unchanged refuses "there is no candidate" ctl reject
	unchanged refuses "what runs is not the candidate" ctl confirm
}

test_rollback_of_a_candidate() {
	device
	tried
	printf 'looking\nno route to 10.0.0.1 \n\n' >run/health
	ctl rollback 2>err
	grep -qx "laminactl: the next boot starts image ${old:0:12}" err
	equal "$(value failed) $(value candidate)" "$new "
	ctl status | has '^           its health check said last: no route to 10.0.0.1$'
	equal "$(value current)" "$old"
}

test_rollback_to_the_previous_image() {
	device
	old=$(there 3) new=$(there 4)
	record write run/store/state seq=5 current="$new" previous="$old"
	ctl rollback
	equal "$(value current) $(value previous)" "$old $new"
	ctl rollback
	equal "$(value current) $(value previous)" "$new $old"
	record write run/store/state seq=5 current="$new" previous="$old" floor=4
	unchanged refuses "previous image ${old:0:12}: serial 3 is below the rollback floor 4" \
		ctl rollback
	record write run/store/state seq=5 current="$new" previous="$old"
	truncate -s -1 run/store/blobs/sha256/"$(sed -n 's/^layer sha256:\([0-9a-f]*\) .*/\1/p' \
		"run/store/images/$old/manifest" | tail -n 1)"
	unchanged refuses "previous image ${old:0:12}: layer 2 " ctl rollback
	record write run/store/state seq=5 current="$new"
	unchanged refuses "there is no previous image" ctl rollback
}

test_both_copies_are_written() {
	device
	tried
	ctl reject
	cmp <(head -c 4096 run/store/state) <(tail -c 4096 run/store/state) >&2
	equal "$(value seq)" 6
	flip run/store/state 100
	ctl install --force image-4 >/dev/null
	cmp <(head -c 4096 run/store/state) <(tail -c 4096 run/store/state) >&2
	equal "$(value seq)" 7
}

test_a_lost_record_is_made_up() {
	device
	tried
	rm run/store/state
	ctl reject
	equal "$(value failed) $(value current)" "$new $old"
	head -c 8192 /dev/urandom >run/store/state
	runs "$new" candidate
	ctl confirm
	equal "$(value current) $(value previous)" "$new $old"
}

# What runs as the current image, or was confirmed since it started, is known to be good.
test_a_lost_record_keeps_what_runs() {
	local slot
	for slot in current candidate; do
		rm -rf run
		device
		old=$(there 3) new=$(there 4)
		image 5 >/dev/null
		runs "$new" $slot
		[ $slot = current ] || echo "$new" >run/confirmed
		head -c 8192 /dev/zero >run/store/state
		ctl install image-5 >/dev/null
		equal "$(value current) $(value previous)" "$new $old"
		equal "$(line candidate | cut -d ' ' -f 3)" 1.5,
	done
	# ...and nothing else is
	rm -r run/confirmed run/store/state run/store/images/*
	old=$(there 3) new=$(there 4)
	ctl install image-5 >/dev/null
	equal "$(value current)" "$old"
}

test_a_newer_record_is_left_alone() {
	device
	tried
	record write run/store/state version=2 seq=9 current="$old"
	image 5 >/dev/null
	for command in confirm rollback reject "reset --yes" gc "install image-5"; do
		# shellcheck disable=SC2086 # words
		unchanged refuses "the boot record is of a newer version: nothing is changed" ctl $command
	done
}

# A later writer's flags, reasons and bytes stay through every change; another version's go
# when it is asked for.
test_a_later_record() {
	local later
	# but for the first ones, which are about boot slots
	later=$(printf '00%.0s' {1..42})$(printf 'a5%.0s' {1..38})
	device
	tried flags=254 reserved="$later" failed="$(printf '7%.0s' {1..64})" reason=77
	equal "$(line failed)" "777777777777: for a reason that this version does not know"
	for command in confirm rollback "install image-4" reject "reset --yes"; do
		# shellcheck disable=SC2086 # words
		ctl $command >/dev/null
		equal "$(value flags) $(value reserved)" "254 $later"
	done
	equal "$(value current)" "$old"
	record write run/store/state version=2 seq=18446744073709551615 current="$old" \
		previous="$new" candidate="$new" tries=3 tries_left=3 floor=3 reserved="$later"
	misused "reset: --record is for itself" ctl reset --record --yes
	ctl reset --record 2>err
	grep -qx "laminactl: the boot record is written anew; the next boot starts the current image" err
	equal "$(value seq) $(value current) $(value previous) $(value candidate)" "0 $old $new "
	equal "$(value floor) $(value flags) $(value reserved)" "3 0 "
	equal "$(line record)" "copy 1 good, copy 2 good; 0 writes, 0 candidates started"
	ctl install image-4 >/dev/null
	equal "$(value seq) $(value candidate)" "1 $new"
}

# Numbers at their ends, and names of nothing, neither stop an update nor the device.
test_extreme_records() {
	local old new
	device
	for fields in "seq=18446744073709551615" "seq=9223372036854775808" \
		"floor=9223372036854775808" "floor=18446744073709551615"; do
		old=$(there 3) new=$(there 4)
		# shellcheck disable=SC2086 # words
		record write run/store/state current="$old" seq=1 $fields
		equal "$(line 'next boot')" "current ${old:0:12}"
		ctl install image-4 >/dev/null
		equal "$(value candidate)" "$new"
		runs "$new" candidate
		ctl confirm
		equal "$(value current) $(line state)" "$new confirmed"
		rm -r run/confirmed run/store/images/*
	done
	old=$(there 3)
	record write run/store/state seq=4 current="$(printf '7%.0s' {1..64})" \
		previous="$(printf '8%.0s' {1..64})" floor=3
	equal "$(line 'next boot') $(line floor)" "current ${old:0:12} serial 3, of the record"
	ctl install image-4 >/dev/null
	equal "$(value current) $(value candidate) $(value floor)" "$old $new 3"
}

test_reset() {
	device
	tried failed="$(printf '7%.0s' {1..64})" reason=8 floor=2
	mkdir -p run/store/volumes/demo/%2Fdata run/store/upper/demo/sub run/store/inject/etc
	echo x | tee run/store/volumes/demo/%2Fdata/file run/store/upper/demo/sub/file \
		run/store/inject/etc/hostname >/dev/null
	unchanged misused "reset: destroys what is in the store's volumes, uppers and logs: say --yes" \
		ctl reset
	unchanged refuses "the policy names no factory image" ctl reset --yes --factory
	ctl reset --yes
	equal "$(value candidate) $(value failed) $(value current) $(value floor)" "  $old 2"
	equal "$(find run/store/volumes run/store/upper -type f | wc -l)" 0
	equal "$(cat run/store/inject/etc/hostname)" x
}

# A reset before the first image came: it leaves no record that would hide the image.
test_reset_without_an_image() {
	device
	mkdir -p run/store/images run/store/volumes/demo/x
	ctl reset --yes 2>err
	grep -qx "laminactl: volumes, uppers and logs are empty; there is no image to start" err
	[ ! -e run/store/state ] || say "wrote a record that names nothing"
	[ ! -e run/store/volumes/demo ] || say "left the volumes"
	record write run/store/state seq=4 floor=2
	old=$(there 3) new=$(there 4)
	equal "$(line 'next boot')" "candidate ${new:0:12}"
	ctl reject
	equal "$(value current) $(value failed) $(value floor) $(value seq)" "$old $new 2 5"
}

test_a_directory_that_is_no_store() {
	local command
	device
	mkdir -p run/store/volumes run/store/upper run/store/incoming
	echo x | tee run/store/volumes/file run/store/upper/file run/store/incoming/file >/dev/null
	for command in "reset --yes" gc "gc --dry-run"; do
		# shellcheck disable=SC2086 # words
		unchanged refuses "run/store: not a store: there is no images directory" ctl $command
	done
	: >run/store/images
	unchanged refuses "images: Not a directory" ctl reset --yes
	rm run/store/images
	# the factory's image may have written there before any other came
	runs "$(printf '6%.0s' {1..64})" factory
	ctl gc >/dev/null
	ctl reset --yes
	equal "$(find run/store -type f)" ""
}

test_reset_to_the_factorys_image() {
	local factory
	for factory in PARTLABEL=not-anywhere /factory; do
		device "factory $factory"
		tried
		rm run/image
		unchanged refuses "factory $factory: no image of it would start, nothing is changed: " \
			ctl reset -y --factory
	done
	# what runs does start
	runs "$(printf '6%.0s' {1..64})" factory
	ctl reset -y --factory
	equal "$(value candidate) $(value current) $(value previous)" "  "
	equal "$(line 'next boot')" factory
	ctl list | has "${old:0:12}"
}

test_nobody_may_not() {
	device
	tried
	chmod -R go+rX .
	install -m 755 "$laminactl" "$top/ctl-for-all"
	for command in confirm reject rollback; do
		refuses "ermission denied" as_nobody "$top/ctl-for-all" --run run $command
	done
	equal "$(value candidate)" "$new"
}

tell_all
