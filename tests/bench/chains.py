#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures boot chains: from power on to the application, with a firmware that checks kernel and
initramfs, with the same firmware without a key to check them with, and without a firmware; and what an
update writes of which only the kernel is new, only a layer, or both.

Times are the guest's own counter, which begins at power on and counts instructions (QEMU's -icount), a
nanosecond each; while the guest waits for its disk, the workstation's time passes. QEMU's -icount doesn't get
through UEFI's firmware in a minute: of boards that start by it, of GRUB's too, the figure is another one, the
time of this workstation's processor, user and system, that QEMU takes without -icount from its own start to the
application's line. It says what a start costs beside another one of the same table, and nothing of a device.
Runs alternate, and the median counts; the least is beside it. Written is what the disks were handed, here, by a
laminactl that runs on loop devices.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess

from boot import CLOCK, TOP, alternate, run

LINE = re.compile(r"bench: machine (\d+) kernel (\d+)")
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def conf_of(board):
    """The board's facts, those of the board that it is like first."""
    text = (TOP / "board" / board / "board.conf").read_text()
    facts = dict(re.findall(r"^(\w+)=(.*)$", text, re.M))
    return {**conf_of(facts["LIKE"]), **facts} if "LIKE" in facts else facts


class Chain:
    """A board that starts from its firmware: keys, kernel, initramfs, disk."""

    def __init__(self, args, work):
        self.args, self.work, self.board = args, work, args.board
        self.conf = conf_of(self.board)
        self.like = self.conf["LIKE"]
        self.loader = self.conf["LOADER"]
        self.measure = self.spent if self.loader in ("efi", "grub") else self.counted
        work.mkdir(parents=True)
        self.firmware = work / "firmware"
        run(TOP / "qemu/firmware", self.board, self.firmware)
        self.kernel = pathlib.Path(run(TOP / "qemu/kernel", self.board,
                                       stdout=subprocess.PIPE).stdout.strip())
        run(args.lamina, "keygen", "-o", work / "key", **QUIET)
        policy = work / "policy"
        self.kind = {"efi": "efi", "grub": "grubenv"}.get(self.loader, "sector")
        where = "" if self.loader == "efi" else " PARTLABEL=boot-state"
        policy.write_text(f"store PARTLABEL=lamina-data\ncompatible lamina,{self.board}\n"
                          "boot-slot PARTLABEL=boot-a\nboot-slot PARTLABEL=boot-b\n"
                          f"boot-loader {self.kind}{where}\non-failure poweroff\n")
        self.initramfs = work / "initramfs"
        run(args.lamina, "initramfs", "-o", self.initramfs, "--init", args.build / "lamina-init", "--ctl",
            args.build / "laminactl", "--policy", policy, "--key", work / "key.pub", "--boot-id", "bench",
            **QUIET)
        self.blob = self.make_blob()
        self.disk = self.make_disk()

    def make_blob(self):
        blob, key = self.work / "boot", self.firmware / "boot.key"
        form = ["--fit"]
        if self.loader == "grub":
            run(TOP / "qemu/grub-blob", self.firmware, self.kernel, self.initramfs, blob)
            return blob
        if self.loader == "efi":
            words = f"console={self.conf['CONSOLE']} panic=-1 {self.conf['APPEND']}".strip()
            form = ["--uki", "--stub", self.firmware / "stub", "--cert", self.firmware / "boot.crt",
                    "--cmdline", words]
        run(self.args.lamina, "boot", *form, "-o", blob, "--kernel", self.kernel, "--initramfs",
            self.initramfs, "--key", key, **QUIET)
        return blob

    def make_disk(self):
        root, store, disk = self.work / "root", self.work / "store", self.work / "disk"
        for part in ("dev", "proc", "sys", "run"):
            (root / part).mkdir(parents=True)
        cc = run(TOP / "board/host/musl-cross", self.conf["GOARCH"],
                 stdout=subprocess.PIPE).stdout.split()
        run(*cc, "-D_GNU_SOURCE", "-Os", "-static", "-s", "-o", root / "app", TOP / "tests/bench/counter.c")
        run(self.args.lamina, "pack", "-o", store, "--name", "bench", "--compatible",
            f"lamina,{self.board}", "--arch", self.conf["GOARCH"], "--arg", "/app", "--boot", self.blob,
            "--boot-id", "bench", f"dir:{root}", **QUIET)
        run(self.args.lamina, "sign", store, "--key", self.work / "key.key", **QUIET)
        files = ["--boot-files", self.firmware / "files"] if self.loader == "grub" else []
        run(self.args.lamina, "disk", store, "-o", disk, "--boot-loader", self.kind, *files, **QUIET)
        return disk

    def put_files(self, disk, firmware):
        """GRUB is on the disk, and its key in it."""
        table = json.loads(run("sfdisk", "-J", disk, stdout=subprocess.PIPE).stdout)
        start, = (p["start"] for p in table["partitiontable"]["partitions"] if p.get("name") == "boot-files")
        with open(disk, "r+b") as out:
            out.seek(start * 512)
            out.write((firmware / "files").read_bytes())

    def boot_from(self, firmware):
        return self.boot(self.board, "--firmware", firmware, firmware=firmware)

    def boot(self, board, *words, firmware=None):
        disk = self.work / "disk.now"
        shutil.copy(self.disk, disk)
        if firmware and self.loader == "grub":
            self.put_files(disk, firmware)
        return self.measure(board, *words, "--disk", disk)

    def counted(self, *words):
        """By the guest's counter: until the application, and how much of that is before the kernel counts."""
        out = run(TOP / "qemu/run", "--board", *words, "--timeout", 1800, *CLOCK, stdout=subprocess.PIPE,
                  stderr=subprocess.STDOUT, errors="replace").stdout
        found = LINE.search(out) or nowhere(words, out)
        machine, kernel = (int(n) / 1e6 for n in found.groups())
        return {"application": machine, "kernel": machine - kernel}

    def spent(self, *words):
        """What QEMU has had of the processor by the application's line; then it is ended."""
        pid, out = self.work / "pid", ""
        # behind that line the guest powers off, and QEMU is to be there still
        command = [TOP / "qemu/run", "--board", *words, "--timeout", 300, "--", "-no-shutdown", "-pidfile", pid]
        with subprocess.Popen([str(c) for c in command], text=True, errors="replace", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as qemu:
            for line in qemu.stdout:
                out += line
                if LINE.search(line):
                    ms = processor_ms(pid.read_text().strip())
                    qemu.terminate()
                    return {"application": ms}
        return nowhere(words, out)

    def times(self, runs):
        own, trusting = self.work / "own", self.work / "trusting"
        shutil.copytree(self.firmware, own)
        run(TOP / "qemu/firmware", self.board, trusting, "--trusting")
        return alternate({
            "firmware that checks": lambda: self.boot_from(own),
            "the same without a key": lambda: self.boot_from(trusting),
            "QEMU loads kernel and initramfs": lambda: self.boot(
                self.like, "--initrd", self.initramfs, "--kernel", self.kernel)}, runs, choose=median_and_least)


def nowhere(words, out):
    raise SystemExit(f"{words[0]} does not come to its application:\n{out[-2000:]}")


def processor_ms(pid):
    """User and system of a process, its threads included."""
    ticks = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return sum(map(int, ticks)) * 1000 / os.sysconf("SC_CLK_TCK")


def median_and_least(times):
    return statistics.median(times), min(times)


class Update:
    """A device's folders and disks, here: a store, the loader's state, two slots."""

    def __init__(self, args, work, blob):
        self.args, self.work, self.blob = args, work, blob
        self.run, self.loops = work / "run", {}
        (self.run / "store").mkdir(parents=True)
        run(args.lamina, "keygen", "-o", work / "key", **QUIET)
        with open(self.run / "keyring", "w") as ring:
            run(args.lamina, "keygen", "--keyring", work / "key.pub", stdout=ring)
        noise = random.Random(1)
        for name in ("base", "old", "new"):
            (work / name).mkdir()
            (work / name / f"{name}-file").write_bytes(noise.randbytes(1 << 20))
        # of its size, and of nobody's form: these are not started
        for name in ("old", "new"):
            (work / f"blob-{name}").write_bytes(noise.randbytes(blob.stat().st_size))
        self.ids = {number: self.bundle(number, kernel, layer) for number, kernel, layer in (
            (1, "old", "old"), (2, "new", "old"), (3, "old", "new"), (4, "new", "new"))}

    def bundle(self, serial, kernel, layer):
        store = self.work / f"store-{serial}"
        name = run(self.args.lamina, "pack", "--force", "-o", store, "--name", "bench", "--serial", serial,
                   "--compatible", "lamina,bench", "--arg", "/app", "--boot", self.work / f"blob-{kernel}",
                   "--boot-id", kernel, f"dir:{self.work}/base", f"dir:{self.work}/{layer}",
                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()
        run(self.args.lamina, "sign", store, "--key", self.work / "key.key", **QUIET)
        run(self.args.lamina, "bundle", store, "-o", self.work / f"{serial}.lamina", **QUIET)
        return name

    def attach(self, name, size):
        path = self.work / f"{name}.img"
        path.unlink(missing_ok=True)
        run("truncate", "-s", size, path)
        self.loops[name] = run("losetup", "--find", "--show", path, stdout=subprocess.PIPE).stdout.strip()
        return self.loops[name]

    def written(self):
        return sum(int(pathlib.Path(f"/sys/block/{os.path.basename(loop)}/stat").read_text().split()[6]) * 512
                   for loop in self.loops.values())

    def install(self, number):
        run(self.args.ctl, "--run", self.run, "install", self.work / f"{number}.lamina", **QUIET)

    def measure(self, number):
        """The first image is there and runs; the bytes that the other one costs."""
        slots = self.blob.stat().st_size + (1 << 20) & ~4095
        state, a, b = self.attach("state", "64K"), self.attach("a", slots), self.attach("b", slots)
        disk = self.attach("store", "256M")
        (self.run / "policy").write_text(
            f"store {disk}\ncompatible lamina,bench\nboot-slot {a}\nboot-slot {b}\nboot-loader sector {state}\n")
        (self.run / "boot-id").write_text("old\n")
        with open(a, "r+b") as slot:
            slot.write((self.work / "blob-old").read_bytes())
        run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", disk)
        run("mount", "-o", "nosuid,nodev,noexec", disk, self.run / "store")
        try:
            self.install(1)
            (self.run / "image").write_text(f"id={self.ids[1]}\nslot=candidate\n")
            run(self.args.ctl, "--run", self.run, "confirm", **QUIET)
            run("sync")
            before = self.written()
            self.install(number)
            run("sync", "-f", self.run / "store")
            return self.written() - before
        finally:
            run("umount", self.run / "store")
            for loop in self.loops.values():
                run("losetup", "-d", loop)
            self.loops.clear()


def kib(path):
    return f"{os.path.getsize(path) / 1024:.0f} KiB"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--board", required=True, help="one that starts from its firmware")
    parser.add_argument("--build", required=True, type=pathlib.Path, help="device build directory")
    parser.add_argument("--lamina", required=True, type=pathlib.Path, help="the workstation's tool")
    parser.add_argument("--ctl", type=pathlib.Path, help="a laminactl of this machine, to measure updates; as root")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--work", required=True, type=pathlib.Path, help="scratch folder, emptied first")
    args = parser.parse_args()
    args.build, args.lamina, work = (p.resolve() for p in (args.build, args.lamina, args.work))
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    shutil.rmtree(work, ignore_errors=True)
    chain = Chain(args, work / "chain")
    figure = ("by the guest's counter, an instruction a nanosecond" if chain.measure == chain.counted else
              "by the processor's time that QEMU takes for it")
    print(f"{args.board}: from power on to the application, {figure}; the median of {args.runs} runs\n")
    for name, ms in chain.times(args.runs).items():
        median, least = ms["application"]
        of = f", of which {ms['kernel'][0]:6.0f} before the kernel counts" if "kernel" in ms else ""
        print(f"  {name:32} {median:8.0f} ms (least {least:.0f}){of}")
    print(f"\n  boot blob {kib(chain.blob)}, of kernel {kib(chain.kernel)} and initramfs {kib(chain.initramfs)};"
          f" laminactl {kib(args.build / 'laminactl')}, lamina-init {kib(args.build / 'lamina-init')}\n")
    if args.ctl:
        update = Update(args, work / "update", chain.blob)
        print("An update, written to store, slots and the loader's state\n")
        for number, name in ((2, "another kernel"), (3, "another layer of 1 MiB"), (4, "both")):
            print(f"  {name:32} {update.measure(number) / 2 ** 20:6.1f} MiB")
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
