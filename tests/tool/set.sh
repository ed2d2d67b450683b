#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sets: several images as one, through all of lamina's and laminactl's commands.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"

# member NAME [LAMINA-OPTION...]: an image of three layers, of which only the uppermost is its own, in
# the store NAME.
member() {
	local name=$1
	shift
	rm -rf "$name" "tree-$name"
	mkdir -p "tree-$name/etc" && echo "$name $*" >"tree-$name/etc/own"
	lamina pack -o "$name" --name "$name" --compatible acme,x --arg /bin/sh --run supervise "$@" \
		"oci:$fixtures/oci" "dir:tree-$name" >/dev/null 2>pack.log || say "$(tail -n 1 pack.log)"
}

# set_of SERIAL [LAMINA-OPTION...]: a signed set of broker and web in the store set-SERIAL; its id.
set_of() {
	local serial=$1
	shift
	rm -rf "set-$serial"
	lamina set -o "set-$serial" --name demo --serial "$serial" "$@" broker=broker web=web ||
		exit 1
	lamina sign "set-$serial" --key "$a.key" >/dev/null
}

both() {
	member broker --volume /data=persist
	member web --env A=b
}

# files DIRECTORY: of a store, blobs and images.
files() { (cd "$1" && find blobs images -type f | sort); }

test_there_and_back() {
	local id
	both
	id=$(set_of 1 --needs 'web broker' --share 'broker:/data web:/d')
	grep -qx 'min-init 3' "set-1/images/$id/manifest"
	equal "$(grep -c ^layer "set-1/images/$id/manifest")" 4
	equal "$(find set-1/blobs -type f | wc -l)" 6
	lamina verify set-1 --key "$a.pub" >out
	grep -q "^member web sha256:[0-9a-f]*: size and sha256 hold, its layers are the set's$" out
	lamina inspect set-1 >out
	grep -q "^member broker$" out
	grep -q "volume  *\/data persist" out
	equal "$(grep -c '^  *of broker, web$' out)" 2
	equal "$(grep -cE '^  *of (broker|web)$' out)" 2
	grep -qx '  layers       0 1 3' out || say "$(grep layers out)"
	lamina inspect set-1 --json | python3 -c 'import json,sys
s = json.load(sys.stdin)
assert [m["layers"] for m in s["members"]] == [[0, 1, 2], [0, 1, 3]], s["members"]
assert [l["members"] for l in s["layers"]][1:3] == [["broker", "web"], ["broker"]], s["layers"]
assert [m["name"] for m in s["members"]] == ["broker", "web"], s["members"]
assert s["members"][0]["image"]["volumes"][0]["path"] == "/data"
assert s["run"]["mode"] == "set" and s["run"]["needs"] == ["web broker"]'
	lamina bundle set-1 -o set.lamina
	lamina verify set.lamina --key "$a.pub" >out
	equal "$(grep -c ^member out)" 2
	lamina unbundle set.lamina -o u >/dev/null
	diff -r set-1 u
	lamina disk set-1 -o disk >/dev/null 2>&1
	equal "$(set_of 1 --needs 'web broker' --share 'broker:/data web:/d')" "$id"
}

test_a_source_is_packed() {
	both
	mkdir tmp
	TMPDIR=$PWD/tmp lamina set -o s --name demo --force --compatible acme,x web=web \
		"oci=oci:$fixtures/oci" >id 2>err || say "$(tail -n 1 err)"
	grep -q '^member oci ' "s/images/$(cat id)/manifest"
	lamina inspect s >out
	grep -q '^  user  *1000:1000$' out
	refuses "member x: oci:$fixtures/oci: not packed" env TMPDIR="$PWD/tmp" "$lamina" set -o s2 \
		--name demo web=web "x=oci:$fixtures/oci"
	grep -q 'no device could start it' "$top/err"
	grep -q -- "--option 'x OPTION VALUE'" "$top/err" || say "does not say how: $(cat "$top/err")"
	[ -z "$(ls -A tmp)" ] || say "left behind: $(ls -A tmp)"
}

