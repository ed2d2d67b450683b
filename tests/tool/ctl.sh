#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# laminactl: what it says of a device, in every state that a store can be in.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"

commands() { "$laminactl" | sed -n 's/^  \([a-z]*\)  *[A-Z].*/\1/p'; }

test_help() {
	local command
	[ "$(commands | wc -l)" -ge 7 ] || say "lists: $(commands | tr '\n' ' ')"
	equal "$("$laminactl")" "$("$laminactl" --help)"
	equal "$("$laminactl" --version | cut -d ' ' -f 1)" laminactl
	for command in $(commands); do
		"$laminactl" "$command" --help >help || say "$command --help fails"
		grep -q "^usage: laminactl $command \[OPTION...\]" help || say "$(head -n 1 help)"
		grep -q -- '--store DIR' help
		"$laminactl" help "$command" >word
		same help word
		misused "$command: unknown option --frob" "$laminactl" "$command" --frob
		misused "\`laminactl $command --help\` tells how" "$laminactl" "$command" --frob
	done
	misused "no command 'frob'" "$laminactl" frob
	refuses "standard output" sh -c "'$laminactl' status --help >/dev/full"
}

test_options_before_and_after_the_command() {
	device
	there 3 >id
	# how much is free changes with whatever else this machine does
	"$laminactl" --run run status | grep -v ^free >before
	"$laminactl" status --run run | grep -v ^free >after
	"$laminactl" --policy run/policy --keyring=run/keyring status --store run/store |
		grep -v ^free >apart
	same before after
	grep -v ^running after | cmp - apart >&2
	misused "unknown option --frob" "$laminactl" --frob status
	misused "--store needs a value" "$laminactl" status --store
	misused "--store needs a value" "$laminactl" status --store ''
	misused "status: what is 'more'?" ctl status more
	misused "list: --json takes no value" ctl list --json=x
}

test_where_nothing_is() {
	refuses "/run/lamina-is-not-here/policy is missing: lamina-init leaves it on a device" \
		"$laminactl" --run /run/lamina-is-not-here status
	device
	rm run/keyring
	refuses "run/keyring is missing: lamina-init leaves it on a device; elsewhere say --keyring" \
		ctl status
	refuses "nowhere: No such file" ctl --keyring nowhere status
	device
	rmdir run/store
	refuses "run/store: No such file" ctl status
	refuses "nowhere: No such file" ctl --store nowhere list
	refuses "run/policy: Not a directory" ctl --store run/policy verify
	device 'frobnicate yes'
	refuses "run/policy: line 3" ctl status
}

test_no_image() {
	device
	equal "$(line state)" "no image"
	equal "$(line 'next boot')" "nothing: no image would start"
	equal "$(field 's["state"]')" empty
	equal "$(field 's["next"]')" None
	refuses "not a store" ctl list
	mkdir run/store/images
	equal "$(ctl list)" ""
	equal "$(ctl list --json)" "[]"
	device 'factory /dev/vdb'
	equal "$(line 'next boot')" factory
}

test_a_store_as_lamina_makes_it() {
	local id
	device 'floor 2'
	id=$(there 3)
	equal "$(line state)" confirmed
	equal "$(line 'next boot')" "current ${id:0:12}"
	equal "$(line current)" "${id:0:12} demo 1.3, serial 3, signed by $(cut -d ' ' -f 2 run/keyring)"
	equal "$(line floor)" "serial 2, of the policy"
	equal "$(line record)" "none: the next boot makes one up"
	equal "$(field 's["current"]["id"], s["current"]["layers"], s["current"]["holds"]')" \
		"$id 3 True"
	equal "$(field 's["running"], s["candidate"], s["previous"], s["failed"]')" \
		"None None None None"
	equal "$(field 's["record"]')" \
		"{'valid': False, 'copies': [], 'writes': 0, 'candidatesStarted': 0}"
	equal "$(field 's["floor"]')" "{'serial': 2, 'level': 'policy'}"
	equal "$(field 's["space"]["size"] >= s["space"]["free"] > 0')" True
}

