#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures other people's boot chains beside lamina-init's: the initramfs of Debian's dracut
(dmsquash-live with an overlay) and of its initramfs-tools (live-boot), and a shell script, with the same
kernel and the same files in the layers. Writes a table and a plot.
"""
import functools
import os
import pathlib
import shutil
import subprocess

import boot
import plot

HERE, TOP, run = boot.HERE, boot.TOP, boot.run
MEMORY = 512
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Peers(boot.Bench):
    def layers(self):
        """Three layers: the application and what the others ask of a root, and two small ones."""
        folders = []
        for number in range(3):
            layer = self.work / f"layer{number}"
            for part in ("dev", "proc", "sys", "run", "etc", "sbin"):
                (layer / part).mkdir(parents=True)
            (layer / f"file{number}").write_text(f"{number}\n")
            folders.append(layer)
        # systemd in dracut's initramfs switches to no root without this
        (folders[0] / "etc/os-release").write_text("NAME=bench\n")
        shutil.copy(self.app, folders[0] / "sbin/init")
        return folders

    def pack(self, folders):
        """The signed store, on a disk of its own. Returns the disk and the layers' blobs, bottom first."""
        store, disk = self.work / "store", self.work / "lamina.img"
        run(self.lamina, "pack", "-o", store, "--name", "bench", "--compatible",
            f"lamina,{boot.BOARD}", "--arch", "amd64", "--arg", "/sbin/init",
            *(f"dir:{folder}" for folder in folders), **QUIET)
        run(self.lamina, "sign", store, "--key", f"{self.key}.key", **QUIET)
        run(self.lamina, "disk", store, "-o", disk, **QUIET)
        manifest = next((store / "images").glob("*/manifest")).read_text()
        return disk, [store / "blobs/sha256" / line.split()[1][7:]
                      for line in manifest.splitlines() if line.startswith("layer ")]

    def disk(self, name, tree):
        """An ext4 disk with the files of a folder."""
        disk = self.work / f"{name}.img"
        run("mke2fs", "-q", "-t", "ext4", "-d", tree, disk, "64M", **QUIET)
        return disk

    def disk_live_boot(self, blobs):
        """live-boot stacks several squashfs files: the same ones, whose hash trees it does not see."""
        live = self.work / "live/live"
        live.mkdir(parents=True)
        names = [f"{number}.squashfs" for number in range(len(blobs))]
        for name, blob in zip(names, blobs):
            shutil.copy(blob, live / name)
        (live / "filesystem.module").write_text("".join(f"{name}\n" for name in names))
        return self.disk("live-boot", live.parent)

    def disk_dracut(self, folders):
        """dmsquash-live has one squashfs only: the layers' files in one."""
        tree, live = self.work / "merged", self.work / "dracut/LiveOS"
        live.mkdir(parents=True)
        for folder in folders:
            shutil.copytree(folder, tree, symlinks=True, dirs_exist_ok=True)
        run("mksquashfs", tree, live / "squashfs.img", "-comp", "zstd", "-all-root", **QUIET)
        return self.disk("dracut", live.parent)

    def measure(self, name, initrd, disk, append):
        out = self.console(initrd, disk, MEMORY, append, timeout=900)
        return self.figures(name, out)

    def peer(self, name, config):
        return pathlib.Path(run(HERE / "peer", name, config, stdout=subprocess.PIPE).stdout.strip())


def table(rows):
    lines = ["| | initramfs | kernel to application | memory left of "
             f"{MEMORY} MiB | verifies |", "|---|---|---|---|---|"]
    for name, row in rows.items():
        lines.append(f"| {name} | {row['size'] / 1024:.0f} KiB | {row['kernel']:.0f} ms"
                     f" | {row['left'] / 1024:.1f} MiB | {row['verifies']} |")
    return "\n".join(lines) + "\n"


def main():
    parser = boot.arguments(__doc__, 3)
    parser.add_argument("--output", required=True, help="the table and, beside it, the plot (.svg)")
    args = parser.parse_args()
    bench = Peers(args)
    config = run(TOP / "qemu/kernel", "--config", boot.BOARD, stdout=subprocess.PIPE).stdout.strip()
    folders = bench.layers()
    disk, blobs = bench.pack(folders)
    every = "every block, and the signature"
    contestants = {
        "lamina-init": (bench.initramfs_lamina(), disk, "", every),
        "script of `make bench`": (bench.initramfs_script("/sbin/init"), disk, "", every),
        "initramfs-tools, live-boot": (bench.peer("live-boot", config), bench.disk_live_boot(blobs),
                                       "boot=live live-media=/dev/vda", "nothing"),
        "dracut, dmsquash-live": (bench.peer("dracut", config), bench.disk_dracut(folders),
                                  "root=live:/dev/vda rd.live.image rd.live.overlay.overlayfs=1",
                                  "nothing"),
    }
    seen = boot.alternate({name: functools.partial(bench.measure, name, *boots)
                           for name, (*boots, _) in contestants.items()}, args.runs, said=True)
    rows = {name: figures | {"size": os.path.getsize(contestants[name][0]), "verifies": contestants[name][3]}
            for name, figures in seen.items()}
    output = pathlib.Path(args.output)
    output.write_text(plot.document(table(rows), output.with_suffix(".svg").name, args.runs))
    output.with_suffix(".svg").write_text(plot.bars(rows, MEMORY))
    print(table(rows))


if __name__ == "__main__":
    main()