test_what_is_no_set() {
	both
	misused "'web' is not NAME=IMAGE" lamina set -o s --name demo web
	misused "'W=web': member W: a name has a-z" lamina set -o s --name demo W=web
	misused "'web=' is not NAME=IMAGE" lamina set -o s --name demo web=
	misused "--name is missing" lamina set -o s a=web
	misused "set: --needs 'a': needs: must be network or, in a set, MEMBER OTHER" lamina set -o s -n demo --needs a a=web
	refuses "there is no such member" lamina set -o s -n demo --needs 'a b' a=web
	refuses "a circle: a would wait for itself" lamina set -o s -n demo --needs 'a b' --needs 'b a' a=web b=broker
	misused "the same name stands there already" lamina set -o s -n demo a=web a=broker
	refuses "member a: nowhere: No such file" lamina set -o s -n demo a=nowhere
	refuses "member a: compatible: is not for other, as the set" lamina set -o s -n demo -c other a=web
	refuses "member a: share: has no persistent volume /data" \
		lamina set -o s -n demo --share 'a:/data b:/data' a=web b=broker
	member exec --run exec
	refuses "member a: run: must be supervise in a set" lamina set -o s -n demo a=exec
	set_of 1 >/dev/null
	refuses "member a: run: a set can't be in a set" lamina set -o s -n demo a=set-1
	[ ! -e s ] || [ -z "$(find s -type f)" ] || say "left behind: $(find s -type f)"
	refuses "run set: is what lamina set makes" lamina pack -o s -n demo -c acme,x --run set --arg /x "oci:$fixtures/oci"
}

# The file and the command line say the same.
test_a_file() {
	local id
	both
	id=$(lamina set -o s1 -n demo --serial 4 --version v1 -c acme,x --hostname h --needs 'web broker healthy' \
		--share 'broker:/data web:/d ro' --net '* dhcp' broker=broker web=web)
	cat >f.set <<-'END'
		# broker and web
		needs web broker healthy
		member broker broker

		net * dhcp
		hostname h
		version v1
		name demo
		member web elsewhere
		serial 3
		share broker:/data web:/d ro
		compatible acme,x
	END
	equal "$(lamina set -o s2 --serial 4 f.set web=web)" "$id"
	refuses "'x=web': f.set has no such member" lamina set -o s3 f.set x=web
	misused "'f.set' is not NAME=IMAGE, and no second file" lamina set -o s3 f.set f.set
	refuses 'member web: elsewhere: No such file' lamina set -o s3 f.set
	[ -z "$(find s3 -type f 2>/dev/null)" ] || say "left behind: $(find s3 -type f)"
}