test_trying() {
	local old new
	device
	old=$(there 3) new=$(there 4)
	record write run/store/state seq=7 boots=1 current="$old" candidate="$new" tries=3 \
		tries_left=2 floor=3
	runs "$new" candidate
	equal "$(line state)" "trying, 2 of 3 tries left"
	equal "$(line running)" "candidate ${new:0:12}"
	equal "$(line 'next boot')" "candidate ${new:0:12}"
	equal "$(line floor)" "serial 3, of the record"
	equal "$(line record)" "copy 1 good, copy 2 good; 7 writes, 1 candidate started"
	equal "$(field 's["candidate"]["triesLeft"], s["candidate"]["tries"], s["state"]')" \
		"2 3 trying"
	equal "$(field 's["running"]')" "{'id': '$new', 'slot': 'candidate'}"
	equal "$(field 's["next"]')" "{'slot': 'candidate', 'id': '$new'}"
	ctl list >list
	grep -q "^\* candidate .* ${new:0:12} demo 1.4, serial 4" list
	grep -q "^  current .* ${old:0:12} demo 1.3, serial 3" list
	equal "$(ctl list --json | python3 -c 'import json,sys
print(sorted((i["slot"], i["running"], i["serial"]) for i in json.load(sys.stdin)))')" \
		"[('candidate', True, 4), ('current', False, 3)]"
}

test_no_tries_left() {
	local old new
	device
	old=$(there 3) new=$(there 4)
	record write run/store/state seq=7 current="$old" candidate="$new" tries=3
	equal "$(line 'next boot')" "current ${old:0:12}"
}

test_why_it_fell() {
	local old n words=(x signature incompatible "below floor" missing corrupt "mount failed"
		"tries used up" watchdog panic rejected "the application failed"
		"the application is unhealthy") sentences=(x "no key of this device signs it"
		"it does not fit this device" "its serial is below the rollback floor"
		"it, or a layer of it, is not in the store" "it is not what was signed"
		"it could not be started" "nobody confirmed it" "the watchdog reset the device"
		"the kernel panicked" "it was rejected" "its application failed again and again"
		"its application was unhealthy")
	device
	old=$(there 3)
	for n in {1..12}; do
		record write run/store/state seq=7 current="$old" failed="$(printf '7%.0s' {1..64})" \
			reason="$n"
		equal "$(line failed)" "777777777777: ${sentences[n]}"
		equal "$(field 's["failed"]["reason"]')" "${words[n]}"
		equal "$(field 's["failed"]["why"]')" None
	done
	record write run/store/state seq=7 current="$old" failed="$(printf '7%.0s' {1..64})" reason=10
	# what init left, of this candidate only
	printf 'id=%s\nreason=%s\n' "$(printf '7%.0s' {1..64})" "program: /sbin/gone%0A: No such file" >run/failed
	equal "$(line failed)" "777777777777: it was rejected: program: /sbin/gone?: No such file"
	equal "$(field 's["failed"]["why"]')" "program: /sbin/gone"$'\n'": No such file"
	for n in "id=$(printf '8%.0s' {1..64})" id=7777 "id=$(printf '7%.0s' {1..64})x" ""; do
		printf '%s\nreason=%s\n' "$n" no >run/failed
		equal "$(line failed)" "777777777777: it was rejected"
		equal "$(field 's["failed"]["why"]')" None
	done
	for n in '%' '%0' '%41' "$(printf 'x%.0s' {1..300})"; do
		printf 'id=%s\nreason=%s\n' "$(printf '7%.0s' {1..64})" "$n" >run/failed
		equal "$(line failed)" "777777777777: it was rejected"
	done
}

# told FIRST-BYTES-OF-THE-ID LINES: the record's words about the image that failed.
told() {
	printf '%b' "$2" | python3 -c 'import sys
print(sys.argv[1] + sys.stdin.buffer.read().hex().ljust(480, "0")[:480])' "$1"
}

