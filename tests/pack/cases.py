# SPDX-License-Identifier: Apache-2.0
"""Stacks of layers that chance might not bring about: every type over every other, every order
of marks and siblings, whatever is too long or too many for random names."""


def make(kind, path, data=None, **more):
    e = {"kind": kind, "path": path, "mode": 0o640, "uid": 7, "gid": 8, "mtime": 1000, "xattrs": {},
         "data": data, **more}
    if kind == "dir":
        e["mode"] = more.get("mode", 0o2750)
    return e


def file(path, data=b"x", **more):
    return make("file", path, data, **more)


def dir_(path, **more):
    return make("dir", path, **more)


def gone(path):
    above, _, name = path.rpartition("/")
    return file(f"{above}/.wh.{name}" if above else f".wh.{name}", b"")


def opaque(path):
    return file(f"{path}/.wh..wh..opq" if path else ".wh..wh..opq", b"")


def below_types():
    """name -> the entries that make it, at path p"""
    return {
        "nothing": lambda p: [],
        "empty": lambda p: [dir_(p)],
        "full": lambda p: [dir_(p, xattrs={"user.low": "1"}), file(p + "/old"), dir_(p + "/sub"),
                           file(p + "/sub/old"), make("link", p + "/link", "sub")],
        "file": lambda p: [file(p, b"lower", mode=0o4755)],
        "link": lambda p: [make("link", p, "/real")],
        "dangling": lambda p: [make("link", p, "nowhere")],
        "fifo": lambda p: [make("fifo", p)],
        "char": lambda p: [make("char", p, (1, 3))],
        "block": lambda p: [make("block", p, (7, 300))],
        "linked": lambda p: [file(p, b"two names"), make("hard", p + ".2", target=p)],
    }


def above_types():
    return {
        "empty": lambda p: [dir_(p, mode=0o711, mtime=2000)],
        "full": lambda p: [dir_(p, mode=0o711), file(p + "/new"), dir_(p + "/sub"), file(p + "/sub/new")],
        "file": lambda p: [file(p, b"upper", mtime=2000)],
        "link": lambda p: [make("link", p, "elsewhere")],
        "fifo": lambda p: [make("fifo", p)],
        "char": lambda p: [make("char", p, (5, 1))],
        "block": lambda p: [make("block", p, (8, 1))],
        "hard": lambda p: [make("hard", p, target="real/target")],
        "gone": lambda p: [gone(p)],
        "gone-dir": lambda p: [gone(p), dir_(p), file(p + "/new")],
        "dir-gone": lambda p: [dir_(p), file(p + "/new"), gone(p)],
        "gone-file": lambda p: [gone(p), file(p, b"again")],
        "file-gone": lambda p: [file(p, b"again"), gone(p)],
        "twice": lambda p: [file(p, b"first"), dir_(p), file(p + "/in"), file(p, b"last")],
        "opaque-first": lambda p: [dir_(p), opaque(p), file(p + "/new"), dir_(p + "/sub")],
        "opaque-last": lambda p: [dir_(p), file(p + "/new"), dir_(p + "/sub"), file(p + "/sub/new"),
                                  opaque(p)],
        "opaque-gone": lambda p: [dir_(p), gone(p + "/old"), opaque(p), gone(p + "/sub")],
    }


def pairs():
    low = [dir_("real"), file("real/target", b"target"), dir_("pairs")]
    high = []
    for b, below in below_types().items():
        for a, above in above_types().items():
            low += below(f"pairs/{b}-{a}")
            high += above(f"pairs/{b}-{a}")
    return [low, high]


LOW = [dir_("usr"), dir_("usr/lib", mode=0o711), file("usr/lib/libc", b"libc"), file("usr/lib/libm"),
       make("link", "lib", "usr/lib"), make("link", "abs", "/usr/../usr/lib"), make("link", "out", "../../lib"),
       dir_("a"), dir_("a/b"), file("a/b/c"), file("a/b/d"), file("top"), file(".hidden"), file(".wh")]
LONG = "/".join(c * 249 for c in "abcdefghijklmnop")  # 3,999 bytes


MARKS = {"file": b"", "dir": None, "link": "", "char": (0, 0), "block": (8, 1), "fifo": None, "hard": None}


