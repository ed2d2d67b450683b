#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how soon an image of nginx answers: booted by lamina-init, and started by podman in a Debian with
systemd, with the same kernel in the same emulated machine. The image is the stories' own, with a script around
nginx that says how much memory is left once all is calm. The floor of the memory is that kernel with a static
busybox alone, which says the same.

Times are this machine's, from the kernel's first line on the console to the first whole answer at a forwarded
port. Runs of the contestants alternate, and the median counts. Of the disk, what is used: image, initramfs, and
whatever it needs besides the kernel.
"""
import http.client
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time

import boot

HERE, TOP, run, BOARD = boot.HERE, boot.TOP, boot.run, boot.BOARD
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
MEMORY, PATIENCE_S = 1024, 600
TELL = """#!/bin/sh
{
\tuntil test -s /run/nginx.pid; do sleep 1; done
\tsleep 20
\techo told $(grep -e MemTotal -e MemAvailable /proc/meminfo)
} &
exec nginx -g 'daemon off;'
"""
FLOOR = """#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox sleep 20
echo told $(busybox grep -e MemTotal -e MemAvailable /proc/meminfo)
busybox sleep 1000
"""


class Machine:
    """One boot, whose console is read as it comes."""

    def __init__(self, work, *options):
        port_file = work / "port"
        port_file.unlink(missing_ok=True)
        self.began, self.lines, self.port_file = None, [], port_file
        self.child = subprocess.Popen(
            [str(c) for c in (TOP / "qemu/run", "--board", BOARD, "--snapshot", "--mem", MEMORY, "--forward",
                              "0:80", "--port-file", port_file, "--timeout", PATIENCE_S, *options)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.child.stdout:
            if self.began is None and "Linux version" in line:
                self.began = time.monotonic()
            self.lines.append(line)

    def answer(self):
        """Whether somebody behind the port says a whole page."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", int(self.port_file.read_text()), timeout=2)
            connection.request("GET", "/")
            return connection.getresponse().read() == b"it answers\n"
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def wait(self, what, ready):
        while not ready():
            if self.child.poll() is not None:
                sys.exit(f"{''.join(self.lines[-20:])}\nbench: ended before {what}")
            time.sleep(0.02)

    def told(self):
        return next((line for line in self.lines if " MemAvailable:" in line and "told " in line), None)

    def in_use(self):
        """KiB, of a machine that isn't needed any more."""
        self.wait("it told its memory", self.told)
        total, left = map(int, re.findall(r": +(\d+) kB", self.told()))
        self.child.terminate()
        self.child.wait()
        return total - left

    def measure(self):
        """Milliseconds to the first answer, KiB in use afterwards."""
        self.wait("it answered", self.answer)
        answered = time.monotonic()
        return {"ms": (answered - self.began) * 1000, "memory": self.in_use()}