# member_line WORDS: a line of the manifest of member a, in the set of the store s.
member_line() {
	local blob
	blob=$(sed -n 's/^member a sha256:\([0-9a-f]*\) .*/\1/p' s/images/*/manifest)
	grep -qxF -- "$1" "s/blobs/sha256/$blob" || say "no line '$1' but: $(cat "s/blobs/sha256/$blob")"
}

test_how_members_are_packed() {
	mkdir -p 'own files/etc' && echo x >'own files/etc/x'
	{
		echo 'name demo'
		echo 'compatible acme,x'
		echo 'option a env A=b  c%25'
		echo "member a oci:$fixtures/oci dir:own%20files"
		printf '%s\n' 'option a health true' 'option a replace-links' 'option a pids 9'
	} >f.set
	lamina set -o s --force --option 'a env B=50%' f.set >id 2>err || say "$(tail -n 1 err)"
	member_line 'name a'
	member_line 'env A=b  c%25'
	member_line 'env B=50%25'
	member_line 'health-arg true'
	member_line 'pids 9'
	member_line 'source dir:own files'
	rm -r s
	lamina set -o s --force -n demo -c acme,x --option 'a env A=b  c%' --option 'a replace-links' \
		"a=oci:$fixtures/oci" >/dev/null 2>err || say "$(tail -n 1 err)"
	member_line 'env A=b  c%25'
	misused "'a' is not MEMBER OPTION" lamina set -o s -n demo --option a a=oci:x
	misused "there is no member b" lamina set -o s -n demo --option 'b env A=b' a=oci:x
	misused "'output' is no option of lamina pack for a member" lamina set -o s -n demo --option 'a output x' a=oci:x
	misused "'o' is no option" lamina set -o s -n demo --option 'a o x' a=oci:x
	misused "user takes a value" lamina set -o s -n demo --option 'a user' a=oci:x
	misused "force takes no value" lamina set -o s -n demo --option 'a force x' a=oci:x
	both
	refuses "member a: web is no source such as docker://nginx" lamina set -o s -n demo --option 'a pids 9' a=web
}

# torn WORDS: f.set from standard input is refused so, and nothing is packed.
torn() {
	local status=0
	cat >f.set
	(ulimit -v 400000 && exec timeout 20 "$lamina" set -o torn -n demo f.set) 2>"$top/err" >"$top/out" || status=$?
	equal "$status" 1
	grep -qF -- "lamina: f.set: $1" "$top/err" || say "not '$1' but: $(cat "$top/err")"
	[ ! -e torn ] || say "begun: $(find torn)"
}

test_files_that_are_torn_or_hostile() {
	torn 'line 2: does not end in a line feed' < <(printf 'name demo\nmember a oci:')
	torn 'line 1: byte 0x0d is not printable' <<<$'name demo\r'
	torn 'line 1: byte 0x00 is not printable' < <(printf 'name de\0mo\n')
	torn 'line 1: byte 0xff is not printable' < <(printf 'name \377\n')
	torn 'line 1: ends with a space' <<<'member a '
	torn 'line 1: two spaces after the key' <<<'member  a'
	torn 'line 1: what it is made of is missing' <<<'member a'
	torn 'line 1: a name is missing' <<<'member'
	torn 'line 1: member A: a name has a-z' <<<'member A x'
	torn "line 1: member $(printf 'a%.0s' {1..20})...: the name is too long" <<<"member $(printf 'a%.0s' {1..99}) x"
	torn 'line 2: member a: the same name stands there already' <<<$'member a x\nmember a y'
	torn 'line 1: what it is made of is not spelled as it must be' <<<'member a %7a'
	torn 'line 1: what it is made of is not spelled as it must be' <<<'member a x%00'
	torn 'line 17: a set has at most 16 members' < <(for i in {1..17}; do echo "member a$i x"; done)
	torn 'line 1: there is no member b' <<<$'option b user x\nmember a x'
	torn 'line 2: an option is missing' <<<$'member a x\noption a'
	torn "line 2: option: 'json' is no option of lamina pack for a member" <<<$'member a x\noption a json'
	torn "line 1: 'run' is no word of a set's file" <<<'run set'
	torn 'line 2: serial: stands there twice' <<<$'serial 1\nserial 2'
	torn 'line 1: serial: ' <<<'serial -1'
	torn 'line 1: needs: must be network or, in a set, MEMBER OTHER' <<<'needs a'
	torn 'line 1: net: ' <<<'net x'
	torn 'larger than 65536 bytes' < <(yes '# x' | head -c 70000)
	torn 'line 65: needs: ' < <(for i in {1..65}; do echo "needs a b$i"; done)
	: | torn_usage 'there are no members'
	ln -s loop loop
	misused "'loop' is not NAME=IMAGE, and no file of a set" lamina set -o torn -n demo loop
	rm loop
}

torn_usage() {
	cat >f.set
	misused "$1" lamina set -o torn -n demo f.set
}

# exposing NAME JSON [OPTION...]: the layout NAME, of an image that exposes these ports, and the same as a store
exposing() {
	"$here/layout.py" exposed "oci-$1" "$2"
	lamina pack -o "store-$1" --name "$1" -c acme,x --force --run supervise "${@:3}" "oci:oci-$1" >/dev/null 2>&1
}

# ports MEMBER=IMAGE...: what is said about them, and nothing of it is in the set
ports() {
	rm -rf s
	lamina set -o s -n demo -c acme,x --force "$@" >/dev/null 2>err || say "$(tail -n 1 err)"
	grep -r 'tcp' s && say "it got into the set"
	sed -n 's/^lamina: warning: \(.*\), and one network$/\1/p' err
}

test_equal_ports() {
	exposing a '{"80/tcp": {}, "443": {}, "53/udp": {}}'
	exposing b '{"79-81/tcp": {}, "53/tcp": {}}'
	exposing c '{"443/tcp": {}, "80/udp": {}}' --net none
	exposing alone '{"80/tcp": {}}' --network none
	equal "$(cat store-b/images/*/ports)" "53/tcp
79-81/tcp"
	equal "$(ports a=store-a b=store-b)" "a and b both have port 80/tcp"
	equal "$(ports a=oci:oci-a b=oci:oci-b)" "a and b both have port 80/tcp"
	equal "$(ports b=oci:oci-b c=store-c a=store-a | sort)" "b and a both have port 80/tcp
c and a both have port 443/tcp"
	equal "$(ports a=store-a alone=store-alone)" ""
	lamina sign store-b --key "$a.key" >/dev/null
	lamina bundle store-b -o b.lamina
	equal "$(ports a=store-a b=b.lamina)" "" # which has nothing to say
	echo 80 >store-c/images/*/ports # as anybody may write there
	equal "$(ports a=store-a c=store-c)" "a and c both have port 80/tcp"
}

# What somebody wrote there is a hint, and never in the way.
test_ports_that_are_none() {
	local file
	exposing a '{"80/tcp": {}}'
	file=$(echo store-a/images/*/ports)
	for ports in '{"http": {}, "0/tcp": {}, "65536/tcp": {}, "9-8/tcp": {}, "80/TCP": {}, "80/": {}, "/tcp": {},
		"80/tcp/udp": {}, "80\n81": {}, "99999999999999999999/tcp": {}}' '[80]' '"80/tcp"' null '{}' 7; do
		rm -rf oci-b store-b
		exposing b "$ports"
		[ ! -e store-b/images/*/ports ] || say "$ports: $(cat store-b/images/*/ports)"
		equal "$(ports a=store-a b=store-b)" ""
	done
	for i in {1..3000}; do echo "$i-65535/tcp"; done >"$file"
	equal "$(ports a=store-a b=store-b)" ""
	head -c 4096 /dev/urandom >"$file"
	ports a=store-a b=store-b >/dev/null
	printf '80/tcp' >"$file" # without its end
	exposing c '{"80/tcp": {}}'
	equal "$(ports a=store-a c=store-c)" "a and c both have port 80/tcp"
	rm "$file" && mkdir "$file"
	equal "$(ports a=store-a c=store-c)" ""
	rmdir "$file" && ln -s /etc/passwd "$file"
	equal "$(ports a=store-a c=store-c)" ""
	rm "$file" && mkfifo "$file"
	equal "$(ports a=store-a c=store-c)" ""
}

