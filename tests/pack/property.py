#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs stacks of layers, random ones or those of cases.py, shows them with the kernel's squashfs
and overlayfs, and compares the tree with the reference. Run as root in a mount namespace of its
own. Prints what differs, and how to try just that again."""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cases  # noqa: E402
import generate  # noqa: E402
import show  # noqa: E402
import stacks  # noqa: E402


def pack(args, layers, work, extra):
    sources, r = [], random.Random(len(layers[0]))
    for n, entries in enumerate(layers):
        name = str(work / f"{n}.tar")
        generate.tar(entries, name, r.choice(["", "gz", "xz", "bz2"]))
        sources.append("tar:" + name)
    env = {**os.environ, "LAMINA_CACHE": str(work / "cache")}
    return subprocess.run([args.lamina, "pack", "--force", "-o", str(work / "out"), "--name", "t", "-c", "t",
                           "--arch", "amd64", "--arg", "/x", "--no-cache", "--replace-links", *extra, *sources],
                          capture_output=True, text=True, errors="replace", env=env)


def ignore_links(listing):
    """Which files are links to each other depends on the layers, which --merge changes."""
    return {path: what[:7] for path, what in listing.items()}


def differences(expected, shown, merged):
    if merged:
        expected, shown = ignore_links(expected), ignore_links(shown)
    for path in sorted(set(expected) | set(shown)):
        want, is_ = expected.get(path), shown.get(path)
        if want != is_:
            yield f"{path or '/'}: should be {want}, is {is_}"


def one(args, layers, extra):
    """What is wrong with this stack; None: nothing."""
    tree, refused = stacks.applied(layers)
    with tempfile.TemporaryDirectory(dir=args.work) as name:
        work = pathlib.Path(name)
        done = pack(args, layers, work, extra)
        if refused:
            if done.returncode != 1 or (work / "out").exists():
                return f"should be refused: {refused}; exit {done.returncode} {done.stderr}"
            return None
        if done.returncode != 0:
            return f"exit {done.returncode}: {done.stderr}"
        try:
            mounts = show.mounted(work)
        except subprocess.CalledProcessError as why:
            return f"can't be mounted: {why}"
        try:
            found = list(differences(tree.listing(), show.look(mounts[-1]), bool(extra)))
        finally:
            show.unmount(mounts)
        return "\n  ".join(found[:5]) if found else None


def tries(args):
    """(name, layers, options, how to do it again)"""
    if args.case:
        all_cases = {**cases.stacks(), "20000-names": cases.big()}
        for name in all_cases if args.case == "all" else [args.case]:
            for extra in ([], ["--merge", "2"], ["--merge", "1"])[:1 if name == "20000-names" else 3]:
                yield f"case {name} {' '.join(extra)}", all_cases[name], extra, f"--case {name}"
        return
    for seed in range(args.first, args.first + args.count):
        extra = ["--merge", "1" if seed % 2 else "2"] if args.merge else []
        again = f"--first {seed} --count 1" + (" --merge" if args.merge else "")
        yield f"seed {seed}", stacks.random_stack(seed), extra, again


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--first", type=int, default=1, metavar="SEED")
    p.add_argument("--count", type=int, default=50, metavar="N")
    p.add_argument("--merge", action="store_true")
    p.add_argument("--case", metavar="NAME", help="of tests/pack/cases.py, or all")
    p.add_argument("lamina")
    args = p.parse_args()
    args.lamina = os.path.abspath(args.lamina)
    return args


def main():
    args = arguments()
    args.work = tempfile.mkdtemp(prefix="property-")
    tried = failed = 0
    try:
        for name, layers, extra, again in tries(args):
            tried += 1
            why = one(args, layers, extra)
            if not why:
                continue
            failed += 1
            print(f"{name}: {why}\n  again: unshare -m {sys.argv[0]} {again} {args.lamina}", file=sys.stderr)
            if failed >= 5:
                break
    finally:
        shutil.rmtree(args.work, ignore_errors=True)
    print(f"{tried} stacks, {failed} failed")
    sys.exit(1 if failed else 0)


main()
