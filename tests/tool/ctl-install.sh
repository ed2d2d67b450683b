#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# laminactl install and gc: bundles, directories and pipes into a store, and what stays out.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"

# layer SERIAL N: the blob of that image's layer.
layer() {
	sed -n 's/^layer sha256:\([0-9a-f]*\) .*/\1/p' "image-$1"/images/*/manifest | sed -n "$(($2 + 1))p"
}

bundle() { lamina bundle "image-$1" -o "$1.lamina" >bundle.log 2>&1 || say "$(tail -n 1 bundle.log)"; }

test_the_first_image_is_current_at_once() {
	local id
	device
	id=$(image 3)
	equal "$(ctl install image-3)" "$id"
	record show run/store/state >values
	grep -qx "current=$id" values
	grep -qx "candidate=" values
	equal "$(line state)" confirmed
	equal "$(stat -c %s run/store/state)" 8192
	[ -z "$(ls run/store/incoming 2>/dev/null)" ] || say "incoming is not empty"
	diff -r image-3/blobs run/store/blobs >&2
	diff -r image-3/images run/store/images >&2
}

test_the_next_one_is_tried() {
	local old new
	device 'tries 5'
	old=$(image 3) new=$(image 4)
	ctl install image-3 >/dev/null
	bundle 4
	equal "$(ctl install 4.lamina 2>err)" "$new"
	grep -q 'demo 1.4, serial 4: 8.0 KiB written, .* in 2 layers there already' err
	grep -q 'the next boot tries it: 5 tries until it is confirmed' err
	equal "$(line state)" "trying, 5 of 5 tries left"
	equal "$(line 'next boot')" "candidate ${new:0:12}"
	equal "$(line current | cut -c 1-12)" "${old:0:12}"
}

test_with_a_factory_the_first_one_is_tried_too() {
	local id
	device 'factory /dev/vdb'
	id=$(image 3)
	ctl install image-3 >/dev/null
	equal "$(line 'next boot')" "candidate ${id:0:12}"
}

test_from_a_pipe() {
	local id
	device
	id=$(image 3)
	bundle 3
	equal "$(cat 3.lamina | ctl install -)" "$id"
	rm -rf run/store && mkdir run/store
	equal "$(ctl install - <3.lamina)" "$id"
	mkfifo fifo && { cat 3.lamina >fifo & }
	rm -rf run/store && mkdir run/store
	equal "$(ctl install fifo)" "$id"
	diff -r image-3/blobs run/store/blobs >&2
}

test_only_missing_layers_are_written() {
	local shared
	device
	image 3 >/dev/null && image 4 >/dev/null
	ctl install image-3 >/dev/null
	shared=$(stat -c '%i %z' "run/store/blobs/sha256/$(layer 3 0)")
	bundle 4
	ctl install 4.lamina >/dev/null
	equal "$(stat -c '%i %z' "run/store/blobs/sha256/$(layer 3 0)")" "$shared"
}

test_dry_run_changes_nothing() {
	device
	image 3 >/dev/null
	bundle 3
	equal "$(unchanged ctl install --dry-run 3.lamina 2>err)" "$(ls image-3/images)"
	grep -q 'to write' err
	unchanged ctl install -n image-3 >/dev/null 2>&1
	[ -z "$(ls run/store)" ] || say "there is something in the store: $(ls run/store)"
	lamina keygen --keyring "$b.pub" >run/keyring
	refuses "manifest.sig: signed by $(lamina keygen --keyring "$a.pub" | cut -d ' ' -f 2), not trusted here" \
		ctl install --dry-run 3.lamina
}

test_a_directory_of_several() {
	local one
	device
	one=$(image 3) && image 4 >/dev/null
	cp -r image-4/. image-3
	refuses "image-3: 2 images in it: \`lamina bundle --image ID\` takes one" \
		ctl install image-3
	lamina bundle image-3 --image "${one:0:12}" -o one.lamina 2>/dev/null
	equal "$(ctl install one.lamina)" "$one"
	rm -r image-3/images/*
	refuses "image-3: no image in it" ctl install image-3
}

# A device whose keyring has key a; the next one's will have b, and images are signed by both.
# Whatever comes with fewer signatures, the image keeps what it has.
test_signatures_are_merged() {
	local id sig
	device
	id=$(image 3)
	sig=run/store/images/$id/manifest.sig
	cp -r image-3 by-a
	lamina sign image-3 --key "$b.key" >/dev/null
	rm -rf by-b && cp -r image-3 by-b
	grep -v "$(lamina keygen --keyring "$b.pub" | cut -d ' ' -f 2)" \
		"image-3/images/$id/manifest.sig" >"by-a/images/$id/manifest.sig"
	bundle 3 && lamina bundle by-a -o a.lamina 2>/dev/null
	for first in image-3 3.lamina; do
		for second in by-a a.lamina; do
			rm -rf run/store && mkdir run/store
			ctl install "$first" >/dev/null
			cp "$sig" both
			unchanged ctl install "$second" >/dev/null
			same both "$sig"
		done
	done
	# the key changes, and with it what may be installed and started
	lamina keygen --keyring "$b.pub" >run/keyring
	equal "$(line 'next boot')" "current ${id:0:12}"
	refuses "not trusted here" ctl install by-a
	equal "$(line 'next boot')" "current ${id:0:12}"
	# one more comes to it, with either key's device
	device
	rm -rf run/store && mkdir run/store
	ctl install by-a >/dev/null
	equal "$(wc -l <"$sig")" 1
	ctl install 3.lamina >/dev/null
	equal "$(sort "$sig")" "$(sort both)"
	# what a device knows not to hold goes; of what it can't know, its own stays
	sed "/$(lamina keygen --keyring "$b.pub" | cut -d ' ' -f 2)/d" both >only-a
	sed -e "s|^\(sig $(lamina keygen --keyring "$b.pub" | cut -d ' ' -f 2) [^ ]* \).*|\1$(
		openssl dgst -sha256 -sign "$b.key" </dev/null | base64 -w 0)|" both >bad-b
	cp bad-b "by-b/images/$id/manifest.sig"
	ctl install by-b >/dev/null
	equal "$(sort "$sig")" "$(sort both)"
	lamina keygen --keyring "$a.pub" "$b.pub" >run/keyring
	cp bad-b "$sig"
	ctl install 3.lamina >/dev/null
	equal "$(sort "$sig")" "$(sort both)"
}

test_what_is_refused() {
	local old
	device 'floor 3'
	old=$(image 3) && image 2 >/dev/null
	ctl install image-3 >/dev/null
	bundle 2
	unchanged refuses "2.lamina: serial 2 is below the rollback floor 3" ctl install 2.lamina
	image 5 --arch "$([ "$(uname -m)" = x86_64 ] && echo arm64 || echo amd64)" >/dev/null
	unchanged refuses "image-5: " ctl install image-5
	image 6 --compatible other,device >/dev/null
	printf '%s\n' 'store /dev/vda' 'compatible acme,y' >run/policy
	unchanged refuses "compatible" ctl install image-3
	device
	image 7 >/dev/null
	cp -r image-7 unsigned && rm unsigned/images/*/manifest.sig
	unchanged refuses "unsigned: not signed: run \`lamina sign\`" ctl install unsigned
	lamina sign unsigned --key "$b.key" >/dev/null
	unchanged refuses "not trusted here" ctl install unsigned
	refuses "nowhere: No such file" ctl install nowhere
	refuses "https://x.example/a.lamina: nothing is fetched here; \`curl -sf URL | laminactl install -\`" \
		ctl install https://x.example/a.lamina
	refuses "/dev/null: empty" ctl install /dev/null
	refuses "standard input: empty" ctl install - </dev/null
	refuses "run/policy: not a bundle" ctl install run/policy
	head -c 5000 /dev/zero | tr '\0' x >text
	refuses "text: not a bundle: where manifest should be: not a tar header" ctl install text
	cp -r image-6/. image-7
	refuses "image-7: 2 images in it: \`lamina bundle --image ID\` takes one" ctl install image-7
	mkdir -p none/images
	refuses "none: no image in it" ctl install none
	misused "install: BUNDLE|DIRECTORY|- is missing" ctl install
	misused "install: what is 'two'?" ctl install one two
	equal "$(line current | cut -c 1-12)" "${old:0:12}"
}

