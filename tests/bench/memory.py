#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tells what memory a boot leaves to the application on a board, beside a shell script's.

The same image of three small layers on machines with less and less memory. Where a contestant
can't boot, it says so, with the last words of the console.
"""
import argparse
import functools
import os
import pathlib
import re
import subprocess

import boot

SIZES = (256, 128, 64, 32) # MiB


class Memory(boot.Bench):
    def __init__(self, args):
        super().__init__(args)
        native = boot.run("dpkg", "--print-architecture", stdout=subprocess.PIPE).stdout.strip()
        self.root = None if native == self.deb_arch else pathlib.Path(boot.run(
            boot.HERE / "foreign-root", self.deb_arch, stdout=subprocess.PIPE).stdout.strip())

    def program(self, name):
        if not self.root:
            return super().program(name)
        return next(self.root / folder / name for folder in ("usr/bin", "bin", "usr/sbin", "sbin")
                    if (self.root / folder / name).exists())

    @functools.lru_cache(maxsize=None)
    def needed(self, path):
        """What a file names itself: nothing of another architecture's can be run to ask it."""
        text = boot.run("readelf", "-dlW", path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        loader = re.findall(r"interpreter: (/\S+?)\]", text)
        found = {name: self.root / name.lstrip("/") for name in loader}
        for name in re.findall(r"\(NEEDED\) .*\[(\S+)\]", text):
            file = next(self.root.glob(f"**/{name}"))
            found["/" + str(file.relative_to(self.root))] = file
        return found

    def libraries(self, path):
        if not self.root:
            return super().libraries(path)
        found, left = {}, [path]
        while left:
            new = {n: f for n, f in self.needed(left.pop()).items() if n not in found}
            found.update(new)
            left += new.values()
        return [(file, name) for name, file in found.items()]

    def left(self, initrd, disk, size):
        """MiB that are left of @size, or why there is no application."""
        try:
            out = self.console(initrd, disk, size)
        except subprocess.CalledProcessError as stuck: # time is up
            out = stuck.stdout
        found = re.search(r"MemAvailable: +(\d+)", out)
        if found:
            return f"{int(found.group(1)) / 1024:.1f} MiB"
        why = re.findall(r"Initramfs unpacking failed.*|Out of memory.*|Kernel panic.*", out)
        why = why[:1] or [line for line in out.splitlines() if line.strip()][-1:]
        return ": ".join(("does not boot", *(line.strip() for line in why)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--board", required=True)
    parser.add_argument("--build", required=True, help="device build directory")
    parser.add_argument("--host", required=True, help="host build directory")
    parser.add_argument("--work", required=True, help="scratch folder, emptied first")
    args = parser.parse_args()
    args.runs = 1
    bench = Memory(args)
    folder, _ = bench.image("three", 3)
    contestants = {"lamina-init": bench.initramfs_lamina(), "shell script": bench.initramfs_script()}
    print(f"Memory left to the application on {args.board}, 3 layers\n")
    for name, initrd in contestants.items():
        print(f"{name}, initramfs of {os.path.getsize(initrd) / 1024:.0f} KiB")
        for size in SIZES:
            print(f"  of {size:3} MiB  {bench.left(initrd, folder / 'disk.img', size)}", flush=True)
    print()


main()
