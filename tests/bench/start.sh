#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# start.sh PROGRAM WORK [ROUNDS]: what starting a container costs, everything below it mounted already, beside
# `crun run` of the same root: namespaces, /dev, /proc, /sys, an empty program, and clearing away.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

me=bench-start
# shellcheck source=board/host/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../board/host/lib.sh"
[[ $# -ge 2 ]] || { echo "usage: tests/bench/start.sh PROGRAM WORK [ROUNDS]" >&2; exit 2; }
program=$(realpath "$1") work=$2 rounds=${3:-100}
[[ $(id -u) -eq 0 ]] || die "needs root, for namespaces and mounts"

# crun wants version 2 of cgroups alone; in a mount namespace of its own, nobody else sees that.
if [[ -z ${LAMINA_BENCH_INSIDE:-} ]]; then
	LAMINA_BENCH_INSIDE=y exec unshare -m --propagation private "$0" "$program" "$work" "$rounds"
fi
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
rm -rf "$work"
mkdir -p "$work/bundle/rootfs/bin"
mkdir -p "$work/bundle/rootfs"/{dev,etc,proc,sys}
cp "$("$top/rootfs/busybox" "$(dpkg --print-architecture)")" "$work/bundle/rootfs/bin/true"
# shellcheck disable=SC2094 # the second is made from the first
(
	cd "$work/bundle"
	crun spec
	jq '.process.args = ["/bin/true"] | .process.terminal = false | del(.process.rlimits) |
		.root.readonly = false | del(.linux.resources)' config.json >config.new
	mv config.new config.json
)
mount --bind "$work/bundle/rootfs" "$work/bundle/rootfs"
read -r ours theirs < <("$program" "$(realpath "$work/bundle/rootfs")" "$rounds" \
	crun --root "$work/crun" --cgroup-manager disabled run --bundle "$work/bundle" bench)
printf 'start of a container, CPU (median of %s)  lamina-init %s us  crun run %s us  ratio %s\n' \
	"$rounds" "$ours" "$theirs" "$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')"