test_a_record_comes_before_a_second_image() {
	local old
	device
	old=$(there 3) && image 2 >/dev/null
	bundle 2
	head -c $(($(stat -c %s 2.lamina) / 2)) 2.lamina >cut.lamina
	refuses "cut.lamina: " ctl install cut.lamina
	record show run/store/state >values
	grep -qx "current=$old" values
	grep -qx "candidate=" values
}

test_the_record_has_a_floor_too() {
	local old
	device
	old=$(image 5) && image 4 >/dev/null
	ctl install image-5 >/dev/null
	record write run/store/state seq=1 current="$old" floor=5
	unchanged refuses "serial 4 is below the rollback floor 5" ctl install image-4
}

test_damaged_sources() {
	local size
	device
	image 3 >/dev/null && image 4 >/dev/null
	ctl install image-3 >/dev/null
	bundle 4
	size=$(stat -c %s 4.lamina)
	cp -r run/store/images images-before
	for cut in 100 600 3000 $((size / 2)) $((size - 2000)); do
		head -c "$cut" 4.lamina >cut.lamina
		refuses "cut.lamina: " ctl install cut.lamina
		refuses "standard input: " ctl install - <cut.lamina
	done
	# a header, the manifest, and a layer that is not there already
	for at in 0 520 $(($(grep -abo "$(layer 4 2)" 4.lamina | tail -n +2 | head -n 1 | cut -d : -f 1) + 5000)); do
		ctl gc >/dev/null # a layer that came whole would not be read again
		cp 4.lamina bad.lamina && flip bad.lamina "$at"
		refuses "bad.lamina: " ctl install bad.lamina
	done
	ctl gc >/dev/null
	cp -r image-4 bad && flip "bad/blobs/sha256/$(layer 4 2)" 4500
	refuses "bad: layer 2 (sha256:" ctl install bad
	diff -r run/store/images images-before >&2
	equal "$(line state)" confirmed
	ctl gc >/dev/null
	[ -z "$(ls run/store/incoming 2>/dev/null)" ] || say "gc leaves something in incoming"
	ctl install 4.lamina >/dev/null
	ctl verify candidate >/dev/null
}