def marks():
    """Whiteouts and opaque marks of every type that tar has."""
    low, high = [], []
    for kind, data in MARKS.items():
        targets = [".wh..wh.aufs", f"{kind}/.wh.old", f"{kind}0/.wh.keep", "nowhere"] if kind == "hard" else [""]
        for n, target in enumerate(targets):
            at = f"{kind}{n}"
            low += [dir_(at), file(at + "/old"), file(at + "/keep"), dir_(at + "/sub"), file(at + "/sub/old")]
            more = {"target": target} if target else {}
            high += [make(kind, at + "/.wh.old", data, **more), make(kind, at + "/sub/.wh..wh..opq", data, **more)]
    return [low, high]


LENGTHS = [*range(97, 104), *range(153, 159), *range(253, 259), 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 3999]
STARTS = ["", "/", "./", "../", "../../", "//", "a/../"]


def name_of(size):
    """A path of that many bytes."""
    parts = size // 200 + 1
    each, rest = divmod(size - (parts - 1), parts)
    return "/".join("n" * (each + (n < rest)) for n in range(parts))


def lengths():
    """Every kind of entry at each length where a tar header changes its form."""
    out = []
    for size in LENGTHS:
        for n, kind in enumerate(["file", "dir", "link", "fifo", "char", "block", "hard"]):
            path = name_of(size - 2) + f"/{n}"
            data = {"file": b"data", "link": path, "char": (1, 3), "block": (8, 70000)}.get(kind)
            more = {"target": path[:-1] + "0"} if kind == "hard" else {}
            out.append(make(kind, path, data, **more))
    out.append(dir_("links"))
    for n, start in enumerate(STARTS):
        out += [make("link", f"links/{n}-{size}", start + "t" * (size - len(start)))
                for size in [*range(97, 104), 155, 156, 255, 256, 257, 1000, 4093, 4094, 4095]]
    return [out]


def stacks():
    """name -> layers"""
    return {
        "pairs": pairs(),
        "marks": marks(),
        "lengths": lengths(),
        "through-links": [LOW, [gone("lib/libc"), file("abs/new"), gone("out/libm"), file("out/libm/"[:-1])]],
        "root-opaque-first": [LOW, [opaque(""), file("new"), dir_("a"), file("a/new")]],
        "root-opaque-last": [LOW, [file("new"), file("a/b/new"), file("top", b"again"), opaque("")], [file("usr")]],
        "root-opaque-alone": [LOW, [opaque("")]],
        "root-all-gone": [LOW, [gone(e["path"]) for e in LOW if "/" not in e["path"]]],
        "parents-gone": [LOW, [gone("a"), file("a/b/new"), gone("a/b/c")], [gone("a/b")]],
        "parents-gone-later": [LOW, [file("a/b/new"), gone("a/b"), gone("a")], [dir_("a"), file("a/x")]],
        "names": [LOW, [gone(".hidden"), gone(".wh"), file(".wh..wh.aufs"), dir_(".wh..wh.plnk"),
                        file(".wh..wh.plnk/1.2"), make("hard", "litter", target=".wh..wh.plnk/1.2"),
                        file(".wh"), file("a/x.wh.y"), file("a/.whx")]],
        "long": [[file(LONG, b"deep")], [gone(LONG)], [file(LONG, b"again"), file(LONG[:-1] + "z")]],
        "empty-layers": [[], LOW, [], [dir_("./", mode=0o700)], []],
        "nothing": [[], []],
        "user-overlay": [[dir_("a"), file("a/old"), file("f", b"low")],
                         [dir_("a", xattrs={"user.overlay.opaque": "y"}), file("a/new"),
                          file("f", b"", xattrs={"user.overlay.whiteout": "y"}),
                          file("g", b"", xattrs={"user.overlay.redirect": "/f", "user.overlay.metacopy": ""})]],
        "root-of-other-types": [LOW, [make("link", "./", "usr"), make("fifo", "."), file("new")]],
        "same-layer-again": [LOW, [file("top", b"other")], [gone("top")], [file("top", b"other")], [gone("top")]],
        "link-to-itself": [LOW, [make("hard", "top", target="top"), gone("top"), make("hard", "a/b/c", target="a/b/c")]],
        "links-across": [LOW, [make("hard", "one", target="top"), make("hard", "a/two", target="one")],
                         [make("hard", "three", target="a/two"), make("hard", "four", target="lib/libc"),
                          gone("top"), make("hard", "usr/lib/five", target="/abs/libc")],
                         [file("three", b"other"), gone("one")]],
    }


def big():
    """20,000 names in one directory; some go, one by one; some of those come again."""
    names = [f"many/{n:05}-{n * n}" for n in range(20000)]
    return [[dir_("many")] + [file(n, b"") for n in names], [gone(n) for n in names[::20]],
            [file(n, b"again") for n in names[::60]]]
