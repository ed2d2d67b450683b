#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures boots in QEMU, side by side: lamina-init, the floor and a shell script.

Times are the guest kernel's own stamps in its log: from "Run /init" to the application's first
line. Runs of the contestants alternate, and the median counts. What matters is the ratio: the
machine below is an emulated one.
"""
import argparse
import functools
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
BOARD = "qemu-x86_64" # unless the arguments name another
# The guest's clock counts its instructions, a nanosecond each: the same boot gives the same figure,
# whatever else this machine is doing; only where the guest waits for its disk does real time pass.
CLOCK = ("--", "-icount", "shift=0")


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, text=True, **options)


def alternate(contestants, runs, said=False, choose=statistics.median):
    """Has each run in turn, as often as that; the median of each figure, or what choose() makes of all. Whoever
    waits is told where it is."""
    seen = {name: [] for name in contestants}
    for number in range(runs):
        for name, once in contestants.items():
            if said:
                print(f"run {number + 1} of {runs}: {name}", file=sys.stderr)
            seen[name].append(once())
    return {name: {key: choose([r[key] for r in results]) for key in results[0]}
            for name, results in seen.items()}


def arguments(text, runs):
    """What a bench of boots is told."""
    parser = argparse.ArgumentParser(description=text.split("\n")[0])
    parser.add_argument("--build", required=True, help="device build directory")
    parser.add_argument("--host", required=True, help="host build directory")
    parser.add_argument("--work", required=True, help="scratch folder, emptied first")
    parser.add_argument("--runs", type=int, default=runs)
    return parser


class Bench:
    def __init__(self, args):
        self.build, self.host = pathlib.Path(args.build).resolve(), pathlib.Path(args.host).resolve()
        self.work = pathlib.Path(args.work).resolve()
        self.runs = args.runs
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.lamina = self.host / "lamina"
        self.board = getattr(args, "board", BOARD)
        conf = (TOP / "board" / self.board / "board.conf").read_text()
        self.goarch, self.deb_arch = (re.search(rf"^{key}=(.*)$", conf, re.M).group(1)
                                      for key in ("GOARCH", "DEB_ARCH"))
        self.cc = run(TOP / "board/host/musl-cross", self.goarch, stdout=subprocess.PIPE).stdout.split()
        self.key = self.work / "bench"
        run(self.lamina, "keygen", "-o", self.key, stdout=subprocess.DEVNULL)
        self.app = self.work / "app"
        run(*self.cc, "-D_GNU_SOURCE", "-Os", "-static", "-s", "-o", self.app, HERE / "app.c")

    def image(self, name, layers, megabytes=0, keys=()):
        """A store on a disk, signed by the bench's key and more: the application, then small layers; noise as the bottom's bulk."""
        folder = self.work / name
        sources = []
        for number in range(layers):
            layer = folder / f"layer{number}"
            for part in ("dev", "proc", "sys", "run"):
                (layer / part).mkdir(parents=True)
            (layer / f"file{number}").write_text(f"{number}\n")
            sources.append(f"dir:{layer}")
        shutil.copy(self.app, folder / "layer0" / "app")
        if megabytes:
            run("head", "-c", megabytes << 20, "/dev/urandom",
                stdout=open(folder / "layer0" / "noise", "wb"))
        store = folder / "store"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        run(self.lamina, "pack", "-o", store, "--name", "bench", "--compatible",
            f"lamina,{self.board}", "--arch", self.goarch, "--arg", "/app", "--no-readback", *sources,
            **quiet)
        for key in (self.key, *keys):
            run(self.lamina, "sign", store, "--key", f"{key}.key", **quiet)
        run(self.lamina, "disk", store, "-o", folder / "disk.img", **quiet)
        manifest = next((store / "images").glob("*/manifest")).read_text()
        for layer in folder.glob("layer*"):
            shutil.rmtree(layer)
        shutil.rmtree(store)
        return folder, re.findall(
            r"^layer sha256:(\S+) size (\d+) data (\d+) verity (\S+)$", manifest, re.M)

    def initramfs_lamina(self, key=None):
        key = key or self.key
        policy = self.work / "policy"
        policy.write_text(f"store PARTLABEL=lamina-data\ncompatible lamina,{self.board}\n"
                          "on-failure poweroff\n")
        out = self.work / f"lamina-{key.name}.cpio.gz"
        run(self.lamina, "initramfs", "--init", self.build / "lamina-init", "--policy", policy,
            "--udhcpc", "none", "--key", f"{key}.pub", "-o", out, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        return out

    def initramfs_peak(self, lamina):
        """The same initramfs with lamina-init under peak.c, which reads its memory at the end."""
        root = self.work / f"peak-{lamina.name}"
        root.mkdir()
        run("bash", "-c", "cd \"$1\" && zcat \"$2\" | cpio -idm --quiet", "unpack", root, lamina)
        (root / "init").rename(root / "lamina-init")
        run(*self.cc, "-D_GNU_SOURCE", "-Os", "-static", "-s", "-o", root / "init", HERE / "peak.c")
        return self.pack_cpio(root, self.work / f"{root.name}.gz")

    def pack_cpio(self, root, out):
        run("bash", "-c", "cd \"$1\" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet |"
            " gzip -9n >\"$2\"", "pack", root, out)
        return out

    def initramfs_floor(self, folder, layers, verity):
        root = folder / f"floor{verity}"
        for part in ("dev", "proc", "sys", "run"):
            (root / part).mkdir(parents=True)
        (folder / "floor-layers.h").write_text("".join(
            f'{{ "{blob}", {size}, {data}, "{top}" }},\n' for blob, size, data, top in layers))
        run(*self.cc, "-D_GNU_SOURCE", "-Os", "-static", "-s", f"-DFLOOR_VERITY={verity}", f"-I{folder}", "-o",
            root / "init", HERE / "floor.c")
        return self.pack_cpio(root, folder / f"floor{verity}.cpio.gz")

    def program(self, name):
        """A program of this workstation's own Debian."""
        return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")

    def libraries(self, path):
        """The files that a program is linked with, and their names in an initramfs."""
        return [(name, name) for name in re.findall(r"(/\S+) \(0x", run(
            "ldd", path, stdout=subprocess.PIPE).stdout)]

    def initramfs_script(self, start="/app"):
        root = self.work / "script"
        for part in ("dev", "proc", "sys", "etc", "bin", "sbin", "tmp"):
            (root / part).mkdir(parents=True)
        shutil.copy(self.program("busybox"), root / "bin/busybox")
        for name in ("sh mount mkdir sleep cp base64 grep stat losetup switch_root poweroff"
                     " cat ln").split():
            (root / "bin" / name).symlink_to("busybox")
        for program in ("openssl", "veritysetup"):
            path = self.program(program)
            shutil.copy(path, root / "bin" / program)
            for library, name in self.libraries(path):
                target = root / name.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(library, target)
        shutil.copy(f"{self.key}.pub", root / "etc/lamina.pub")
        script = (HERE / "script-init").read_text().replace(f"lamina,{BOARD}", f"lamina,{self.board}")
        (root / "init").write_text(script.replace("switch_root /root /app", f"switch_root /root {start}"))
        (root / "init").chmod(0o755)
        return self.pack_cpio(root, self.work / "script.cpio.gz")

    def console(self, initrd, disk, memory=256, append="", timeout=180):
        return run(TOP / "qemu/run", "--board", self.board, "--initrd", initrd, "--disk", disk,
                   "--snapshot", "--mem", memory, "--timeout", timeout, "--append",
                   f"printk.devkmsg=on loglevel=7 {append}", *CLOCK, stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT).stdout

    def boot(self, initrd, disk, memory):
        """One boot: stamps in milliseconds and what the application printed."""
        return self.figures(initrd, self.console(initrd, disk, memory))

    def figures(self, name, out):
        stamps = {name: re.search(r"\[ *(\d+\.\d+)\] " + text, out)
                  for name, text in (("init", "Run /init as init"), ("app", "bench: app"))}
        if not all(stamps.values()):
            sys.exit(f"no application in this boot of {name}:\n{out[-3000:]}")
        init, app = (float(stamps[n].group(1)) * 1000 for n in ("init", "app"))
        peaks = [int(n) for n in re.search(r"peak self (\d+) children (\d+)", out).groups()]
        left = int(re.search(r"MemAvailable: +(\d+)", out).group(1))
        verify = re.search(r"^(\d+) (\d+) verify", out, re.M)
        checked = (int(verify.group(2)) - int(verify.group(1))) / 1000 if verify else 0
        return {"init": app - init, "kernel": app, "peak": max(peaks), "left": left,
                "verify": checked}

    def peak(self, initrd, disk, memory=256):
        """KiB of lamina-init's memory, page for page."""
        out = self.console(initrd, disk, memory)
        found = re.search(r"bench: init (\d+) KiB", out)
        if not found:
            sys.exit(f"no figure in this boot of {initrd}:\n{out[-3000:]}")
        return int(found.group(1))

    def compare(self, contestants, disk, runs, memory=256):
        return alternate({name: functools.partial(self.boot, initrd, disk, memory)
                          for name, initrd in contestants.items()}, runs)