test_an_image_that_failed() {
	local old new
	device
	old=$(image 3) new=$(image 4)
	ctl install image-3 >/dev/null
	ctl install image-4 >/dev/null
	ctl reject
	equal "$(line failed)" "${new:0:12} demo 1.4: it was rejected"
	unchanged refuses "image-4: image ${new:0:12} failed on this device (rejected): --force" \
		ctl install image-4
	ctl install --force image-4 >/dev/null
	equal "$(line 'next boot')" "candidate ${new:0:12}"
	equal "$(line current | cut -c 1-12)" "${old:0:12}"
}

test_the_current_image_again() {
	local id blob
	device
	id=$(image 3)
	ctl install image-3 >/dev/null
	equal "$(ctl install image-3 2>err)" "$id"
	grep -q 'it is the current image' err
	equal "$(line state)" confirmed
	blob=run/store/blobs/sha256/$(layer 3 1)
	flip "$blob" 4444
	ctl install image-3 2>err >/dev/null
	grep -q ' written, .* in 2 layers there already' err
	! grep -q ': 0 B written' err || say "$(cat err)"
	ctl verify >/dev/null
	rm "$blob"
	ctl install image-3 >/dev/null
	ctl verify >/dev/null
}

test_a_candidate_gives_way() {
	local old second new
	device
	old=$(image 3) && second=$(image 4) && new=$(image 5)
	for n in 3 4 4; do ctl install image-$n 2>err >/dev/null; done
	! grep forgotten err >&2 || say "it is the same one"
	ctl install image-5 2>err >/dev/null
	grep -qx "laminactl: candidate ${second:0:12} is forgotten" err
	equal "$(ctl list | wc -l)" 2
	equal "$(line 'next boot')" "candidate ${new:0:12}"
	[ ! -e "run/store/blobs/sha256/$(layer 4 2)" ] || say "the old candidate's layer is left"
	ctl install image-3 2>err >/dev/null
	grep -qx "laminactl: candidate ${new:0:12} is forgotten" err
	equal "$(line 'next boot')" "current ${old:0:12}"
	ctl install image-5 2>/dev/null >/dev/null
	ctl reset --yes 2>err
	grep -qx "laminactl: candidate ${new:0:12} is forgotten" err
}

