# SPDX-License-Identifier: Apache-2.0
# How stories and their fixtures pack. To be sourced by bash after board/host/lib.sh, with $lamina
# and $board set.
# shellcheck shell=bash disable=SC2154

# pack_image DIRECTORY SOURCE...: with the least that an image must say, for a story writes a
# manifest of its own around the layers, and may put a program there later. Says nothing unless it fails.
pack_image()
{
	local said

	said=$("$lamina" pack --force --output "$1" --name story --compatible "lamina,$board" \
		--arch "$(board_conf "$board" GOARCH)" --run exec --arg /bin/sh "${@:2}" 2>&1) || {
		printf '%s\n' "$said" >&2
		return 1
	}
}
