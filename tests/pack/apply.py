# SPDX-License-Identifier: Apache-2.0
"""A reference: layers applied one after another to one tree in memory, entry by entry, in the
words of the OCI image specification. Small and slow on purpose; knows nothing of overlayfs."""


class Refused(Exception):
    """What no image may hold."""


class Inode:
    def __init__(self, kind, mode=0o755, uid=0, gid=0, mtime=0, xattrs=None, data=None):
        self.kind, self.mode, self.uid, self.gid, self.mtime = kind, mode, uid, gid, mtime
        self.xattrs = dict(xattrs or {})
        self.data = data  # bytes of a file, target of a link, numbers of a device

    def copy(self):
        return Inode(self.kind, self.mode, self.uid, self.gid, self.mtime, self.xattrs, self.data)


class Node:
    """A name. `layer` is the last layer that had something to do with it."""

    def __init__(self, inode, layer):
        self.inode, self.layer = inode, layer
        self.implied = self.conflict = False
        self.children = {}


class Tree:
    def __init__(self):
        self.root = Node(Inode("dir"), 0)
        self.layer = 0

    # --- paths ---

    def clean(self, path):
        parts = []
        for part in path.split("/"):
            if part == "..":
                if not parts:
                    raise Refused("leads out of the root")
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        return parts

    def walk(self, parts):
        """The chain of (name, node or None) that the directories `parts` lead to, links
        followed inside the root."""
        chain, rest, links = [], list(parts), 0
        while rest:
            part = rest.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                if chain:
                    chain.pop()
                continue
            above = chain[-1][1] if chain else self.root
            node = above.children.get(part) if above else None
            if node and node.inode.kind == "link":
                links += 1
                if links > 40:
                    raise Refused("too many links")
                if node.inode.data.startswith("/"):
                    chain = []
                rest = node.inode.data.split("/") + rest
            else:
                chain.append((part, node))
        return chain

    def directory(self, parts):
        """Makes and touches the directories on the way."""
        at = self.root
        for name, node in self.walk(parts):
            if node and node.inode.kind != "dir":
                if node.layer == self.layer:
                    raise Refused("not a directory")
                node = at.children[name] = Node(Inode("dir"), self.layer)
                node.implied = node.conflict = True
            elif not node:
                node = at.children[name] = Node(Inode("dir"), self.layer)
                node.implied = True
            elif node.layer != self.layer:
                node.layer, node.implied = self.layer, True
            at = node
        return at

    # --- whiteouts: whatever earlier layers brought goes ---

    def strip(self, node):
        for name, child in list(node.children.items()):
            if child.layer != self.layer:
                del node.children[name]
            elif child.inode.kind == "dir":
                if child.implied:
                    child.inode = Inode("dir")
                self.strip(child)

    def whiteout(self, parts, name):
        chain = self.walk(parts)
        parent = chain[-1][1] if chain else self.root
        node = parent.children.get(name) if parent else None
        if not node:
            return
        if node.layer != self.layer:
            self.directory(parts)
            del parent.children[name]
        elif node.inode.kind == "dir":
            if node.implied:
                node.inode = Inode("dir")
            node.conflict = False
            self.strip(node)

    # --- a layer ---

    def begin(self):
        self.layer += 1
        self.copies = {}  # what hard links made of files of earlier layers
        self.litter = {}  # what AUFS kept beside its files, to which its hard links lead

    def is_litter(self, parts):
        return any(p.startswith(".wh..wh.") for p in parts[:-1]) or \
            any(p.startswith(".wh..wh.") and p != ".wh..wh..opq" for p in parts[-1:])

    def inode(self, e):
        if e["kind"] != "hard":
            return Inode(e["kind"], e["mode"], e["uid"], e["gid"],
                         min(max(e["mtime"], 0), 2**32 - 1), e["xattrs"], e["data"])
        source = self.clean(e["target"])
        if self.is_litter(source):
            target = self.litter.get("/".join(source))
        else:
            chain = self.walk(source[:-1])
            parent = chain[-1][1] if chain else self.root
            target = parent.children.get(source[-1]) if parent and source else None
        if not target or target.inode.kind == "dir":
            raise Refused("hard link to nothing")
        if target.layer == self.layer:
            return target.inode
        return self.copies.setdefault(id(target.inode), (target.inode, target.inode.copy()))[1]

    def mark(self, parts):
        """The name alone makes a mark, of whatever type the entry is."""
        *above, name = parts
        if any(p.startswith(".wh.") for p in above):
            raise Refused("a directory called .wh.")
        if name == ".wh..wh..opq":
            at = self.directory(above)
            at.conflict = False
            self.strip(at)
        elif name.startswith(".wh."):
            if name[4:] in ("", ".", ".."):
                raise Refused("a whiteout of nothing")
            self.whiteout(above, name[4:])
        else:
            return False
        return True

    def entry(self, e):
        parts = self.clean(e["path"])
        if not parts:
            if e["kind"] == "dir":  # engines pass over everything else
                self.root.inode = self.inode(e)
            return
        if self.is_litter(parts):
            self.litter["/".join(parts)] = Node(self.inode(e), self.layer)
            return
        if self.mark(parts):
            return
        inode, name = self.inode(e), parts.pop()
        at = self.directory(parts)
        old = at.children.get(name)
        if old and old.inode is inode:
            return
        new = Node(inode, self.layer)
        if old and old.inode.kind == "dir" and inode.kind == "dir":
            new.children = old.children
        at.children[name] = new

    def check(self, node):
        for child in node.children.values():
            if child.conflict and child.layer == self.layer:
                raise Refused("files below what is no directory")
            self.check(child)

    def apply(self, entries):
        self.begin()
        for e in entries:
            self.entry(e)
        self.check(self.root)

    def listing(self):
        """path -> what a file system would tell of it; hard links by their first path."""
        out, first = {}, {}

        def visit(node, path):
            i = node.inode
            mode = 0o777 if i.kind == "link" else i.mode
            group = first.setdefault(id(i), path)
            out[path] = (i.kind, mode, i.uid, i.gid, i.mtime, i.data,
                         tuple(sorted(i.xattrs.items())), group)
            for name in sorted(node.children):
                visit(node.children[name], path + "/" + name)

        visit(self.root, "")
        return out