test_an_older_serial_is_noted() {
	device
	image 3 >/dev/null && image 2 >/dev/null && image 4 >/dev/null
	ctl install image-3 2>err >/dev/null
	! grep older err >&2 || say "there is no other"
	for option in --dry-run --force; do
		ctl install $option image-2 2>err >/dev/null
		grep -qx "laminactl: serial 2 is older than the current 3" err
	done
	ctl install image-4 2>err >/dev/null
	! grep older err >&2 || say "it is newer"
}

test_what_comes_by_itself_is_newer() {
	local id
	device
	image 2 >/dev/null && id=$(image 3) && image 4 >/dev/null
	ctl install --newer image-3 >/dev/null # the first
	unchanged refuses "image-2: serial 2 is not above the current 3" ctl install --newer image-2
	cp -r image-3 same && rm -r same/images/* && image 3 --version other >/dev/null
	unchanged refuses "image-3: serial 3 is not above the current 3" ctl install --newer image-3
	cp -r run/store/images same/
	equal "$(ctl install --newer same)" "$id" # it is the current one
	ctl install --newer image-4 >/dev/null
	ctl install image-2 >/dev/null 2>&1
}

# without STORE SERIAL N...: takes these layers out.
without() {
	for n in "${@:3}"; do rm "$1/blobs/sha256/$(layer "$2" "$n")"; done
}

test_layers_that_the_store_has() {
	local id first
	device
	image 3 >/dev/null && id=$(image 4)
	first="layer 0 (sha256:$(layer 4 0 | cut -c 1-12)): neither in the store nor in the"
	cp -r image-4 part && without part 4 0 1
	refuses "part: $first directory" ctl install part
	[ -z "$(ls -A run/store)" ] || say "something is written: $(ls run/store)"
	ctl install image-3 >/dev/null
	equal "$(ctl install part)" "$id"
	ctl verify >/dev/null
	ctl reject
	lamina bundle image-4 --from image-3 -o part.lamina
	equal "$(tar tf part.lamina | grep -c "$(layer 4 2)")" 1
	equal "$(tar tf part.lamina | grep -c "$(layer 4 0)\|$(layer 4 1)")" 0
	equal "$(cat part.lamina | ctl install --force -)" "$id"
	ctl verify >/dev/null
	rm -rf run/store && mkdir run/store
	for source in part.lamina -; do
		refuses "$first bundle" ctl install $source <part.lamina
		[ -z "$(ls -A run/store)" ] || say "something is written: $(ls run/store)"
	done
}

# offer EXPRESSION OPTION...: of `install --dry-run --json`, in Python, and the exit status.
offer() {
	local status=0
	ctl install --dry-run --json "${@:2}" >offer.json 2>err || status=$?
	python3 -c "import json; o = json.load(open('offer.json')); print(($1), end='')"
	echo " $status"
}

test_what_is_offered() {
	local where="[b['where'] for b in o['blobs']]"
	device
	image 2 >/dev/null && image 3 >/dev/null && image 4 >/dev/null
	cp -r image-3 head && without head 3 0 1 2
	equal "$(unchanged offer "o['holds'], o['name'], o['serial'], o['slot'], o['bases'], $where" head)" \
		"(True, 'demo', 3, None, [], [None, None, None]) 0"
	equal "$(python3 -c "import json; print(json.load(open('offer.json'))['id'])")" "$(ls head/images)"
	ctl install image-3 >/dev/null
	equal "$(offer "o['slot'], $where" head)" "('current', ['store', 'store', 'store']) 0"
	cp -r image-4 part && without part 4 0
	equal "$(unchanged offer "$where" part)" "['store', 'store', 'source'] 0"
	without part 4 2
	equal "$(unchanged offer "$where" part)" "['store', 'store', None] 0"
	equal "$(offer "[b['digest'] for b in o['bases']]" part)" \
		"['$(layer 3 0)', '$(layer 3 1)', '$(layer 3 2)'] 0"
	equal "$(offer "[b['size'] for b in o['blobs']]" part)" \
		"[$(for n in 0 1 2; do stat -c %s "image-4/blobs/sha256/$(layer 4 $n)"; done | paste -sd , | sed 's/,/, /g')] 0"
	equal "$(offer "o['holds'], o['reason'], len(o['blobs'])" --newer image-2)" \
		"(False, 'serial 2 is not above the current 3', 3) 1"
	grep -qx 'laminactl: image-2: serial 2 is not above the current 3' err
	printf '%s\n' 'store /dev/vda' 'compatible acme,y' >run/policy
	equal "$(offer "o['holds'], o.get('blobs')" head)" "(False, None) 1"
	misused "--json goes with --dry-run" ctl install --json head
}

test_an_offer_that_is_not_to_be_believed() {
	device
	image 3 >/dev/null
	lamina keygen --keyring "$b.pub" >run/keyring
	equal "$(unchanged offer "o['holds'], o['reason'][:12], len(o)" image-3)" "(False, 'manifest.sig', 3) 1"
	exec 9<run/store
	need flock && flock 9
	exits 75 "the store is locked" ctl install --dry-run --json image-3
}

# blob_of STORE N: the file of image 4's layer there.
blob_of() { echo "$1/blobs/sha256/$(layer 4 "$2")"; }

test_layers_are_taken() {
	local inode
	device
	image 3 >/dev/null && image 4 >/dev/null
	ctl install --move image-3 2>err >/dev/null
	grep -q 'serial 3: 0 B written, .* in 3 layers there already' err || say "$(cat err)"
	[ -z "$(ls image-3/blobs/sha256)" ] || say "it is copied"
	ctl verify >/dev/null
	inode=$(stat -c %i "$(blob_of image-4 2)")
	chmod 666 "$(blob_of image-4 2)"
	ctl install --move image-4 >/dev/null 2>&1
	equal "$(stat -c '%i %a' "$(blob_of run/store 2)")" "$inode 644"
	[ -e "$(blob_of image-4 1)" ] || say "what the store has is taken"
}

# What somebody else could still change is copied.
test_layers_that_are_not_taken() {
	local inode
	device
	image 3 >/dev/null && image 4 >/dev/null && cp -r image-4 again
	ctl install image-3 >/dev/null
	inode=$(stat -c %i "$(blob_of image-4 2)")
	ln "$(blob_of image-4 2)" second
	ctl install --move image-4 2>err >/dev/null
	! grep -q ': 0 B written' err || say "$(cat err)"
	[ "$(stat -c %i "$(blob_of run/store 2)")" != "$inode" ] || say "it has two names"
	same second "$(blob_of run/store 2)"
	ctl reject && ctl gc >/dev/null
	exec 7<>"$(blob_of again 2)"
	ctl install --force --move again >/dev/null 2>&1
	printf changed >&7
	ctl verify >/dev/null
	exec 7>&-
}

# A file is not renamed from one mount to another, though both are of one file system; and what has to be copied needs
# room, which is told first.
test_layers_in_another_mount() {
	[ "$(id -u)" = 0 ] || skip "needs root to mount"
	device
	mkdir -p tree-3/etc elsewhere && head -c 300000 /dev/urandom >tree-3/etc/noise
	image 3 >/dev/null
	cat >in-private <<-'END'
		set -e
		mount -t tmpfs -o size=600k none run/store
		cp -r image-3 run/store/source
		mount --bind run/store/source elsewhere
		! "$1" --run run install --move elsewhere 2>err
		ls elsewhere/blobs/sha256 run/store >there
		mount -o remount,size=2m run/store
		"$1" --run run install --move elsewhere >/dev/null 2>&1
		ls elsewhere/blobs/sha256 | wc -l >copied
		rm -r run/store/blobs run/store/images run/store/state
		mount -o remount,size=600k run/store
		"$1" --run run install --move run/store/source >/dev/null 2>&1
		ls elsewhere/blobs/sha256 | wc -l >moved
	END
	unshare -m true 2>/dev/null || skip "can't mount here"
	unshare -m --propagation private sh in-private "$laminactl" || say "$(tail -n 1 err)"
	grep -q "elsewhere: needs .* in the store" err || say "$(cat err)"
	! grep -qx blobs there || say "something is written"
	equal "$(cat copied moved | paste -sd ' ')" "3 0"
}

test_taken_layers_are_what_was_signed() {
	device
	image 3 >/dev/null && image 4 >/dev/null
	ctl install image-3 >/dev/null
	flip "$(blob_of image-4 2)" 4500
	refuses "layer 2 (sha256:$(layer 4 2 | cut -c 1-12)): its sha256 is not what the manifest says" \
		ctl install --move image-4
	[ ! -e "$(blob_of run/store 2)" ] || say "it is in the store"
	[ -z "$(ls run/store/incoming)" ] || say "left: $(ls run/store/incoming)"
	equal "$(line state)" confirmed
}

test_an_image_that_was_renamed() {
	device
	image 1 --volume /data --volume /var/cache=tmpfs >id
	ctl install image-1 2>notes >/dev/null
	! grep volume notes || say "there is no data at all yet"
	mkdir -p run/store/volumes/demo/data run/store/volumes/elsewhere/other "run/store/volumes/no name/data"
	image 2 --volume /data >id
	ctl install image-2 2>notes >/dev/null
	! grep volume notes || say "it has its own data"
	image 3 --volume /data --name renamed >id
	unchanged refuses "image-3: is called renamed, the current image demo: --other-name" ctl install image-3
	ctl install --dry-run --other-name image-3 2>notes
	grep -qx "laminactl: renamed has no data in its volume /data; the image demo has: they are kept by name" notes ||
		say "$(cat notes)"
	ctl install --other-name image-3 2>notes >/dev/null
	grep -q "the image demo has" notes
	# of a limited size it is a file
	echo ext4 >run/store/volumes/demo/state
	image 4 --volume /state --name sized >id
	ctl install --dry-run --other-name image-4 2>notes
	grep -q "sized has no data in its volume /state; the image demo has" notes || say "$(cat notes)"
	mkdir run/store/volumes/sized
	echo ext4 >run/store/volumes/sized/state
	ctl install --dry-run --other-name image-4 2>notes
	! grep volume notes || say "it has its own file"
}

test_the_last_that_can_be_installed() {
	device
	image 1 --run supervise --control manage >id
	image 2 --run supervise --control manage >id
	image 3 --run supervise >id
	image 4 --run exec >id
	ctl install image-1 >/dev/null 2>&1
	for serial in 2 4; do
		ctl install --dry-run image-$serial 2>notes
		! grep "after it" notes || say "$serial can, or needs not"
	done
	ctl install --dry-run image-3 2>notes
	grep -qx "laminactl: demo can't install what comes after it, as the current image can: its manifest has no control manage" notes ||
		say "$(cat notes)"
}

test_what_runs_is_kept() {
	local running
	device
	image 3 >/dev/null && running=$(image 4) && image 5 >/dev/null
	ctl install image-3 >/dev/null
	ctl install image-4 >/dev/null
	runs "$running" candidate
	ctl install image-5 >/dev/null
	[ -d "run/store/images/$running" ] || say "the running image is gone"
	ctl gc >/dev/null
	[ -e "run/store/blobs/sha256/$(layer 4 2)" ] || say "a layer of the running image is gone"
	rm run/image
	ctl gc >/dev/null
	[ ! -d "run/store/images/$running" ] || say "nothing was taken away"
}

test_gc() {
	device
	there 3 >id && there 4 >/dev/null
	record write run/store/state seq=1 current="$(cat id)"
	mkdir run/store/incoming && head -c 5000 /dev/zero >run/store/incoming/junk
	unchanged ctl gc --dry-run >out
	grep -q '^images 1, layers 1, logs 0, unfinished 1: .* to free$' out
	unchanged ctl gc -n --json >out
	python3 -c 'import json,sys; s = json.load(sys.stdin); assert (s["images"], s["layers"],
s["unfinished"]) == (1, 1, 1) and s["bytes"] >= 8192, s' <out
	ctl gc >out
	grep -q '^images 1, layers 1, logs 0, unfinished 1: .* freed$' out
	equal "$(ls run/store/images)" "$(cat id)"
	ctl verify >/dev/null
	equal "$(ctl gc)" "images 0, layers 0, logs 0, unfinished 0: 0 B freed"
}

test_gc_keeps_too_much_rather_than_too_little() {
	local old
	device
	old=$(there 3) && there 4 >/dev/null
	record write run/store/state seq=1 current="$old"
	flip "run/store/images/$old/manifest" 12
	ctl gc >out
	equal "$(ls run/store/blobs/sha256 | wc -l)" 4
}

test_locked() {
	need flock
	device
	image 3 >/dev/null
	exec 9<run/store
	flock 9
	for command in "install image-3" "install -n image-3" gc reject rollback "reset --yes"; do
		# shellcheck disable=SC2086 # words
		exits 75 "the store is locked: another program changes it" ctl $command
	done
	runs "$(ls image-3/images)" candidate
	exits 75 "the store is locked" ctl confirm
	ctl status >out
	mkdir run/store/images
	ctl gc --dry-run >out
	exec 9<&-
	ctl install image-3 >/dev/null
}

test_space() {
	local id
	[ "$(id -u)" = 0 ] || skip "needs root to mount"
	device
	mount -t tmpfs -o size=200k none run/store 2>/dev/null || skip "can't mount here"
	id=$(image 3)
	mkdir -p tree-4/etc && head -c 300000 /dev/urandom >tree-4/etc/noise
	image 4 >/dev/null
	ctl install image-3 >/dev/null || { umount run/store; exit 1; }
	status=0
	(unchanged refuses "needs " ctl install image-4) || status=1
	head -c 60000 /dev/zero >run/store/blobs/sha256/"$(printf '5%.0s' {1..64})"
	mkdir -p tree-5/etc && head -c 20000 /dev/urandom >tree-5/etc/noise
	image 5 >/dev/null
	ctl install image-5 >/dev/null || status=1
	ctl verify >/dev/null || status=1
	umount run/store
	equal "$status" 0
}

test_a_store_that_is_mounted_read_only() {
	local id status
	need mkfs.ext4
	[ "$(id -u)" = 0 ] || skip "needs root to mount"
	device
	id=$(image 3) && image 4 >/dev/null
	truncate -s 32M disk && PATH=$PATH:/sbin mkfs.ext4 -q disk
	mount -o loop,nosuid,nodev,noexec disk run/store 2>/dev/null || skip "can't mount here"
	mount -o remount,ro run/store
	status=0
	ctl install image-3 >/dev/null && ctl install image-4 >/dev/null || status=1
	runs "$(ls image-4/images)" candidate
	ctl confirm || status=1
	image 5 >/dev/null && bundle 5 && mkfifo fifo
	"$laminactl" --run run install fifo 2>err &
	pid=$!
	exec 8>fifo
	head -c 9000 5.lamina >&8
	soon grep -q " $PWD/run/store .* rw," /proc/mounts || status=1
	kill -TERM $pid
	! wait $pid || status=1
	exec 8>&-
	grep -q 'fifo: interrupted' err || status=1
	grep " $PWD/run/store " /proc/mounts >mounts
	umount run/store
	equal "$status" 0
	grep -q ' ro,nosuid,nodev,noexec' mounts || say "left as $(cat mounts)"
}

test_a_disk_that_is_read_only() {
	need mkfs.ext4
	[ "$(id -u)" = 0 ] || skip "needs root to mount"
	device
	image 3 >/dev/null
	mkdir -p root/images root/blobs
	truncate -s 32M disk && PATH=$PATH:/sbin mkfs.ext4 -q -d root disk
	mount -o loop,ro disk run/store 2>/dev/null || skip "can't mount here"
	status=0
	for option in --dry-run --force; do
		(refuses "image-3: the store's disk is read-only" ctl install $option image-3) || status=1
	done
	(refuses "the store's disk is read-only" ctl reset --yes) || status=1
	umount run/store
	equal "$status" 0
}

# Whoever reads from descriptor 8's other end has read all of it, and begun with it.
is_taken() {
	python3 -c 'import array, fcntl, sys, termios
left = array.array("i", [0])
fcntl.ioctl(8, termios.FIONREAD, left)
sys.exit(left[0])' && sleep 0.5
}

# killed: starts an install that waits for the rest of its bundle, and kills it, as no program can
# help.
killed() {
	mkfifo fifo
	"$laminactl" --run run install fifo 2>err &
	pid=$!
	exec 8>fifo
	head -c 9000 "$1" >&8
	soon is_taken
	kill -KILL $pid
	! wait $pid || say "it went on"
	sleep 0.1
}

test_killed() {
	device
	image 3 >/dev/null && image 4 >/dev/null && bundle 4
	ctl install image-3 >/dev/null
	killed 4.lamina
	ctl install 4.lamina >/dev/null # nobody holds the lock
	ctl verify >/dev/null
	exec 8>&-
}

# how_it_is: the mount of the store, and its file system.
how_it_is() { sed -n "s,.* $PWD/run/store \(r[ow]\).* - ext4 [^ ]* \(r[ow]\).*,\1 \2,p" /proc/self/mountinfo; }

# after_a_kill WORD: how the store is after a change, if one was killed before.
after_a_kill() {
	need mkfs.ext4
	[ "$(id -u)" = 0 ] || skip "needs root to mount"
	device
	image 3 >/dev/null && image 4 >/dev/null && bundle 4
	truncate -s 32M disk && PATH=$PATH:/sbin mkfs.ext4 -q disk
	mount -o loop,nosuid,nodev,noexec disk run/store 2>/dev/null || skip "can't mount here"
	ctl install image-3 >/dev/null || { umount run/store; exit 1; }
	runs "$(ls image-3/images)" current
	echo "store=$1" >>run/image
	mount -o remount,ro run/store
	(killed 4.lamina)
	how_it_is >before
	ctl gc >/dev/null || { umount run/store; exit 1; }
	how_it_is >after
	umount run/store
	equal "$(cat before)" "rw rw"
}

test_read_only_after_a_kill() {
	after_a_kill read-only
	equal "$(cat after)" "ro ro"
}

test_volumes_stay_writable_after_a_kill() {
	after_a_kill writable
	equal "$(cat after)" "ro rw"
}

test_no_store_yet() {
	device
	image 3 >/dev/null
	rmdir run/store
	refuses "run/store: No such file" ctl install image-3
	: >run/store
	refuses "run/store: Not a directory" ctl install image-3
}

test_stores_full_of_junk() {
	device
	image 3 >/dev/null
	: >run/store/images
	refuses "images: Not a directory" ctl install image-3
	rm run/store/images && ln -s /tmp run/store/images
	refuses "images: " ctl install image-3
	rm run/store/images && mkdir -p run/store/state/x
	refuses "boot record: making the file state: Directory not empty" ctl install image-3
	rm -r run/store/state
	printf junk >run/store/state
	ctl install image-3 >/dev/null
}

test_interrupted() {
	local old
	device
	old=$(image 3) && image 4 >/dev/null
	ctl install image-3 >/dev/null
	bundle 4
	mkfifo fifo
	"$laminactl" --run run install fifo 2>err &
	pid=$!
	exec 8>fifo
	head -c 9000 4.lamina >&8
	soon is_taken
	kill -TERM $pid
	! wait $pid || say "it went on"
	exec 8>&-
	grep -qx 'laminactl: fifo: interrupted' err
	equal "$(line 'next boot')" "current ${old:0:12}"
	ctl install 4.lamina >/dev/null
	ctl verify >/dev/null
}

test_the_progress_bar() {
	need script
	device
	image 3 >/dev/null
	bundle 3
	mkfifo fifo
	{ head -c 9000 3.lamina; sleep 3; tail -c +9001 3.lamina; } >fifo &
	script -qec "'$laminactl' --run run install fifo" /dev/null </dev/null >typescript
	grep -q '\[#*\.*\] .* of .*  installing demo' typescript
	ctl gc >/dev/null 2>err
	! grep -q installing err
}

tell_all
