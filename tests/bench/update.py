#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures updates, side by side: laminactl installing an image of five layers of which one
changed, installing all five, and copying a whole image file, which is what an update of a
partition writes. The store is ext4 on a loop device, whose own count of written sectors tells
what a flash would have had to take; runs alternate, and the median counts.

Time ends when everything is on the device: laminactl flushes by itself and reads back what it
wrote, cp is followed by sync. Needs root, to mount.
"""
import argparse
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import time

LAYERS = 5


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, text=True, **options)


def say(text=""):
    print(text, flush=True)


class Bench:
    def __init__(self, args):
        self.lamina, self.ctl = pathlib.Path(args.lamina), pathlib.Path(args.ctl)
        self.rss = pathlib.Path(args.rss)
        self.megabytes = args.megabytes
        self.work = pathlib.Path(args.work)
        shutil.rmtree(self.work, ignore_errors=True)
        (self.work / "run" / "store").mkdir(parents=True)
        self.store = self.work / "run" / "store"
        self.loop = None

    def images(self):
        """One image, the same with another uppermost layer, and each as a bundle."""
        key = self.work / "key"
        run(self.lamina, "keygen", "-o", key, stdout=subprocess.DEVNULL)
        (self.work / "run" / "policy").write_text("store /dev/none\ncompatible lamina,bench\n")
        with open(self.work / "run" / "keyring", "w") as out:
            run(self.lamina, "keygen", "--keyring", f"{key}.pub", stdout=out)
        noise = random.Random(1)
        for number in range(LAYERS):
            layer = self.work / f"layer{number}"
            layer.mkdir()
            (layer / f"file{number}").write_bytes(noise.randbytes(self.megabytes << 20))
        (self.work / "layer0" / "app").write_text("#!/bin/sh\n")
        self.bundle("old", 1)
        (self.work / f"layer{LAYERS - 1}" / f"file{LAYERS - 1}").write_bytes(
            noise.randbytes(self.megabytes << 20))
        self.bundle("new", 2)

    def bundle(self, name, serial):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        store = self.work / name
        run(self.lamina, "pack", "--force", "-o", store, "--name", "bench", "--serial", serial,
            "--compatible", "lamina,bench", "--arch", "amd64", "--arg", "/app", "--no-readback",
            *(f"dir:{self.work}/layer{n}" for n in range(LAYERS)), **quiet)
        run(self.lamina, "sign", store, "--key", self.work / "key.key", **quiet)
        run(self.lamina, "bundle", store, "-o", self.work / f"{name}.lamina", **quiet)
        shutil.rmtree(store)

    def fresh(self):
        """An empty file system of its own: no run meets what the one before left."""
        disk = self.work / "disk"
        disk.unlink(missing_ok=True)
        size = LAYERS * self.megabytes * 3 + 64
        run("truncate", "-s", f"{size}M", disk)
        run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", disk)
        self.loop = run("losetup", "--find", "--show", disk, stdout=subprocess.PIPE).stdout.strip()
        run("mount", "-o", "nosuid,nodev,noexec", self.loop, self.store)

    def clean(self):
        if self.loop:
            run("umount", self.store)
            run("losetup", "-d", self.loop)
            self.loop = None

    def written(self):
        stat = pathlib.Path(f"/sys/block/{os.path.basename(self.loop)}/stat").read_text().split()
        return int(stat[6]) * 512

    def install(self, name):
        run(self.ctl, "--run", self.work / "run", "install", self.work / f"{name}.lamina",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def measure(self, work):
        run("sync")
        before, start = self.written(), time.monotonic()
        work()
        seconds = time.monotonic() - start
        run("sync", "-f", self.store)
        return seconds, self.written() - before

    def copy(self):
        run("cp", self.work / "new.lamina", self.store / "slot")
        run("sync", "-f", self.store)

    def update(self):
        """The old image is there; the new one has one layer of five that is another."""
        self.fresh()
        self.install("old")
        result = self.measure(lambda: self.install("new"))
        self.clean()
        return result

    def whole(self, work):
        self.fresh()
        result = self.measure(work)
        self.clean()
        return result

    def peak(self):
        self.fresh()
        told = self.work / "rss"
        peaks = {}
        for name, arguments in (("install", ["install", self.work / "old.lamina"]),
                                ("install, one layer of five",
                                 ["install", self.work / "new.lamina"]),
                                ("verify", ["verify"]), ("status --json", ["status", "--json"]),
                                ("gc", ["gc"])):
            run(self.rss, told, self.ctl, "--run", self.work / "run", *arguments,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            peaks[name] = int(told.read_text())
        self.clean()
        return peaks


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lamina", required=True)
    parser.add_argument("--ctl", required=True, help="laminactl, static, of this machine")
    parser.add_argument("--rss", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=16, help="of each layer")
    args = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench-update mounts a file system: it needs root")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    bench = Bench(args)
    try:
        bench.images()
        contestants = {
            "laminactl, 1 of 5 layers new": bench.update,
            "laminactl, all 5 layers": lambda: bench.whole(lambda: bench.install("new")),
            "cp + sync of the whole image": lambda: bench.whole(bench.copy),
        }
        results = {name: [] for name in contestants}
        for _ in range(args.runs):
            for name, work in contestants.items():
                results[name].append(work())
        total = LAYERS * args.megabytes
        say(f"An update of an image of {LAYERS} layers, {total} MiB\n")
        say(f"{'':30} {'written':>10} {'of cp':>7} {'time':>9} {'of cp':>7}")
        median = {name: [statistics.median(r[i] for r in rows) for i in (0, 1)]
                  for name, rows in results.items()}
        seconds, written = median["cp + sync of the whole image"]
        for name, (s, w) in median.items():
            say(f"{name:30} {w / 2 ** 20:6.1f} MiB {w / written:6.2f}x {s:7.2f} s"
                f" {s / seconds:6.2f}x")
        say(f"\nlaminactl is {os.path.getsize(args.ctl) / 1024:.1f} KiB. Its peak of memory:")
        for name, kib in bench.peak().items():
            say(f"  {name:28} {kib:5} KiB")
    finally:
        bench.clean()
        shutil.rmtree(bench.work, ignore_errors=True)


if __name__ == "__main__":
    main()
