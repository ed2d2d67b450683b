#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what process 1 has in memory while it supervises an application with a network by DHCP, and what the
network's processes have, once all is calm: as ps shows it, looked at from outside."""
import re
import shutil
import subprocess
import sys

import boot

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
OURS = ("lamina-init", "lamina-net", "udhcpc")


class Resident(boot.Bench):
    def disk(self):
        root, store, disk = self.work / "root", self.work / "store", self.work / "disk.img"
        for part in ("bin", "dev", "proc", "sys", "etc", "run"):
            (root / part).mkdir(parents=True)
        busybox = boot.run(boot.TOP / "rootfs/busybox", self.deb_arch, stdout=subprocess.PIPE).stdout.strip()
        shutil.copy(busybox, root / "bin/busybox")
        (root / "bin/sleep").symlink_to("busybox")
        boot.run(self.lamina, "pack", "-o", store, "--name", "bench", "--compatible", f"lamina,{self.board}",
                 "--arch", self.goarch, "--run", "supervise", "--net", "* dhcp", "--no-readback", "--arg",
                 "/bin/sleep", "--arg", "1000", f"dir:{root}", **QUIET)
        boot.run(self.lamina, "sign", store, "--key", f"{self.key}.key", **QUIET)
        boot.run(self.lamina, "disk", store, "-o", disk, **QUIET)
        return disk

    def initramfs(self):
        policy, whole, root = self.work / "policy", self.work / "whole", self.work / "under"
        policy.write_text(f"store PARTLABEL=lamina-data\ncompatible lamina,{self.board}\non-failure poweroff\n")
        boot.run(self.lamina, "initramfs", "--init", self.build / "lamina-init", "--policy", policy, "--key",
                 f"{self.key}.pub", "-o", whole, **QUIET)
        root.mkdir()
        boot.run("bash", "-c", "cd \"$1\" && zcat \"$2\" | cpio -idm --quiet", "unpack", root, whole)
        (root / "init").rename(root / "lamina-init")
        boot.run(*self.cc, "-D_GNU_SOURCE", "-Os", "-static", "-s", "-o", root / "init", boot.HERE / "resident.c")
        return self.pack_cpio(root, self.work / "initramfs")

    def measure(self):
        out = boot.run(boot.TOP / "qemu/run", "--board", self.board, "--initrd", self.initramfs(), "--disk", self.disk(),
                       "--snapshot", "--mem", 256, "--forward", "0:80", *boot.CLOCK, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT).stdout
        found = dict(re.findall(r"bench: (\S+) (\d+) KiB", out))
        if not all(name in found for name in OURS):
            sys.exit(f"not all of {OURS} run in this boot:\n{out[-3000:]}")
        return {name: int(found[name]) for name in OURS}


def main():
    args = boot.arguments(__doc__, 1).parse_args()
    seen = Resident(args).measure()
    print(f"\nMemory of init's processes while they supervise, on {boot.BOARD}\n")
    for name, kib in seen.items():
        print(f"{name:<12}{kib:6} KiB")
    print(f"{'in all':<12}{sum(seen.values()):6} KiB")


if __name__ == "__main__":
    main()
