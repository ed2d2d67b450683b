#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what an update costs on its way: a Debian root with a web server before and after a fix of
openssl (tests/bench/debian-fix), as an image of one layer and as one of two. Bytes by each way: the whole
image, the layers that changed, deltas in a bundle, and what rdiff writes by itself. Then the processor's
time: making the deltas beside rdiff, and applying one beside rdiff, beside the whole layer and beside
hashing alone, which is installing what is there already. Time is user and system, of the process and its
children; the least of the runs counts, since others only add to it.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, **options)


def said(*command):
    return run(*command, stdout=subprocess.PIPE, text=True).stdout


def seconds(*command, **options):
    """Of the processor."""
    before = os.times()
    run(*command, **{**QUIET, **options})
    after = os.times()
    return (after.children_user - before.children_user +
            after.children_system - before.children_system)


def say(text=""):
    print(text, flush=True)


def members(path):
    """Of each file in a tar, what makes it another one."""
    with tarfile.open(path) as tar:
        for member in tar:
            content = tar.extractfile(member).read() if member.isreg() else b""
            yield member, (member.name, member.type, member.mode, member.uid, member.linkname,
                           hash(content))


def rest(base, path, to):
    """What a root has on top of the base."""
    there = {key for _, key in members(base)}
    with tarfile.open(path) as tar, tarfile.open(to, "w") as out:
        for member, key in members(path):
            if key not in there or member.isdir():
                out.addfile(member, tar.extractfile(member) if member.isreg() else None)