class Serve(boot.Bench):
    def image(self):
        """A layout with the image, and an archive of it under the name that podman is told."""
        apps = run(TOP / "rootfs/apps/build", self.deb_arch, stdout=subprocess.PIPE).stdout.strip()
        layout, layer, archive = self.work / "layout", self.work / "tell.tar", self.work / "image.tar"
        script = self.work / "tell"
        script.write_text(TELL)
        with tarfile.open(layer, "w", format=tarfile.PAX_FORMAT) as tar:
            entry = tar.gettarinfo(script, "tell")
            entry.mode, entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = 0o755, 0, 0, 0, "", ""
            with open(script, "rb") as content:
                tar.addfile(entry, content)
        run("skopeo", "copy", "-q", f"oci:{apps}/servers:nginx", f"oci:{layout}:web")
        epoch = "2020-01-01T00:00:00Z"
        run("umoci", "raw", "add-layer", "--image", f"{layout}:web", "--history.created", epoch, layer, **QUIET)
        run("umoci", "config", "--image", f"{layout}:web", "--no-history", "--created", epoch,
            "--config.entrypoint", "sh", "--config.cmd", "/tell", **QUIET)
        run("skopeo", "copy", "-q", f"oci:{layout}:web", f"oci-archive:{archive}:localhost/web:latest")
        return layout, archive

    def ours(self, layout):
        store, disk, policy = self.work / "store", self.work / "disk", self.work / "policy"
        run(self.lamina, "pack", "-o", store, "--name", "web", "--compatible", f"lamina,{BOARD}",
            f"oci:{layout}:web", **QUIET)
        run(self.lamina, "sign", store, "--key", f"{self.key}.key", **QUIET)
        run(self.lamina, "disk", store, "-o", disk, **QUIET)
        policy.write_text(f"store PARTLABEL=lamina-data\ncompatible lamina,{BOARD}\n")
        initramfs = self.work / "initramfs"
        run(self.lamina, "initramfs", "--init", self.build / "lamina-init", "--ctl", self.build / "laminactl",
            "--policy", policy, "--key", f"{self.key}.pub", "-o", initramfs, **QUIET)
        used = sum(f.stat().st_size for f in [initramfs, *store.rglob("*")] if f.is_file())
        return ("--initrd", initramfs, "--disk", disk), used

    def floor(self):
        root = self.work / "floor"
        for part in ("bin", "dev", "proc"):
            (root / part).mkdir(parents=True)
        busybox = run(TOP / "rootfs/busybox", self.deb_arch, stdout=subprocess.PIPE).stdout.strip()
        shutil.copy(busybox, root / "bin/busybox")
        (root / "init").write_text(FLOOR)
        (root / "init").chmod(0o755)
        return ("--initrd", self.pack_cpio(root, self.work / "floor.gz"))

    def theirs(self, archive):
        disk = run(HERE / "engine-disk", BOARD, archive, stdout=subprocess.PIPE).stdout.strip()
        empty = self.work / "empty"
        empty.mkdir()
        none = self.pack_cpio(empty, self.work / "none")
        facts = run("dumpe2fs", "-h", disk, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        blocks, free, size = (int(re.search(rf"^{key}: +(\d+)", facts, re.M).group(1))
                              for key in ("Block count", "Free blocks", "Block size"))
        return ("--initrd", none, "--disk", disk, "--append", "root=/dev/vda rw"), (blocks - free) * size


def main():
    bench = Serve(boot.arguments(__doc__, 3).parse_args())
    layout, archive = bench.image()
    contestants = {"lamina-init": bench.ours(layout), "Debian, systemd, podman": bench.theirs(archive)}
    seen = boot.alternate({name: lambda options=options: Machine(bench.work, *options).measure()
                           for name, (options, _) in contestants.items()}, bench.runs, said=True)
    floor = Machine(bench.work, *bench.floor()).in_use()
    rows = {name: (figures["ms"], figures["memory"], contestants[name][1]) for name, figures in seen.items()}
    first = rows["lamina-init"]
    print(f"\nAn image of nginx on {BOARD} (TCG), {MEMORY} MiB; median of {bench.runs} alternating runs\n")
    print(f"{'':<25}{'to the first answer':>20}{'memory in use':>24}{'disk':>24}")
    for name, (took, memory, disk) in rows.items():
        print(f"{name:<25}{took / 1000:9.1f} s {took / first[0]:7.2f}x"
              f"{memory / 1024:11.1f} MiB {memory / first[1]:7.2f}x{disk / (1 << 20):11.1f} MiB {disk / first[2]:7.2f}x")
    above = {name: memory - floor for name, (_, memory, _) in rows.items()}
    print(f"\nThe same kernel with a static busybox alone has {floor / 1024:.1f} MiB in use. Above that:")
    for name, memory in above.items():
        print(f"{name:<25}{memory / 1024:11.1f} MiB {memory / above['lamina-init']:7.2f}x")


if __name__ == "__main__":
    main()
