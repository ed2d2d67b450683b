#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs sources and compares what the kernel shows of them with a directory that another tool made
of the same. Run as root in a mount namespace of its own. Prints what differs."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import show  # noqa: E402

FIELDS = ["type", "mode", "owner", "group", "time", "content", "xattrs", "links"]


def pack(lamina, sources, work):
    env = {**os.environ, "LAMINA_CACHE": str(work / "cache")}
    subprocess.run([lamina, "pack", "--force", "-o", str(work / "out"), "--name", "t", "-c", "t", "--arch", "amd64",
                    "--arg", "/x", "--no-cache", *sources], check=True, env=env,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def differences(expected, shown, passed_over):
    for path in sorted(set(expected) | set(shown)):
        if path not in shown:
            yield f"{path}: is missing"
        elif path not in expected:
            yield f"{path}: should not be there"
        else:
            for field, want, is_ in zip(FIELDS, expected[path], shown[path]):
                if field in passed_over:
                    continue
                if want != is_:
                    yield f"{path or '/'}: {field} should be {want!r:.80}, is {is_!r:.80}"


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--without", default="", metavar="FIELD,...", help="don't compare " + ", ".join(FIELDS))
    p.add_argument("lamina")
    p.add_argument("directory")
    p.add_argument("source", nargs="+")
    args = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="same-") as name:
        work = pathlib.Path(name)
        try:
            pack(args.lamina, args.source, work)
        except subprocess.CalledProcessError as why:
            sys.exit(why.stderr.strip())
        mounts = show.mounted(work)
        try:
            expected, shown = show.look(args.directory), show.look(mounts[-1])
        finally:
            show.unmount(mounts)
    found = list(differences(expected, shown, args.without.split(",")))
    for line in found[:20]:
        print(line, file=sys.stderr)
    if not found and len(expected) < 2:
        sys.exit("there was nothing to compare")
    sys.exit(1 if found else 0)


main()
