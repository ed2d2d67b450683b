#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hostile.py KIND FILE: a layer tar that means harm, or only looks as if it did."""
import io
import sys
import tarfile

F, D, L, H, C = (tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE)


def entry(name, kind=F, link="", data=b"data", xattrs=(), **more):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mtime, info.mode = kind, link, 1000, 0o755
    info.pax_headers = {"SCHILY.xattr." + k: v for k, v in xattrs}
    for key, value in more.items():
        setattr(info, key, value)
    info.size = len(data) if kind == F else 0
    return info, data


def sparse(name, size):
    """One byte at the end of a hole."""
    info, data = entry(name, data=b"x")
    data = f"1\n{size - 1}\n1\n".encode().ljust(512, b"\0") + data
    info.name, info.size = "GNUSparseFile.0/" + name, len(data)
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": name,
                        "GNU.sparse.realsize": str(size)}
    return info, data


KINDS = {
    "good": [entry("dir", D), entry("dir/file"), entry("top")],
    "up": [entry("good"), entry("../escaped")],
    "up-later": [entry("dir/../../../escaped")],
    "up-dir": [entry("../escaped/", D)],
    "hard-up": [entry("mine", H, "../../../etc/passwd")],
    "hard-none": [entry("mine", H, "no/such")],
    "hard-dir": [entry("mine", H, "dir")],
    "absolute": [entry("/escaped")],
    "through-link": [entry("way", L, "../../../../../../../../tmp/x"), entry("way/escaped")],
    "through-absolute-link": [entry("way", L, "/tmp/x"), entry("way/escaped")],
    "through-lower-link": [entry("below/escaped")],
    "link-circle": [entry("a", L, "b"), entry("b", L, "a"), entry("a/escaped")],
    "through-file": [entry("file"), entry("file/escaped")],
    "device-0": [entry("dev", D), entry("dev/hidden", C, devmajor=0, devminor=0)],
    "xattr-opaque": [entry("dir", D, xattrs=[("trusted.overlay.opaque", "y")])],
    "xattr-redirect": [entry("file", xattrs=[("trusted.overlay.redirect", "/etc")])],
    "whiteout-of-nothing": [entry("dir/.wh.")],
    "whiteout-of-parent": [entry("dir/.wh...")],
    "many": [entry(f"f{n}") for n in range(200)],
    "deep": [entry("/".join("d" * 70))],
    "long-name": [entry("n" * 256)],
    "hole": [sparse("hole", 1 << 40)],
    "owner": [entry("file", uid=1 << 40)],
}


def main():
    with tarfile.open(sys.argv[2], "w", format=tarfile.PAX_FORMAT) as out:
        for info, data in KINDS[sys.argv[1]]:
            out.addfile(info, io.BytesIO(data) if info.isfile() or info.size else None)


main()