# Over boots, and when the image is long gone: from the record alone.
test_what_the_record_tells() {
	local old failed words
	device
	old=$(there 3) failed=$(printf '7%.0s' {1..64})
	words=(current="$old" failed="$failed" reason=12)
	record write run/store/state "${words[@]}" \
		told="$(told 7777777777777777 'demo\n9.1\nno route to 10.0.0.1\nkilled by signal 9\n')"
	equal "$(line failed)" \
		"777777777777 demo 9.1: its application was unhealthy: killed by signal 9"
	ctl status | has '^           its health check said last: no route to 10.0.0.1$'
	equal "$(field '[s["failed"][k] for k in ("name", "version", "reason", "why", "check")]')" \
		"['demo', '9.1', 'the application is unhealthy', 'killed by signal 9', 'no route to 10.0.0.1']"
	# an older init has another image fall, and keeps bytes that it does not know
	record write run/store/state "${words[@]}" told="$(told 7777777777777778 'demo\n9.1\nx\ny\n')"
	equal "$(line failed)" "777777777777: its application was unhealthy"
	# whatever is there: nobody vouches for it
	record write run/store/state "${words[@]}" \
		told="$(told 7777777777777777 "\\xff\\033[2J$(printf 'a%.0s' {1..300})")"
	line failed | has '^777777777777 .*\[2Jaaa*: its application was unhealthy$'
	ctl status --json | python3 -c 'import json,sys; json.load(sys.stdin)'
	# the image that failed is still there: an older version wrote the record
	failed=$(there 4)
	record write run/store/state current="$old" failed="$failed" reason=7
	equal "$(line failed)" "${failed:0:12} demo 1.4: nobody confirmed it"
}

# An image of a later version, in the words of a program that is older than it: neither is it taken
# for damaged, nor is anything of it collected.
test_a_later_image() {
	local old new words
	words="manifest: min-init: the image asks for feature level 99, this is 4: it takes a newer version of Lamina"
	device
	old=$(there 3 --run exec)
	later 4
	unchanged refuses "image-4: $words" ctl install image-4
	unchanged refuses "image-4: $words" ctl install --dry-run image-4
	new=$(cat id)
	cp -r image-4/. run/store/
	record write run/store/state current="$old" candidate="$new" tries=3 tries_left=3
	equal "$(line candidate)" "${new:0:12}: $words"
	equal "$(line 'next boot')" "current ${old:0:12}"
	equal "$(field 's["candidate"]["reason"]')" "$words"
	ctl list | has "${new:0:12}: $words"
	"${laminactl%/*}/lamina-init" --plan --policy run/policy --keyring run/keyring \
		--store run/store >out
	grep -qx "candidate image ${new:0:12}: $words" out
	grep -q "^current image $old: " out
	ctl gc
	[ "$(ls run/store/images)" = "$(printf '%s\n' "$old" "$new" | sort)" ]
	equal "$(find run/store/blobs -type f | wc -l)" 4
	# and it may be the one that is current, after the kernel's own way back
	record write run/store/state current="$new" previous="$old"
	equal "$(line current)" "${new:0:12}: $words"
	equal "$(line 'next boot')" "previous ${old:0:12}"
	ctl gc
	equal "$(record show run/store/state | grep -E '^(current|previous)')" "current=$new
previous=$old"
}

test_images_that_do_not_hold() {
	local old new layer
	device 'floor 3'
	old=$(there 3) new=$(there 4)
	record write run/store/state seq=1 current="$old" candidate="$new" tries=3 tries_left=3
	layer=$(sed -n 's/^layer sha256:\([0-9a-f]*\) .*/\1/p' "run/store/images/$new/manifest" | tail -n 1)
	truncate -s -1 "run/store/blobs/sha256/$layer"
	equal "$(line 'next boot')" "current ${old:0:12}"
	line candidate | has 'serial 4, signed by .*: layer 2 (sha256:.*has .* bytes'
	equal "$(field 's["candidate"]["holds"]')" False
	rm "run/store/blobs/sha256/$layer"
	line candidate | has 'not in the store'
	cp run/keyring signer
	lamina keygen --keyring "$b.pub" >run/keyring
	equal "$(line current)" \
		"${old:0:12}: manifest.sig: signed by $(cut -d ' ' -f 2 signer), not trusted here"
	equal "$(field '"name" in s["current"]')" False
	equal "$(line 'next boot')" "nothing: no image would start"
	device 'floor 4'
	line current | has ': serial 3 is below the rollback floor 4$'
	rm -r "run/store/images/$old"
	line current | has "${old:0:12}: .*No such file"
}

# Without a record no slot shows an image that is refused.
test_refused_without_a_record() {
	local id
	device 'threshold 2'
	lamina keygen --keyring "$a.pub" "$b.pub" >run/keyring
	id=$(there 3)
	equal "$(line 'next boot')" "nothing: no image would start"
	line refused | has "^1 image in the store, \`laminactl list\` tells: ${id:0:12}: manifest.sig: "
	equal "$(field 's["refused"]')" 1
	there 4 >/dev/null
	line refused | has "^2 images in the store, "
	device
	equal "$(line refused)" ""
	equal "$(field 's["refused"]')" 0
}

test_one_bad_copy() {
	local id
	device
	id=$(there 3)
	record write run/store/state seq=9 current="$id"
	flip run/store/state 40
	equal "$(line record)" "copy 1 damaged, copy 2 good; 9 writes, 0 candidates started"
	equal "$(field 's["record"]["copies"], s["record"]["valid"]')" "['damaged', 'good'] True"
	record write run/store/state seq=9 current="$id"
	dd if=/dev/zero of=run/store/state bs=512 seek=8 count=1 conv=notrunc status=none
	equal "$(line record)" "copy 1 good, copy 2 empty; 9 writes, 0 candidates started"
}

test_both_copies_bad() {
	local old new
	device
	old=$(there 3) new=$(there 4)
	record write run/store/state seq=9 current="$new" previous="$old"
	flip run/store/state 40
	flip run/store/state 4136
	equal "$(line record)" "copy 1 damaged, copy 2 damaged: the next boot makes one up"
	equal "$(line 'next boot')" "candidate ${new:0:12}"
	equal "$(line current | cut -c 1-12)" "${old:0:12}"
	head -c 8192 /dev/zero >run/store/state
	equal "$(line record)" "copy 1 empty, copy 2 empty: the next boot makes one up"
}

# What has the record's name and can't hold one is as good as two rotten copies.
test_what_can_not_be_a_record() {
	local kind old new
	device
	old=$(there 3) new=$(there 4)
	image 5 >/dev/null
	for kind in short empty link fifo directory; do
		rm -rf run/store/state
		case $kind in
		short) head -c 100 /dev/zero >run/store/state ;;
		empty) : >run/store/state ;;
		link) ln -s ../policy run/store/state ;;
		fifo) mkfifo run/store/state ;;
		directory) mkdir run/store/state ;;
		esac
		equal "$(line record)" \
			"unreadable: not a file of 8192 bytes or more: the next boot makes one up"
		equal "$(line 'next boot')" "candidate ${new:0:12}"
		equal "$(field 's["record"]["copies"], s["record"]["reason"], s["record"]["valid"]')" \
			"[] not a file of 8192 bytes or more False"
		ctl reject
		equal "$(line record)" "copy 1 good, copy 2 good; 1 write, 0 candidates started"
		equal "$(line current | cut -c 1-12)" "${old:0:12}"
		grep -q '^compatible' run/policy
	done
	rm run/store/state
	mkdir -p run/store/state/x
	refuses "boot record: making the file state: Directory not empty" ctl reject
	rm -r run/store/state && : >run/store/state
	ctl install image-5
	equal "$(line current | cut -c 1-12)" "${old:0:12}"
	equal "$(stat -c %a run/store/state)" 600
}