def main():
    bench = Bench(arguments(__doc__, 7).parse_args())

    lamina, script = bench.initramfs_lamina(), bench.initramfs_script()
    peak = bench.initramfs_peak(lamina)
    print(f"Boot in QEMU ({BOARD}, TCG), 3 layers; median of {bench.runs} alternating runs\n")
    rsa = bench.work / "rsa"
    run(bench.lamina, "keygen", "--type", "rsa3072", "-o", rsa, stdout=subprocess.DEVNULL)
    lamina_rsa = bench.initramfs_lamina(rsa)
    folder, layers = bench.image("three", 3, keys=[rsa])
    disk = folder / "disk.img"
    contestants = {"lamina-init": lamina,
                   "... RSA-3072 key": lamina_rsa,
                   "floor, same mounts": bench.initramfs_floor(folder, layers, 1),
                   "floor, no verity": bench.initramfs_floor(folder, layers, 0),
                   "shell script": script}
    results = bench.compare(contestants, disk, bench.runs)
    ours = results["lamina-init"]
    ours["peak"] = bench.peak(peak, disk)
    results["... RSA-3072 key"]["peak"] = bench.peak(bench.initramfs_peak(lamina_rsa), disk)
    for name in ("floor, same mounts", "floor, no verity"):
        results[name]["peak"] = None
    print(f"{'':20} {'init to app':>12} {'of ours':>8} {'kernel to app':>14} {'peak memory':>12}"
          f" {'memory left':>12} {'initramfs':>10}")
    for name, r in results.items():
        memory = "-" if r["peak"] is None else f"{r['peak']:.0f} KiB"
        print(f"{name:20} {r['init']:9.1f} ms {r['init'] / ours['init']:7.2f}x"
              f" {r['kernel']:11.0f} ms {memory:>12} {r['left'] / 1024:8.1f} MiB"
              f" {os.path.getsize(contestants[name]) / 1024:6.0f} KiB")
    floor = results["floor, same mounts"]["init"]
    print(f"\nOf lamina-init's time {ours['verify']:.1f} ms are the manifest's signature and the checks"
          f" of the store\n({results['... RSA-3072 key']['verify']:.1f} ms with the RSA key);"
          f" the rest is {(ours['init'] - ours['verify']) / floor:.2f}x the floor.")
    size = os.path.getsize(bench.build / "lamina-init")
    print(f"\nlamina-init is {size / 1024:.1f} KiB, its initramfs "
          f"{os.path.getsize(lamina) / 1024:.1f} KiB compressed.")
    shutil.rmtree(folder)

    print("\nSlope over layers (init to app; 1 GiB of memory)\n")
    print(f"{'layers':>8} {'lamina-init':>12} {'floor':>12} {'ratio':>7} {'peak of init':>13}"
          f" {'memory left':>12}")
    for count in (1, 4, 16, 64, 200):
        folder, layers = bench.image(f"layers{count}", count)
        disk = folder / "disk.img"
        r = bench.compare({"lamina": lamina, "floor": bench.initramfs_floor(folder, layers, 1)},
                          disk, 3, 1024)
        print(f"{count:8} {r['lamina']['init']:9.1f} ms {r['floor']['init']:9.1f} ms"
              f" {r['lamina']['init'] / r['floor']['init']:6.2f}x"
              f" {bench.peak(peak, disk, 1024):9} KiB {r['lamina']['left'] / 1024:8.1f} MiB")
        shutil.rmtree(folder)

    print("\nSlope over image size (init to app)\n")
    print(f"{'image':>8} {'lamina-init':>12} {'floor':>12} {'ratio':>7}")
    for megabytes in (10, 100, 1000):
        folder, layers = bench.image(f"size{megabytes}", 1, megabytes)
        r = bench.compare({"lamina": lamina, "floor": bench.initramfs_floor(folder, layers, 1)},
                          folder / "disk.img", 3)
        print(f"{megabytes:5} MB {r['lamina']['init']:9.1f} ms {r['floor']['init']:9.1f} ms"
              f" {r['lamina']['init'] / r['floor']['init']:6.2f}x")
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