class Bench:
    def __init__(self, args):
        self.lamina, self.ctl, self.rss = args.lamina, args.ctl, args.rss
        self.roots, self.runs = pathlib.Path(args.roots), args.runs
        self.work = pathlib.Path(args.work)
        shutil.rmtree(self.work, ignore_errors=True)
        (self.work / "run").mkdir(parents=True)
        key = self.work / "key"
        run(self.lamina, "keygen", "-o", key, **QUIET)
        (self.work / "run" / "policy").write_text("store /dev/none\ncompatible lamina,bench\n")
        (self.work / "run" / "keyring").write_text(said(self.lamina, "keygen", "--keyring", f"{key}.pub"))

    def pack(self, name, serial, *tars):
        store = self.work / name
        run(self.lamina, "pack", "--force", "-o", store, "--name", "bench", "--serial", serial,
            "--compatible", "lamina,bench", "--arch", "amd64", "--arg", "/sbin/nginx", "--run", "exec",
            *(f"tar:{t}" for t in tars), **QUIET)
        run(self.lamina, "sign", store, "--key", self.work / "key.key", **QUIET)
        return store

    def images(self):
        base, pairs = self.roots / "base.tar", {}
        pairs["one layer"] = [self.pack(f"one-{n}", n, self.roots / f"{name}.tar")
                              for n, name in ((1, "before"), (2, "after"))]
        tars = []
        for name in ("before", "after"):
            tars.append(self.work / f"rest-{name}.tar")
            rest(base, self.roots / f"{name}.tar", tars[-1])
        pairs["two layers"] = [self.pack(f"two-{n}", n, base, tars[n - 1]) for n in (1, 2)]
        return pairs

    def layer(self, store):
        """The uppermost layer's file, and the bytes of its data."""
        manifest = next((store / "images").glob("*/manifest")).read_text()
        digest, data = re.findall(r"^layer sha256:(\w+) size \d+ data (\d+)", manifest, re.M)[-1]
        return store / "blobs" / "sha256" / digest, int(data)

    def data(self, store):
        path, size = self.layer(store)
        to = self.work / f"{store.name}.data"
        with open(path, "rb") as blob, open(to, "wb") as out:
            out.write(blob.read(size))
        return to

    def least(self, *command, before=None, **options):
        times = []
        for _ in range(self.runs):
            if before:
                before()
            times.append(seconds(*command, **options))
        return min(times)

    def rdiff(self, old, new, *options):
        """Its delta, and the seconds of its signature and of the delta alone."""
        sig, delta = self.work / "sig", self.work / "delta"
        for made in (sig, delta):
            made.unlink(missing_ok=True)
        clear = lambda path: lambda: path.unlink(missing_ok=True)
        signing = self.least("rdiff", "signature", *options, old, sig, before=clear(sig))
        making = self.least("rdiff", "delta", sig, new, delta, before=clear(delta))
        return delta, signing, making

    def bytes(self, name, old, new):
        fetch = json.loads(said(self.lamina, "diff", old, new, "--json"))["fetch"]
        whole = fetch["of"]
        part, full = self.work / "part.lamina", self.work / "full.lamina"
        run(self.lamina, "bundle", new, "-o", full, **QUIET)
        run(self.lamina, "bundle", new, "--from", old, "-o", part, **QUIET)
        say(f"\n{name}: bytes")
        rows = [("the whole image", whole), ("a bundle of it", full.stat().st_size),
                ("layers that changed", fetch["bytes"]),
                ("deltas", fetch["deltas"]["bytes"]), ("a bundle of them", part.stat().st_size)]
        delta, _, _ = self.rdiff(self.layer(old)[0], self.layer(new)[0])
        rows.append(("rdiff alone, the file of the layer", delta.stat().st_size))
        delta, _, _ = self.rdiff(self.data(old), self.data(new), "-b", "512")
        rows.append(("rdiff -b 512, its data", delta.stat().st_size))
        for what, size in rows:
            say(f"  {what:36} {size:12,}  {100 * size / whole:5.1f} %")

    def making(self, name, old, new):
        delta, signing, making = self.rdiff(self.data(old), self.data(new), "-b", "512")
        bundle = self.least(self.lamina, "bundle", new, "--from", old, "-o", self.work / "part.lamina")
        hashing = self.least("sha256sum", self.layer(old)[0], self.layer(new)[0])
        say(f"\n{name}: seconds of making the deltas, and beside rdiff delta alone")
        for what, value in (("lamina bundle --from, all of it", bundle),
                            ("rdiff signature, rdiff delta", signing + making),
                            ("rdiff delta alone", making), ("sha256sum of both layers", hashing)):
            say(f"  {what:36} {value:6.2f}  {value / making:5.2f} times")
        return delta

    def applying(self, name, old, new, delta):
        store = self.work / "run" / "store"
        control = (self.ctl, "--run", self.work / "run")

        def fresh():
            shutil.rmtree(store, ignore_errors=True)
            store.mkdir()
            run(*control, "install", old, **QUIET)

        def clear():
            (self.work / "made").unlink(missing_ok=True)

        rows = [("laminactl install, by delta",
                 self.least(*control, "install", self.work / "part.lamina", before=fresh)),
                ("the same once more: hashing alone",
                 self.least(*control, "install", self.work / "part.lamina")),
                ("laminactl install, whole layers",
                 self.least(*control, "install", self.work / "full.lamina", before=fresh)),
                ("rdiff patch", self.least("rdiff", "patch", self.data(old), delta, self.work / "made",
                                           before=clear))]
        fresh()
        run(self.rss, self.work / "rss", *control, "install", self.work / "part.lamina", **QUIET)
        say(f"\n{name}: seconds of applying them")
        for what, value in rows:
            say(f"  {what:36} {value:6.2f}")
        say(f"  laminactl has {int((self.work / 'rss').read_text())} KiB of memory")

    def all(self):
        for name, (old, new) in self.images().items():
            self.bytes(name, old, new)
            delta = self.making(name, old, new)
            self.applying(name, old, new, delta)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("lamina", "ctl", "rss", "roots", "work"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    if not shutil.which("rdiff"):
        sys.exit("network.py: rdiff is missing; board/host/setup test installs it")
    Bench(args).all()


main()