test_a_newer_record() {
	local old new command
	device
	old=$(there 3) new=$(there 4)
	record write run/store/state version=2 seq=9 current="$old"
	equal "$(line record)" "copy 1 newer, copy 2 newer; 9 writes, 0 candidates started: only \
read, \`laminactl reset --record\` writes it anew"
	equal "$(line 'next boot')" "current ${old:0:12}"
	# which would be refused by what is confirmed, as far as that is known
	record write run/store/state version=7 seq=9 current="$new" candidate="$old" tries=1 \
		tries_left=1 floor=4
	equal "$(line current | cut -c 1-12) $(line floor)" "${new:0:12} serial 4, of the record"
	equal "$(line 'next boot')" "current ${new:0:12}"
	runs "$new" candidate
	for command in confirm rollback reject; do
		unchanged refuses "the boot record is of a newer version: nothing is changed" \
			ctl "$command"
	done
}

# What the policy names and nobody has: a device is seen, and nothing of it changes.
test_a_record_that_is_missing() {
	local old command
	device 'state PARTLABEL=lamina-no-such-state'
	old=$(there 3)
	runs "$old" current
	line record >record.line
	grep -q '^unreadable: state: PARTLABEL=lamina-no-such-state: not there; block devices: ' \
		record.line || say "$(cat record.line)"
	grep -q ': no image of the store is started without it$' record.line
	equal "$(line 'next boot')" "nothing: no image would start"
	equal "$(field "s['next']") $(field "s['record']['valid']")" "None False"
	field "s['record']['reason']" | has '^state: PARTLABEL=lamina-no-such-state: not there'
	image 5 >/dev/null
	for command in confirm rollback reject "reset --yes" gc "install image-5"; do
		# shellcheck disable=SC2086 # words
		unchanged refuses "state: PARTLABEL=lamina-no-such-state: not there" ctl $command
	done
	ctl list >/dev/null
}

