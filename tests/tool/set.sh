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
	lamina inspect set-1 --json | python3 -c 'import json,sys
s = json.load(sys.stdin)
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
	grep -q 'lamina pack -o DIR`, and given as x=DIR' "$top/err" || say "does not say how: $(cat "$top/err")"
	[ -z "$(ls -A tmp)" ] || say "left behind: $(ls -A tmp)"
}

test_what_is_no_set() {
	both
	misused "'web' is not NAME=IMAGE" lamina set -o s --name demo web
	misused "'W=web' is not NAME=IMAGE, with a NAME of a-z" lamina set -o s --name demo W=web
	misused "'web=' is not NAME=IMAGE" lamina set -o s --name demo web=
	misused "--name is missing" lamina set -o s a=web
	misused "set: --needs 'a': needs: must be network or, in a set, MEMBER OTHER" lamina set -o s -n demo --needs a a=web
	refuses "there is no such member" lamina set -o s -n demo --needs 'a b' a=web
	refuses "a circle: a would wait for itself" lamina set -o s -n demo --needs 'a b' --needs 'b a' a=web b=broker
	refuses "the same name stands there already" lamina set -o s -n demo a=web a=broker
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
	refuses "member web (sha256:${blob:0:12}): not in the store" ctl install set-1
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
