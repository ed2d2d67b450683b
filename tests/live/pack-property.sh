#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tests/live/pack-property.sh: stacks of layers against the reference, as the kernel shows them: the
# cases that are known to be hard, and SEEDS random stacks (60), each as it is and merged.
# SEEDS=5000 is a good night's work. What fails is told with the command that tries it again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seeds=${SEEDS:-60}

if [[ $(id -u) -ne 0 ]]; then
	printf 'skip pack-property: mounting needs root\n'
	exit 0
fi
if [[ ! -w /dev/loop-control ]]; then
	printf 'skip pack-property: no loop devices here\n'
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
	if said=$(unshare -m python3 tests/pack/property.py "$@" "$O/lamina" 2>&1); then
		printf '%s\n' "$said" >&2
		printf 'ok pack-property/%s\n' "$name"
	else
		printf '%s\n' "$said" >&2
		printf 'FAIL pack-property/%s: %s\n' "$name" "$(head -n 1 <<<"$said" | cut -c 1-200)"
	fi
}

try cases --case all
try layers --count "$seeds"
try merged --count "$seeds" --merge