test_needs_that_wait_in_vain() {
	both
	for how in healthy 'done'; do
		lamina set -o s -n demo --needs "web broker $how" broker=broker web=web >/dev/null 2>"err-$how"
	done
	grep -q 'warning: needs web broker healthy: broker has no check of its health' err-healthy || say "$(cat err-healthy)"
	grep -q 'warning: needs web broker done: broker is started again whenever it ends' err-done || say "$(cat err-done)"
	member broker --health true --restart on-failure
	for how in healthy 'done'; do
		lamina set -o s -n demo --needs "web broker $how" broker=broker web=web >/dev/null 2>err
		! grep -q needs err || say "$(cat err)"
	done
}

test_networks_of_members() {
	local i lines=()
	both
	member broker --net 'eth0 dhcp'
	member web --net '* dhcp'
	set_of 1 >/dev/null
	equal "$(grep -c '^net ' set-1/images/*/manifest)" 2
	for i in {1..9}; do lines+=(--net "a$i dhcp"); done
	member broker "${lines[@]}"
	member web "${lines[@]//a/b}"
	refuses 'the members have more than 16 lines net' lamina set -o s -n demo broker=broker web=web
	lamina set -o s -n demo --net none broker=broker web=web >/dev/null
}

test_a_member_that_was_changed() {
	local id blob
	both
	id=$(set_of 1)
	blob=$(sed -n 's/^member web sha256:\([0-9a-f]*\) .*/\1/p' "set-1/images/$id/manifest")
	flip "set-1/blobs/sha256/$blob" 20
	refuses "layers and members does not hold" lamina verify set-1 --key "$a.pub"
	grep -q '^member web sha256:[0-9a-f]*: its sha256 is not what its name says' "$top/out"
	refuses "its sha256 is not what its name says" lamina bundle set-1 -o b.lamina
	refuses "member web (sha256:${blob:0:12}): " lamina disk set-1 -o d
	device
	refuses "member web (sha256:${blob:0:12}): " ctl install set-1
	rm "set-1/blobs/sha256/$blob"
	refuses "member web (sha256:${blob:0:12}): neither in the store nor" ctl install set-1
}