test_junk_in_the_store() {
	local id
	device
	id=$(there 3)
	mkdir "run/store/images/not-an-image" "run/store/images/$(printf '0%.0s' {1..64})"
	mkfifo "run/store/images/$(printf '1%.0s' {1..64})"
	ln -s /etc "run/store/images/$(printf '2%.0s' {1..64})"
	equal "$(line 'next boot')" "current ${id:0:12}"
	ctl list >list
	equal "$(wc -l <list)" 2
	grep -q '^  -  .*000000000000: manifest: No such file' list
}

# crowd DIR: more directories of images than anybody has.
crowd() {
	local n
	for n in {100..140}; do mkdir -p "$1/images/$(printf '0%.0s' {1..61})$n"; done
}

test_many_images() {
	local id
	device
	id=$(there 3) && there 4 >/dev/null
	crowd run/store
	equal "$(line 'next boot' | cut -d ' ' -f 1)" candidate
	equal "$(ctl list | wc -l)" 43
	equal "$(ctl list --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')" 43
	refuses "41 of 43 images" ctl verify
	ctl verify "$id" >out
	image 5 >/dev/null
	ctl install image-5 >/dev/null
	equal "$(ls run/store/images | wc -l)" 2
}

test_no_control_characters() {
	device
	there 3 >id
	printf 'id=%s\nslot=\033[2J\n' "$(cat id)" >run/image
	printf '1000 2500 \033]0;x\007\xc2\x9bverify\n' >run/boot
	ctl status --boot >out
	! grep -q "$(printf '[\001-\010\013-\037\177]')" out || say "a control character came through"
	! grep -aq "$(printf '\xc2\x9b')" out || say "a C1 character came through"
	grep -q '^running    .* (started as ?\[2J; now current)$' out
	ctl status --boot --json | python3 -c 'import json,sys
s = json.load(sys.stdin)
assert s["running"]["slot"] == "\033[2J", s
assert s["boot"][0]["step"] == "\033]0;x\007\x9bverify", s'
	! ctl status --boot --json | has -a "$(printf '\033')" || say "JSON has a raw escape"
	misused "what is '?[31mred'" ctl status "$(printf '\033[31mred')"
}

test_what_runs_may_be_junk() {
	device
	there 3 >id
	for text in '' 'id=' 'id=zz' "id=$(cat id)" 'slot=current'; do
		printf '%s' "$text" >run/image
		ctl status >out
		! grep -q ^running out || say "believes '$text'"
	done
	head -c 100000 /dev/zero >run/image
	ctl status >out
	rm run/image && ln -s /etc/passwd run/image
	ctl status >out
}

