# SPDX-License-Identifier: Apache-2.0
# More words for boot stories: sets of images. qemu/story-one sources this after qemu/words.sh.
#
#   members                     begins a set, in a new store
#   member NAME [EDIT...]       one of it, supervised, whose program is inside=; EDIT changes its
#                               manifest. Without another layers= it has the pair
#   member_app NAME APP [EDIT...]   one that is an image of rootfs/apps, packed as app packs it
#   set_of [LINE...]            the set of the members so far, with LINEs of its own, signed; EDITs
#                               of the manifest come by set_edits=(...)
#   apps_of                     $apps is the folder of the images of rootfs/apps, LAYOUT:NAME
#   composed SERIAL             adds the set of the Compose file $work/compose.yaml, version SERIAL.0, to
#                               the store, signed
#
# shellcheck shell=bash disable=SC2154,SC2034 # cases share variables and words

members()
{
	image
	rm -f "$work"/set.*
}

member()
{
	text_of_image >"$work/manifest"
	edit "s/^name .*/name $1/" 's/^run .*/run supervise/' 's/^min-init .*/min-init 2/' \
		's/^upper .*/upper tmpfs/' "${@:2}"
	add_member "$1" "$store"
}

# add_member NAME STORE: $work/manifest is its own.
add_member()
{
	local id

	id=$(sha256sum "$work/manifest" | cut -c 1-64)
	cp "$work/manifest" "$2/blobs/sha256/$id"
	echo "member $1 sha256:$id size $(stat -c %s "$work/manifest")" >>"$work/set.members"
	grep '^layer ' "$work/manifest" >>"$work/set.layers"
}

# The store is made anew by each: what is for the set waits beside it.
member_app()
{
	app "$2"
	[[ $# -lt 3 ]] || edit "${@:3}"
	mkdir -p "$work/set.store/blobs/sha256" "$work/set.store/images"
	ln -f "$packed"/blobs/sha256/* "$work/set.store/blobs/sha256"
	add_member "$1" "$work/set.store"
}

set_of()
{
	{
		printf '%s\n' 'lamina 1' 'name story' 'version 1.0' 'serial 5' \
			"compatible lamina,$board" "arch $goarch" 'min-init 3'
		awk '!seen[$0]++' "$work/set.layers"
		cat "$work/set.members"
		printf '%s\n' 'run set' "$@"
	} >"$work/manifest"
	[[ ! -d $work/set.store ]] || {
		rm -r "$store"
		mv "$work/set.store" "$store"
	}
	[[ -z ${set_edits[*]:-} ]] || edit "${set_edits[@]}"
	sign
}

apps_of()
{
	needs_network
	apps=$("$top/rootfs/apps/build" "$(board_conf "$board" DEB_ARCH)" 2>"$work/apps.log") ||
		skip "$(tail -n 1 "$work/apps.log")"
}

composed()
{
	"$lamina" set --output "$store" --compose "$work/compose.yaml" --serial "$1" --version "$1.0" \
		--compatible "lamina,$board" >"$work/set.id" 2>"$work/set.log" ||
		fail "lamina set: $(tail -n 1 "$work/set.log")"
	cp "$store/images/$(<"$work/set.id")/manifest" "$work/manifest"
	sign
}
