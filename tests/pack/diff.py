#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs pairs of random stacks that begin alike, and compares what `lamina diff` tells of them
with what the reference's two trees say. Prints what differs, and how to try just that again."""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import apply  # noqa: E402
import generate  # noqa: E402

ASPECTS = ["type", "mode", "owner", "time", "data", "attributes"]


def grow(r, tree, layers, count):
    for _ in range(count):
        while True:
            entries, trial = generate.layer(r, tree, apply.Refused), apply.Tree()
            try:
                for layer in layers + [entries]:
                    trial.apply(layer)
            except apply.Refused:
                continue
            break
        layers, tree = layers + [entries], trial
    return tree, layers


def pack(lamina, layers, work, name):
    sources = []
    for n, entries in enumerate(layers):
        sources.append(f"tar:{work}/{name}{n}.tar")
        generate.tar(entries, sources[-1][4:], "")
    subprocess.run([lamina, "pack", "--force", "-o", f"{work}/{name}", "--name", "t", "-c", "t", "--arch",
                    "amd64", "--arg", "/x", "--replace-links", *sources], check=True, capture_output=True,
                   env={**os.environ, "LAMINA_CACHE": f"{work}/cache"})


def aspects(entry):
    kind, mode, uid, gid, mtime, data, xattrs, _ = entry
    return dict(zip(ASPECTS, [kind, mode, (uid, gid), mtime, data, xattrs]))


def told(path):
    """As the JSON has it: bytes that are no UTF-8 make the whole path a spelled one."""
    path = path or "/"
    try:
        path.encode()
        return path
    except UnicodeEncodeError:
        return "".join(chr(b) if 32 <= b < 127 and b != 37 else f"%{b:02X}"
                       for b in path.encode(errors="surrogateescape"))


def expected(before, after):
    out = {}
    for path in set(before) | set(after):
        if path not in before or path not in after:
            out[told(path)] = "added" if path in after else "removed"
            continue
        a, b = aspects(before[path]), aspects(after[path])
        what = {k for k in ASPECTS if a[k] != b[k]}
        if "type" in what:
            what -= {"data"}
        if what:
            out[told(path)] = tuple(sorted(what))
    return out


def reported(diff):
    out = {}
    for change in diff["changes"]:
        what = {"data" if w in ("size", "content", "target", "device") else w for w in change["what"]}
        if change["change"] != "changed":
            out[change["path"]] = change["change"]
        elif what:
            out[change["path"]] = tuple(sorted(what))
    return out


def fetched(work):
    """Bytes of the blobs that only the second store has."""
    before, after = (pathlib.Path(f"{work}/{n}/blobs/sha256") for n in "ab")
    return sum(f.stat().st_size for f in after.iterdir() if not (before / f.name).exists())


def one(lamina, seed):
    r = random.Random(seed)
    shared, layers = grow(r, apply.Tree(), [], r.choice([0, 1, 1, 2]))
    a, lower = grow(r, shared, layers, r.choice([0, 1, 2]) if layers else 1)
    b, upper = grow(r, shared, layers, r.choice([1, 2]))
    with tempfile.TemporaryDirectory() as work:
        pack(lamina, lower, work, "a")
        pack(lamina, upper, work, "b")
        diff = json.loads(subprocess.run([lamina, "diff", f"{work}/a", f"{work}/b", "--times", "--json"],
                                         check=True, capture_output=True).stdout)
        want, got = expected(a.listing(), b.listing()), reported(diff)
        for path in sorted(set(want) | set(got)):
            if want.get(path) != got.get(path):
                return f"{path!r}: should be {want.get(path)}, is {got.get(path)}", 0
        if diff["fetch"]["bytes"] != fetched(work):
            return f"fetch: should be {fetched(work)}, is {diff['fetch']['bytes']}", 0
        return None, len(want)


def main():
    lamina, first, count = os.path.abspath(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    changes = 0
    for seed in range(first, first + count):
        why, found = one(lamina, seed)
        if why:
            sys.exit(f"seed {seed}: {why}\n  again: {sys.argv[0]} {sys.argv[1]} {seed} 1")
        changes += found
    if count > 10 and changes < 5 * count:
        sys.exit(f"{changes} changes in {count} pairs are too few to show anything")


main()
