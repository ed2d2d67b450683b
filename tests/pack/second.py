#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second opinion: what umoci makes of the stacks of cases.py and of random ones, beside the
reference. Run as root; prints what differs and nothing explains.

umoci 0.4.7 is known to differ in this (and says how often):
  time        a directory that no entry describes, or that changed after its entry, has the present time
  clamp       times before 1970 and after 2106 are kept; squashfs has no place for them
  links       a hard link to a file of a lower layer links to it; on a device it is a copy
  litter      what AUFS kept beside its files (.wh..wh.*) is unpacked
  empty       extended attributes without a value are lost
  mark        an opaque mark makes neither its directory nor one in the place of a file
  hidden      a directory that an opaque mark hides, and that only entries below it make again, keeps
              what it was like, if the mark comes after those entries; else it is 0755 and root's
  self        a hard link to itself, or to what its own name replaces, fails
  root        an entry that would make something else than a directory of the root fails
  order       entries below a file of a lower layer fail, if the whiteout of that file comes after them
Everything else, of every path, must be the same."""
import argparse
import collections
import gzip
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cases  # noqa: E402
import stacks  # noqa: E402
import generate  # noqa: E402
import show  # noqa: E402


def blob(layout, data):
    name = hashlib.sha256(data).hexdigest()
    (layout / "blobs/sha256" / name).write_bytes(data)
    return {"digest": "sha256:" + name, "size": len(data)}


def make_layout(work, layers):
    layout = work / "img"
    (layout / "blobs/sha256").mkdir(parents=True)
    kind = "application/vnd.oci.image."
    diffs, list_ = [], []
    for n, entries in enumerate(layers):
        generate.tar(entries, str(work / f"{n}.tar"), "")
        tar = (work / f"{n}.tar").read_bytes()
        diffs.append("sha256:" + hashlib.sha256(tar).hexdigest())
        list_.append({"mediaType": kind + "layer.v1.tar+gzip", **blob(layout, gzip.compress(tar, 1, mtime=0))})
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": diffs}}
    config = {"mediaType": kind + "config.v1+json", **blob(layout, json.dumps(config).encode())}
    manifest = {"schemaVersion": 2, "mediaType": kind + "manifest.v1+json", "config": config, "layers": list_}
    manifest = {"mediaType": kind + "manifest.v1+json", **blob(layout, json.dumps(manifest).encode()),
                "annotations": {"org.opencontainers.image.ref.name": "x"}}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return layout


def unpack(layers):
    with tempfile.TemporaryDirectory(prefix="second-") as name:
        work = pathlib.Path(name)
        done = subprocess.run(["umoci", "raw", "unpack", "--image", f"{make_layout(work, layers)}:x",
                               str(work / "root")], capture_output=True, text=True, errors="replace")
        if done.returncode:
            return None, done.stderr.strip().splitlines()[-1][-200:]
        return show.look(work / "root"), None


IMPLIED = ("dir", 0o755, 0, 0, 0)  # what is made of a directory that nobody describes
known = collections.Counter()


def know(name):
    known[name] += 1
    return True


def explained_time(want, got, start):
    if want[0] == "dir" and got[4] >= start - 1:
        return know("time")
    return min(max(got[4], 0), 2**32 - 1) == want[4] and know("clamp")


def explained(path, want, got, start):
    """Is this difference one that umoci is known for?"""
    if want is None:
        return any(part.startswith(".wh..wh.") for part in path.split("/")) and know("litter")
    if want[:5] == IMPLIED and (got is None or got[0] != "dir"):
        return know("mark")
    if got is None or want[0] != got[0]:
        return False
    if want[:5] == IMPLIED and want[1:4] != got[1:4]:
        return know("hidden")
    if want[:4] != got[:4] or want[5] != got[5]:
        return False
    if want[4] != got[4] and not explained_time(want, got, start):
        return False
    if want[6] != got[6] and not (tuple(x for x in want[6] if x[1]) == got[6] and know("empty")):
        return False
    return want[7] == got[7] or know("links")


def differences(layers):
    tree, refused = stacks.applied(layers)
    if refused:
        return
    start = time.time()
    got, failed = unpack(layers)
    if failed:
        if not (failed.endswith("link: no such file or directory") and know("self") or
                failed.endswith("refusing to change type of root directory") and know("root") or
                failed.endswith(": not a directory") and know("order")):
            yield failed
        return
    want = tree.listing()
    for path in sorted((set(want) | set(got)) - {""}):
        w, g = want.get(path), got.get(path)
        if w != g and not explained(path, w, g, start):
            yield f"{path!r}: should be {w}, is {g}"


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--first", type=int, default=1, metavar="SEED")
    p.add_argument("--count", type=int, default=50, metavar="N")
    args = p.parse_args()
    tries = [(f"case {name}", layers) for name, layers in cases.stacks().items()]
    tries += [(f"seed {n}", stacks.random_stack(n)) for n in range(args.first, args.first + args.count)]
    failed = 0
    for name, layers in tries:
        for line in list(differences(layers))[:3]:
            failed += 1
            print(f"{name}: {line}", file=sys.stderr)
    print(f"{len(tries)} stacks; known of umoci: " +
          ", ".join(f"{n} {name}" for name, n in sorted(known.items())))
    sys.exit(1 if failed else 0)


main()
