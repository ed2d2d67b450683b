#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# start.sh PROGRAM LAMINA WORK [ROUNDS]: what starting a container costs, everything below it mounted already,
# beside `crun run` of the same root: namespaces, /dev, /proc, /sys, masked and read-only paths, capabilities,
# the system calls that Docker allows, an empty program, and clearing away.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

me=bench-start
# shellcheck source=board/host/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../board/host/lib.sh"
[[ $# -ge 3 ]] || { echo "usage: tests/bench/start.sh PROGRAM LAMINA WORK [ROUNDS]" >&2; exit 2; }
program=$(realpath "$1") lamina=$(realpath "$2") work=$3 rounds=${4:-100}
[[ $(id -u) -eq 0 ]] || die "needs root, for namespaces and mounts"

# crun wants version 2 of cgroups alone; in a mount namespace of its own, nobody else sees that.
if [[ -z ${LAMINA_BENCH_INSIDE:-} ]]; then
	LAMINA_BENCH_INSIDE=y exec unshare -m --propagation private "$0" "$program" "$lamina" "$work" "$rounds"
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
	# what it always allows; of the rest, which takes a capability or an argument, as little as Lamina
	jq '[.syscalls[] | select(.action == "SCMP_ACT_ALLOW" and
		([.args, .includes, .excludes] | all(. == null or length == 0))).names[]]' \
		"$top/src/pack/seccomp/default.json" >names
	jq --slurpfile names names '.process.args = ["/bin/true"] | .process.terminal = false | del(.process.rlimits) |
		.root.readonly = false | del(.linux.resources) |
		.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO",
			syscalls: [{names: $names[0], action: "SCMP_ACT_ALLOW"}]}' config.json >config.new
	mv config.new config.json
)
"$lamina" pack -o "$work/store" --name bench --compatible bench --run supervise --arg /bin/true --owner 0:0 \
	"dir:$work/bundle/rootfs" >/dev/null 2>&1
syscalls=$(sed -n 's/^syscalls //p' "$work"/store/images/*/manifest)
mount --bind "$work/bundle/rootfs" "$work/bundle/rootfs"
read -r ours theirs < <("$program" "$(realpath "$work/bundle/rootfs")" "$rounds" "$syscalls" \
	crun --root "$work/crun" --cgroup-manager disabled run --bundle "$work/bundle" bench)
printf 'start of a confined container, CPU (median of %s)  lamina-init %s us  crun run %s us  ratio %s\n' \
	"$rounds" "$ours" "$theirs" "$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')"