test_timeline() {
	device
	there 3 >id
	refuses "run/boot: No such file" ctl status --boot
	printf '%s\n' '412000 415250 init' junk '5 1 backwards' '415250 500000 layer 0' >run/boot
	ctl status --boot | tail -n 3 >out
	printf '%s\n' '       began at            took  step' \
		'     412.000 ms        3.250 ms  init' '     415.250 ms       84.750 ms  layer 0' |
		cmp - out >&2
	equal "$(field 's.get("boot")')" None
	ctl status --boot --json | has '"step": "layer 0"'
}

test_a_record_elsewhere() {
	local id file
	device 'state PARTLABEL=no-such-partition-anywhere'
	id=$(there 3)
	ctl status | has "^record     unreadable: state: PARTLABEL=no-such-partition-anywhere: not there; block devices: "
	record write elsewhere seq=5 current="$id"
	ctl --state nowhere status | has '^record     unreadable: No such file or directory'
	head -c 100 elsewhere >short
	for file in short /dev/null; do
		ctl --state $file status | has -x \
			'record     unreadable: not a block device or a file of 8192 bytes or more.*'
	done
	# a partition's bytes before there is the partition
	ctl --state elsewhere status | has -x 'record     copy 1 good, copy 2 good; .*'
	image 4 >/dev/null
	truncate -s 8192 blank
	ctl --state blank install image-4 >/dev/null
	equal "$(record show blank | sed -n 's/^current=//p')" "$id"
	equal "$(ctl --state blank status | sed -n 's/^state *//p')" "trying, 3 of 3 tries left"
	[ ! -e run/store/state ] || say "made a file in the store"
}

test_verify() {
	local old new layer
	device
	old=$(there 3) new=$(there 4)
	record write run/store/state seq=1 current="$new" previous="$old"
	ctl verify >out
	equal "$(grep -c '^image' out)" 2
	equal "$(grep -c 'every block holds$' out)" 6
	layer=$(sed -n 's/^layer sha256:\([0-9a-f]*\) .*/\1/p' "run/store/images/$new/manifest" | tail -n 1)
	flip "run/store/blobs/sha256/$layer" 5000
	refuses "1 of 2 images doesn't hold" ctl verify
	grep -q "^layer 2 sha256:${layer:0:12}: .*block" "$top/out"
	refuses "the image doesn't hold" ctl verify current
	ctl verify previous >out
	ctl verify "${old:0:6}" >out
	refuses "no image 'candidate' in the store" ctl verify candidate
	refuses "1 of 2 images doesn't hold" ctl verify --json
	python3 - "$top/out" <<-'END'
		import json, sys
		images = json.load(open(sys.argv[1]))
		assert sorted(all(l["holds"] for l in i["checked"]) for i in images) == [False, True]
		assert all(i["holds"] == all(l["holds"] for l in i["checked"]) for i in images)
		assert [i["reason"][:16] for i in images if not i["holds"]] == ["layer 2 (sha256:"]
	END
	rm "run/store/blobs/sha256/$layer"
	refuses "the image doesn't hold" ctl verify current
	misused "verify: what is 'b'?" ctl verify a b
}

test_reboot_is_for_this_device() {
	device
	misused "reboot: it is this device that goes down, without --run" ctl reboot
	misused "reboot: it is this device that goes down, without --store" \
		"$laminactl" --store run/store reboot
}

test_as_nobody() {
	device
	there 3 >id
	chmod -R go+rX .
	install -m 755 "$laminactl" "$top/ctl-for-all"
	as_nobody "$top/ctl-for-all" --run run status >out
	grep -q '^state      confirmed' out
	record write run/store/state seq=5 current="$(cat id)"
	chmod 600 run/store/state
	as_nobody "$top/ctl-for-all" --run run status >out
	grep -qx 'record     unreadable: Permission denied: no image of the store is started without it' out
	as_nobody "$top/ctl-for-all" --run run status --json | python3 -c 'import json,sys
r = json.load(sys.stdin)["record"]
assert (r["copies"], r["reason"], r["valid"]) == ([], "Permission denied", False), r'
}

tell_all
