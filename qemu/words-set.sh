# SPDX-License-Identifier: Apache-2.0
# More words for boot stories: sets of images. qemu/story-one sources this after qemu/words.sh.
#
#   members                     begins a set, in a new store
#   member NAME [EDIT...]       one of it, supervised, whose program is inside=; EDIT changes its
#                               manifest. Without another layers= it has the pair
#   set_of [LINE...]            the set of the members so far, with LINEs of its own, signed; EDITs
#                               of the manifest come by set_edits=(...)
#
# shellcheck shell=bash disable=SC2154,SC2034 # cases share variables and words

members()
{
	image
	rm -f "$work"/set.*
}

member()
{
	local id

	text_of_image >"$work/manifest"
	edit "s/^name .*/name $1/" 's/^run .*/run supervise/' 's/^min-init .*/min-init 2/' \
		's/^upper .*/upper tmpfs/' "${@:2}"
	id=$(sha256sum "$work/manifest" | cut -c 1-64)
	cp "$work/manifest" "$store/blobs/sha256/$id"
	echo "member $1 sha256:$id size $(stat -c %s "$work/manifest")" >>"$work/set.members"
	grep '^layer ' "$work/manifest" >>"$work/set.layers"
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
	[[ -z ${set_edits[*]:-} ]] || edit "${set_edits[@]}"
	sign
}
