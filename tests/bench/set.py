#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures sets: a boot of six members beside one of one, what each costs process 1 of memory, and an update
of one of six beside one of all six.

The members are a shell that sleeps; the last one is started when the others run, says so in the kernel's log,
whose stamps count, and asks init for its memory.
"""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

import boot
import update

MEMBERS = 6
LAST = """echo "bench: last" >/dev/kmsg
/run/lamina/bin/laminactl ps --json | tr -d '\\n'
/run/lamina/bin/laminactl poweroff
sleep 100"""


class Boots(boot.Bench):
    def base(self):
        base = self.work / "base"
        for part in ("bin", "dev", "proc", "sys", "etc", "run"):
            (base / part).mkdir(parents=True)
        busybox = boot.run(boot.TOP / "rootfs/busybox", self.deb_arch, stdout=subprocess.PIPE).stdout.strip()
        shutil.copy(busybox, base / "bin/busybox")
        for name in "sh sleep cat tr".split():
            (base / "bin" / name).symlink_to("busybox")
        return base

    def disk(self, base, members):
        folder = self.work / f"set{members}"
        folder.mkdir()
        lines = ["name bench", f"compatible lamina,{self.board}"]
        for number in range(members):
            name = "last" if number == members - 1 else f"m{number}"
            own = folder / name
            own.mkdir()
            (own / "own").write_text(f"{number}\n")
            lines.append(f"member {name} dir:{base} dir:{own}")
            options = ["run supervise", f"arch {self.goarch}", "net none", "owner 0:0", "stop-timeout 1",
                       "no-readback", "arg /bin/sh", "arg -c"]
            if name == "last":
                options += ["arg " + LAST.replace("%", "%25").replace("\n", "%0A"), "device /dev/kmsg rw",
                            "control manage"]
            else:
                options.append("arg sleep 1000")
                lines.append(f"needs last {name}")
            lines += [f"option {name} {option}" for option in options]
        (folder / "set").write_text("\n".join(lines) + "\n")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        boot.run(self.lamina, "set", "-o", folder / "store", folder / "set", **quiet)
        boot.run(self.lamina, "sign", folder / "store", "--key", f"{self.key}.key", **quiet)
        boot.run(self.lamina, "disk", folder / "store", "-o", folder / "disk.img", **quiet)
        return folder / "disk.img"

    def initramfs(self):
        policy = self.work / "policy"
        policy.write_text(f"store PARTLABEL=lamina-data\ncompatible lamina,{self.board}\non-failure poweroff\n")
        out = self.work / "initramfs"
        boot.run(self.lamina, "initramfs", "--init", self.build / "lamina-init", "--ctl",
                 self.build / "laminactl", "--policy", policy, "--udhcpc", "none", "--key", f"{self.key}.pub",
                 "-o", out, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return out

    def boot_once(self, initrd, disk):
        """Milliseconds from the start of init to the last member's, and KiB of process 1."""
        out = self.console(initrd, disk)
        stamps = [re.search(r"\[ *(\d+\.\d+)\] " + text, out) for text in ("Run /init as init", "bench: last")]
        memory = re.search(r'"initKib": *(\d+)', out)
        if not all(stamps) or not memory:
            sys.exit(f"not all members started in this boot:\n{out[-3000:]}")
        init, last = (float(stamp.group(1)) * 1000 for stamp in stamps)
        return last - init, int(memory.group(1))

    def main(self):
        base, initrd = self.base(), self.initramfs()
        seen = {}
        for members in (1, MEMBERS):
            disk = self.disk(base, members)
            runs = [self.boot_once(initrd, disk) for _ in range(self.runs)]
            seen[members] = [statistics.median(column) for column in zip(*runs)]
        (one, one_kib), (six, six_kib) = seen[1], seen[MEMBERS]
        print(f"init to the last member   1 member {one:6.1f} ms   {MEMBERS} members {six:6.1f} ms"
              f"   ratio {six / one:.2f}, {(six - one) / (MEMBERS - 1):.1f} ms a member")
        print(f"memory of process 1       1 member {one_kib:4.0f} KiB    {MEMBERS} members {six_kib:4.0f} KiB"
              f"    {(six_kib - one_kib) / (MEMBERS - 1):.0f} KiB a member", flush=True)


class Updates(update.Bench):
    """Its layers, each a member of a set."""

    def images(self):
        super().images()
        for number in range(update.LAYERS):
            (self.work / f"layer{number}" / "more").write_bytes(os.urandom(self.megabytes << 20))
            (self.work / f"layer{number}" / f"file{number}").unlink()
        self.bundle("all", 3)

    def bundle(self, name, serial):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        lines = ["name bench", f"serial {serial}", "compatible lamina,bench"]
        for number in range(update.LAYERS):
            lines.append(f"member m{number} dir:{self.work}/layer{number}")
            lines += [f"option m{number} {option}" for option in
                      ("run supervise", "arch amd64", "arg /app", "no-readback", "force")]
        (self.work / "set").write_text("\n".join(lines) + "\n")
        store = self.work / name
        update.run(self.lamina, "set", "-o", store, self.work / "set", **quiet)
        update.run(self.lamina, "sign", store, "--key", self.work / "key.key", **quiet)
        update.run(self.lamina, "bundle", store, "-o", self.work / f"{name}.lamina", **quiet)
        shutil.rmtree(store)

    def instead(self, name):
        """The old set is there."""
        self.fresh()
        self.install("old")
        result = self.measure(lambda: self.install(name))
        self.clean()
        return result

    def main(self, runs):
        rows = {"new": [], "all": []}
        try:
            self.images()
            for _ in range(runs):
                for name, results in rows.items():
                    results.append(self.instead(name))
        finally:
            self.clean()
        (one, one_bytes), (six, six_bytes) = (
            [statistics.median(column) for column in zip(*results)] for results in rows.values())
        print(f"update of a set, {MEMBERS} x {self.megabytes} MiB   one member {one_bytes / 2 ** 20:6.1f} MiB"
              f" {one:5.2f} s   all {six_bytes / 2 ** 20:6.1f} MiB {six:5.2f} s   ratios"
              f" {one_bytes / six_bytes:.2f} and {one / six:.2f}")


def main():
    args = boot.arguments(__doc__, 3).parse_args()
    if os.geteuid() != 0:
        sys.exit("bench-set mounts a file system: it needs root")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    work = pathlib.Path(args.work)
    args.work = work / "boots"
    Boots(args).main()
    update.LAYERS = MEMBERS
    args.work, args.megabytes, args.rss = work / "updates", 8, ""
    args.lamina, args.ctl = pathlib.Path(args.host) / "lamina", pathlib.Path(args.build) / "laminactl"
    Updates(args).main(args.runs)
    shutil.rmtree(work)


main()