# A member's manifest that holds by its hash, and that the set was never meant for.
test_a_member_that_does_not_fit() {
	local id blob
	both
	member other
	id=$(set_of 1)
	cp other/images/*/manifest m
	blob=$(sha256sum m | cut -c 1-64)
	cp m "set-1/blobs/sha256/$blob"
	sed -i "s/^member web .*/member web sha256:$blob size $(stat -c %s m)/" \
		"set-1/images/$id/manifest"
	mv "set-1/images/$id" "set-1/images/$(sha256sum "set-1/images/$id/manifest" | cut -c 1-64)"
	lamina sign set-1 --key "$a.key" >/dev/null
	device
	refuses "member web (sha256:${blob:0:12}): layer 2 is none of the set's" ctl install set-1
	equal "$(line state)" "no image"
}

test_one_member_anew() {
	local first second written
	both
	device
	first=$(set_of 1)
	ctl install set-1 >/dev/null 2>&1
	lamina bundle set-1 -o 1.lamina
	files run/store >before
	member web --env A=c
	second=$(set_of 2)
	lamina bundle set-2 -o 2.lamina
	equal "$(ctl install 2.lamina 2>err)" "$second"
	files run/store >after
	# two manifests and the signature, and the layer of its own
	written=$(comm -13 before after)
	equal "$(wc -l <<<"$written")" 4
	equal "$(grep -c "^images/$second/" <<<"$written")" 2
	grep -q "^blobs/sha256/$(sed -n 's/^member web sha256:\([0-9a-f]*\) .*/\1/p' \
		"set-2/images/$second/manifest")$" <<<"$written"
	written=$(cd run/store && stat -c %s $written | paste -sd + | bc)
	[ "$written" -lt 12000 ] || say "$written bytes for one small layer"
	grep -q 'in 3 layers there already' err
	ctl confirm 2>/dev/null || ctl reject >/dev/null 2>&1 || true
	ctl gc >/dev/null
	ctl verify >out
	equal "$(grep -c "^image .*: " out)" 0
	runs "$first" current
}

test_what_differs() {
	need sqfs2tar
	both
	set_of 1 >/dev/null
	member web --env A=c
	set_of 2 >/dev/null
	lamina diff set-1 set-2 >out
	grep -qx -- '- web: env A=b' out
	grep -qx -- '+ web: env A=c' out
	grep -q -- '^~ .*/web/etc/own' out || say "$(cat out)"
	[ "$(grep -c 'broker' out)" = 0 ] || say "$(grep broker out)"
	grep -q '^to fetch: 1 layer, ' out
	lamina diff set-1 set-2 --json | python3 -c 'import json,sys
lines = json.load(sys.stdin)["manifest"]
assert {"change": "added", "member": "web", "line": "env A=c"} in lines, lines'
	lamina diff web set-2 >out
	grep -qx -- '+ broker: name broker' out
}

# Volumes are kept by the names of set and member: what a new one leaves behind is told.
test_members_that_were_renamed() {
	both
	device
	set_of 1 >/dev/null
	ctl install set-1 2>notes >/dev/null
	! grep volumes notes || say "there are none yet"
	mkdir -p run/store/volumes/{demo+broker,demo+old,web,else+web,else+other,other,"no name"}/data
	set_of 2 >/dev/null
	ctl install set-2 2>notes >/dev/null
	equal "$(grep volumes notes | sort)" "laminactl: demo+web has no volumes; else+web has: they are kept by name
laminactl: demo+web has no volumes; web has: they are kept by name
laminactl: the volumes of demo+old stay, and no member is called so now"
	mkdir -p run/store/volumes/demo+web run/store/volumes/demo+job/data
	rm -r run/store/volumes/demo+old
	lamina pack -o alone --name job --serial 3 --compatible acme,x --arg /bin/sh --volume /data=persist \
		"oci:$fixtures/oci" >/dev/null 2>&1
	lamina sign alone --key "$a.key" >/dev/null
	ctl install --other-name alone 2>notes >/dev/null
	grep -q "job has no data in its volume /data; the image .* has: they are kept by name" notes || say "$(cat notes)"
}

test_the_plan() {
	both
	device
	set_of 1 --needs 'web broker healthy' --share 'broker:/data web:/d ro' >/dev/null
	ctl install set-1 >/dev/null 2>&1
	"${laminactl%/*}/lamina-init" --plan --policy run/policy --keyring run/keyring \
		--store run/store >out
	grep -qx 'web overlay: 3 layers and upper' out
	grep -qx 'broker volume 0: /data persistent, volumes/demo+broker of the store' out
	grep -qx 'share 0: broker:/data web:/d ro' out
	grep -qx 'run: supervise broker web' out
	equal "$(grep -c '^layer ' out)" 4
}

tell_all
