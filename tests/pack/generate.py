# SPDX-License-Identifier: Apache-2.0
"""Random stacks of layers that meet in few names, so that they get into each other's way."""
import copy
import io
import tarfile

NAMES = ["a", "b", "c", "lib", "d", "a.b", "\udcff\udcfe", "x" * 255, "e f\n"]
TARGETS = ["a", "b", "../a", "/a", "lib", "../../c", "/d/../b", "a/b", ".", "..", "nowhere", "lib/c"]
KINDS = ["dir"] * 7 + ["file"] * 8 + ["link"] * 3 + ["hard"] * 3 + ["wh"] * 6 + ["opq"] * 2 + \
    ["fifo", "char", "block", "root"]


def path(random, tree):
    """Half of the time something that is there, or beside it."""
    known = [p[1:] for p in tree.listing() if p] if random.random() < 0.6 else []
    if known:
        base = random.choice(known)
        cut = random.random()
        return base if cut < 0.5 else base + "/" + random.choice(NAMES[:5])
    return "/".join(random.choice(NAMES[:6] if random.random() < 0.9 else NAMES)
                    for _ in range(random.choice([1, 1, 2, 2, 3, 4])))


def attributes(random, kind):
    e = {"mode": random.choice([0o755, 0o644, 0o700, 0o4755, 0o2711, 0o1777, 0o000]),
         "uid": random.choice([0, 0, 1000, 2**21, 2**32 - 2]), "gid": random.choice([0, 50, 2**31]),
         "mtime": random.choice([0, 1, 1700000000, 2**31, 2**32 - 1, 2**33, -5]), "xattrs": {}, "data": None}
    if kind in ("file", "dir") and random.random() < 0.2:
        e["xattrs"] = {"user.k": random.choice(["v", "", "a=b\n", "\udcff"])}
        if random.random() < 0.3:
            e["xattrs"]["trusted.t"] = "x" * random.choice([1, 300])
    if kind == "file":
        e["data"] = random.randbytes(random.choice([0, 1, 511, 512, 513, 5000])) \
            if random.random() < 0.7 else bytes(random.choice([3, 4096, 70000]))
    return e


def mark(random, path):
    """Engines go by a mark's name alone: AUFS writes hard links, others what they like."""
    e = {"kind": "file", "path": path, **attributes(random, "wh"), "data": b""}
    kind = random.choice(["file"] * 6 + ["dir", "link", "hard", "char", "fifo"])
    data = {"file": b"", "link": random.choice(TARGETS), "char": (0, 0)}.get(kind)
    return {**e, "kind": kind, "data": data, "target": random.choice([path, ".wh..wh.aufs", "nowhere"])}


def entry(random, tree):
    kind = random.choice(KINDS)
    where = path(random, tree)
    above, _, name = where.rpartition("/")
    above = above + "/" if above else ""
    if random.random() < 0.1:
        above = random.choice(["./", "/", "./../"[:2]]) + above
    if kind == "wh":
        return mark(random, above + ".wh." + name)
    if kind == "opq":
        where = "" if random.random() < 0.05 else where + "/"
        return mark(random, where + ".wh..wh..opq")
    if kind == "root":
        kind = random.choice(["dir"] * 5 + ["link", "fifo"])
        return {"kind": kind, "path": "./", **attributes(random, "dir"), "data": "a" if kind == "link" else None}
    e = {"kind": kind, "path": above + name, **attributes(random, kind)}
    if kind == "link":
        e["data"] = random.choice(TARGETS)
    if kind in ("char", "block"):
        e["data"] = random.choice([(1, 3), (255, 300), (4095, 70000)])
    if kind == "hard":
        files = [p for p, what in tree.listing().items() if what[0] != "dir"]
        e["target"] = random.choice(files)[1:] if files and random.random() < 0.97 else "a"
    return e


def layer(random, tree, refused):
    """Entries one by one, applied at once, so that most fit what is there. What the reference
    refuses is mostly left out; now and then it stays, and the whole stack is to be refused."""
    entries, now = [], copy.deepcopy(tree)
    now.begin()
    for _ in range(random.choice([0, 1, 3, 6, 12, 25])):
        e = entry(random, now)
        trial = copy.deepcopy(now)
        try:
            trial.entry(e)
            trial.check(trial.root)
        except refused:
            if random.random() < 0.99:
                continue
            entries.append(e)
            break
        entries.append(e)
        now = trial
    return entries


TYPES = {"dir": tarfile.DIRTYPE, "file": tarfile.REGTYPE, "link": tarfile.SYMTYPE,
         "hard": tarfile.LNKTYPE, "fifo": tarfile.FIFOTYPE, "char": tarfile.CHRTYPE,
         "block": tarfile.BLKTYPE}


def tar(entries, name, compression):
    """Writes the layer as a tar file. User names of nobody are there to be ignored."""
    with tarfile.open(name, "w:" + compression, format=tarfile.PAX_FORMAT,
                      errors="surrogateescape") as out:
        for e in entries:
            info = tarfile.TarInfo(e["path"])
            info.type, info.mode = TYPES[e["kind"]], e["mode"]
            info.uid, info.gid, info.mtime = e["uid"], e["gid"], e["mtime"]
            info.uname = info.gname = "daemon"
            info.pax_headers = {"SCHILY.xattr." + k: v for k, v in e["xattrs"].items()}
            if e["kind"] == "link":
                info.linkname = e["data"]
            if e["kind"] == "hard":
                info.linkname = e["target"]
            if e["kind"] in ("char", "block"):
                info.devmajor, info.devminor = e["data"]
            data = e["data"] if e["kind"] == "file" else None
            info.size = len(data) if data else 0
            out.addfile(info, io.BytesIO(data) if data else None)
