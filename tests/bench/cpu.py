#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what the processor does at a boot, in instructions, on a board.

The guest's clock counts its instructions (QEMU's -icount), so that the figures are the same on
every machine, however busy. They say how much work there is, not how long a processor takes for it:
one instruction a cycle is a fair guess for a small in-order core.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
WHAT = {"verify": "signature of a manifest (ECDSA P-256)",
        "verify-rsa": "signature of a manifest (RSA, 3072 bits)", "hash": "SHA-256 of 64 KiB",
        "manifest": "parsing a manifest of 3 layers",
        "policy-keyring-signature": "parsing policy, keyring and signature file (P-256)"}


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, text=True, **options)


def root_of(args, work):
    """The files of the initramfs that a device would have, and beside them an image's."""
    store, root = work / "store", work / "root"
    sources = []
    for number in range(3):
        (work / f"layer{number}" / "dev").mkdir(parents=True)
        (work / f"layer{number}" / f"file{number}").touch()
        sources.append(f"dir:{work}/layer{number}")
    run(args.lamina, "pack", "--force", "-o", store, "--name", "bench", "--compatible", "lamina,bench",
        "--arch", "amd64", "--arg", "/app", *sources, **QUIET)
    root.mkdir()
    image = next((store / "images").iterdir())
    for name, kind in (("p256", "p256"), ("rsa", "rsa3072")):
        run(args.lamina, "keygen", "-o", work / name, "--type", kind, **QUIET)
        run(args.lamina, "sign", store, "--key", work / f"{name}.key", **QUIET)
        (image / "manifest.sig").rename(root / f"{name}.sig")
        with open(root / f"{name}.keyring", "w") as ring:
            run(args.lamina, "keygen", "--keyring", work / f"{name}.pub", stdout=ring)
    (root / "policy").write_text("store PARTLABEL=lamina-data\ncompatible lamina,bench\n")
    shutil.copy(image / "manifest", root)
    shutil.copy(args.program, root / "init")
    (root / "dev").mkdir()
    return root


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--board", required=True)
    parser.add_argument("--program", required=True, help="tests/bench/cpu of a device's build")
    parser.add_argument("--lamina", required=True, help="the workstation's tool")
    parser.add_argument("--work", required=True, help="scratch folder, emptied first")
    parser.add_argument("--kernel", help="another kernel than the board's own")
    args = parser.parse_args()
    work = pathlib.Path(args.work).resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    args.program, args.lamina = (pathlib.Path(p).resolve() for p in (args.program, args.lamina))
    initrd = work / "cpu.cpio.gz"
    run("bash", "-c", "cd \"$1\" && find . | cpio -o -H newc -R 0:0 --quiet | gzip >\"$2\"", "pack",
        root_of(args, work), initrd)
    kernel = ["--kernel", args.kernel] if args.kernel else []
    out = run(TOP / "qemu/run", "--board", args.board, "--initrd", initrd, *kernel,
              "--timeout", 180, "--append", "loglevel=3", "--", "-icount", "shift=0",
              stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    found = dict(re.findall(r"bench: (\S+) (\d+)", out))
    # A device may be built without one kind of key, not without both.
    if set(WHAT) - set(found) - {"verify"} and set(WHAT) - set(found) - {"verify-rsa"}:
        sys.exit(f"not every figure is in:\n{out[-3000:]}")
    print(f"Instructions on {args.board}\n")
    for name, text in WHAT.items():
        if name in found:
            print(f"{int(found[name]):>14,}  {text}")
    print(f"{int(found['hash']) / (1 << 16):>14.1f}  a byte hashed\n")


main()
