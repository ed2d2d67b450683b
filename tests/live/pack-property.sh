#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tests/live/pack-property.sh: random stacks of layers against the reference, as the kernel shows
# them. PACK_SEEDS says how many of each kind (40).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seeds=${PACK_SEEDS:-40}

if [[ $(id -u) -ne 0 ]]; then
	printf 'skip pack-property: mounting needs root\n'
	exit 0
fi
# shellcheck disable=SC2016 # for the inner shell
if ! unshare -m sh -c 'd=$(mktemp -d); mkdir $d/a $d/b $d/c; mount -t overlay \
	-o ro,lowerdir=$d/a:$d/b overlay $d/c; r=$?; umount $d/c; rm -rf "$d"; exit $r' 2>/dev/null; then
	printf 'skip pack-property: no overlayfs here\n'
	exit 0
fi

try()
{
	local name=$1 said
	shift
	if said=$(unshare -m python3 tests/pack/property.py --count "$seeds" "$@" "$O/lamina" 2>&1); then
		printf 'ok pack-property/%s\n' "$name"
	else
		printf '%s\n' "$said" >&2
		printf 'FAIL pack-property/%s: %s\n' "$name" "$(head -n 1 <<<"$said" | cut -c 1-200)"
	fi
}

try layers
try merged --merge
