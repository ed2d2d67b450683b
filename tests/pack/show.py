# SPDX-License-Identifier: Apache-2.0
"""What the kernel shows: trees in the form of apply.Tree.listing(), packed images mounted."""
import errno
import os
import pathlib
import stat
import subprocess

KINDS = {stat.S_IFDIR: "dir", stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo",
         stat.S_IFCHR: "char", stat.S_IFBLK: "block"}


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
        elif kind in ("char", "block"):
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


def mount_layer(blob, at):
    """On a loop device of its own, as on a device: mount's own -o loop would give two layers of the
    same bytes the same device, and overlayfs would refuse the second."""
    loop = subprocess.run(["losetup", "--find", "--show", "--read-only", str(blob)], check=True,
                          capture_output=True, text=True).stdout.strip()
    try:
        run("mount", "-t", "squashfs", "-o", "ro", loop, str(at))
    finally:
        run("losetup", "--detach", loop)  # once it is unmounted


def mounted(work):
    """Mounts the one image of work/out as a device would; returns the directories to unmount."""
    manifest = next((work / "out/images").iterdir()) / "manifest"
    blobs = [line.split()[1].removeprefix("sha256:") for line in manifest.read_text().splitlines()
             if line.startswith("layer ")]
    mounts = []
    try:
        for n, blob in enumerate(blobs):
            at = work / f"m{n}"
            at.mkdir()
            mount_layer(work / "out/blobs/sha256" / blob, at)
            mounts.append(at)
        if len(mounts) > 1:
            at = work / "top"
            at.mkdir()
            lower = ":".join(str(m) for m in reversed(mounts))
            run("mount", "-t", "overlay", "-o",
                f"ro,lowerdir={lower},index=off,metacopy=off,redirect_dir=nofollow,xino=off", "overlay",
                str(at))
            mounts.append(at)
    except BaseException:
        unmount(mounts)
        raise
    return mounts


def unmount(mounts):
    for at in reversed(mounts):
        run("umount", str(at))
