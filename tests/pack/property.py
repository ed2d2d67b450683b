#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""property.py [--first SEED] [--count N] [--merge] LAMINA: packs random stacks of layers, shows
them with the kernel's squashfs and overlayfs, and compares the tree with the reference. Run as
root in a mount namespace of its own. Prints the seed of what differs; --first SEED replays it."""
import argparse
import errno
import os
import pathlib
import random
import shutil
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import apply  # noqa: E402
import generate  # noqa: E402

KINDS = {stat.S_IFDIR: "dir", stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo",
         stat.S_IFCHR: "char"}


def stack(seed):
    r = random.Random(seed)
    tree, layers, refused = apply.Tree(), [], None
    for _ in range(r.choice([1, 2, 2, 3, 4, 5])):
        entries = generate.layer(r, tree, apply.Refused)
        layers.append(entries)
        try:
            tree.apply(entries)
        except apply.Refused as why:
            refused = str(why)
            break
    return r, tree, layers, refused


def pack(args, r, layers, work, extra):
    sources = []
    for n, entries in enumerate(layers):
        name = str(work / f"{n}.tar")
        generate.tar(entries, name, r.choice(["", "gz", "xz", "bz2"]))
        sources.append("tar:" + name)
    env = {**os.environ, "LAMINA_CACHE": str(work / "cache")}
    return subprocess.run([args.lamina, "pack", "-o", str(work / "out"), "--name", "t", "-c", "t",
                           "--arch", "amd64", "--arg", "/x", "--no-cache", *extra, *sources],
                          capture_output=True, text=True, errors="replace", env=env)


def xattr_names(full):
    try:
        return os.listxattr(full, follow_symlinks=False)
    except OSError as why:  # a character device 0:0 or the like without any
        if why.errno == errno.EOPNOTSUPP:
            return []
        raise


def look(top):
    """What the kernel shows, in the form of apply.Tree.listing()."""
    out, first = {}, {}

    def visit(full, path):
        st = os.lstat(full)
        kind = KINDS[stat.S_IFMT(st.st_mode)]
        data = None
        if kind == "file":
            data = pathlib.Path(full).read_bytes()
        elif kind == "link":
            data = os.readlink(full)
        elif kind == "char":
            data = (os.major(st.st_rdev), os.minor(st.st_rdev))
        xattrs = tuple(sorted((x, os.getxattr(full, x, follow_symlinks=False)
                               .decode(errors="surrogateescape")) for x in xattr_names(full)))
        group = path if kind == "dir" else first.setdefault((st.st_dev, st.st_ino), path)
        out[path] = (kind, stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid, int(st.st_mtime), data,
                     xattrs, group)
        if kind == "dir":
            for name in sorted(os.listdir(full)):
                visit(full + "/" + name, path + "/" + name)

    visit(str(top), "")
    return out


def run(*words):
    subprocess.run(words, check=True)


def mounted(work):
    """Mounts the one image of work/out as a device would; returns the directories to unmount."""
    manifest = next((work / "out/images").iterdir()) / "manifest"
    blobs = [line.split()[1].removeprefix("sha256:") for line in manifest.read_text().splitlines()
             if line.startswith("layer ")]
    mounts = []
    for n, blob in enumerate(blobs):
        at = work / f"m{n}"
        at.mkdir()
        run("mount", "-t", "squashfs", "-o", "loop,ro", str(work / "out/blobs/sha256" / blob), str(at))
        mounts.append(at)
    if len(mounts) > 1:
        at = work / "top"
        at.mkdir()
        lower = ":".join(str(m) for m in reversed(mounts))
        run("mount", "-t", "overlay", "-o",
            f"ro,lowerdir={lower},index=off,metacopy=off,redirect_dir=nofollow,xino=off", "overlay", str(at))
        mounts.append(at)
    return mounts


def ignore_links(listing):
    """Which files are links to each other depends on the layers, which --merge changes."""
    return {path: what[:7] for path, what in listing.items()}


def differences(expected, shown, root_time, merged):
    if merged:
        expected, shown = ignore_links(expected), ignore_links(shown)
    for path in sorted(set(expected) | set(shown)):
        want, is_ = expected.get(path), shown.get(path)
        if path == "" and want and is_:
            # sqfstar gives the root no xattrs, and before 4.6 no time
            want, is_ = (w[:4] + ((w[4],) if root_time else ()) for w in (want, is_))
        if want != is_:
            yield f"{path or '/'}: should be {want}, is {is_}"


def one(args, seed, extra, root_time):
    r, tree, layers, refused = stack(seed)
    with tempfile.TemporaryDirectory(dir=args.work) as name:
        work = pathlib.Path(name)
        done = pack(args, r, layers, work, extra)
        if refused:
            if done.returncode != 1 or (work / "out").exists():
                return f"should be refused: {refused}; exit {done.returncode} {done.stderr}"
            return None
        if done.returncode != 0:
            return f"exit {done.returncode}: {done.stderr}"
        mounts = mounted(work)
        try:
            found = list(differences(tree.listing(), look(mounts[-1]), root_time, bool(extra)))
        finally:
            for at in reversed(mounts):
                run("umount", str(at))
        return "\n  ".join(found[:5]) if found else None


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--count", type=int, default=50)
    p.add_argument("--merge", action="store_true")
    p.add_argument("lamina")
    args = p.parse_args()
    args.lamina = os.path.abspath(args.lamina)
    args.work = tempfile.mkdtemp(prefix="lamina-property-")
    version = subprocess.run(["sqfstar", "-version"], capture_output=True, text=True).stdout
    root_time = tuple(int(x) for x in version.split()[2].split(".")[:2]) >= (4, 6)
    failed = 0
    try:
        for seed in range(args.first, args.first + args.count):
            extra = ["--merge", "1" if seed % 2 else "2"] if args.merge else []
            why = one(args, seed, extra, root_time)
            if why:
                failed += 1
                print(f"seed {seed}: {why}", file=sys.stderr)
                if failed >= 5:
                    break
    finally:
        shutil.rmtree(args.work, ignore_errors=True)
    sys.exit(1 if failed else 0)


main()
