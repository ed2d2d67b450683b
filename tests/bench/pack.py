#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures packing, side by side: `lamina pack` with and without reading back, plain sqfstar on the
same tar with the same options, tar2sqfs; the hash tree beside `veritysetup format`; and how the
cost grows with the number of entries and with the size of a file.

Runs of the contestants alternate, and the median counts. CPU is user and system time of all
processes. Memory is what they allocated (not what the kernel caches of their files): of all of
them together, looked at every 20 ms; the largest is the kernel's own peak of one process, with
the libraries and files it has mapped.
"""
import argparse
import os
import pathlib
import shutil
import stat
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
SBIN = ":/usr/sbin:/sbin"
BLOCK = "131072"
PARTS = ["debian", "layers", "tree", "entries", "sizes"]
SHARES = (30, 20, 12, 10, 8, 6, 5, 4, 3, 2)  # of ten layers, in hundredths
LEVEL = 15  # sqfstar's own for zstd: 4.5.1 takes no other


def say(text="", end="\n"):
    print(text, end=end, flush=True)


def below(pid):
    """A process and its descendants."""
    found = [pid]
    for pid in found:
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                found += [int(p) for p in
                          pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
        except OSError:
            pass  # gone, or a kernel that doesn't tell
    return found


def allocated(pid):
    """KiB of a process that are its own."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


def scratch(pids):
    """Bytes of the files without a name that these processes have open."""
    files = {}
    for pid in pids:
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                st = os.stat(f"/proc/{pid}/fd/{fd}")
                if stat.S_ISREG(st.st_mode) and st.st_nlink == 0:
                    files[st.st_dev, st.st_ino] = st.st_blocks * 512
        except OSError:
            pass
    return sum(files.values())


def measure(command, stdin=None):
    """One run: wall and CPU seconds, KiB of memory. GNU time starts the command: a child of this
    script would have this script's own memory in its peak, from before it became the command."""
    peak = {"tree": 0, "own": 0, "scratch": 0}
    over = threading.Event()
    with tempfile.NamedTemporaryFile("r") as told, open(stdin or os.devnull, "rb") as source, \
            open(os.devnull, "wb") as nothing:
        child = subprocess.Popen(["time", "-q", "-o", told.name, "-f", "%e %U %S %M",
                                  *(str(c) for c in command)],
                                 stdin=source, stdout=nothing, stderr=subprocess.PIPE)

        def watch():
            while not over.wait(0.02):
                kib = [allocated(pid) for pid in below(child.pid)[1:]]
                peak["tree"] = max(peak["tree"], sum(kib))
                peak["own"] = max([peak["own"], *kib[:1]])
                peak["scratch"] = max(peak["scratch"], scratch(below(child.pid)[1:]))

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, errors = child.communicate()
        over.set()
        watcher.join()
        if child.returncode != 0:
            sys.exit(f"{command[0]}: exit {child.returncode}: {errors.decode(errors='replace')[-500:]}")
        wall, user, system, largest = map(float, told.read().split())
    return {"wall": wall, "cpu": user + system, "largest": largest, **peak}


class Bench:
    def __init__(self, args):
        self.args = args
        self.work = pathlib.Path(args.work)
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.lamina = pathlib.Path(args.build) / "lamina"
        self.verity = pathlib.Path(args.build) / "tests/bench/verity"
        self.out = self.work / "out"
        os.environ["PATH"] += SBIN

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.unlink(missing_ok=True)

    def sqfstar(self):
        return ["sqfstar", "-quiet", "-no-progress", "-exit-on-error", "-force", "-comp", "zstd",
                "-b", BLOCK, "-root-mode", "0755", self.out]

    def pack_all(self, tars):
        return [*self.pack(tars[0]), *(f"tar:{t}" for t in tars[1:])]

    def pack(self, tar, *more):
        return [self.lamina, "pack", "--force", "-o", self.out, "--name", "bench", "-c", "bench", "--arch", "amd64",
                "--arg", "/x", "--compression", "zstd", "--block-size", BLOCK, "--no-cache",
                *more, f"tar:{tar}"]

    def compare(self, contestants, runs, of=statistics.median):
        """name -> the median of each figure, the contestants' runs alternating."""
        seen = {name: [] for name in contestants}
        for _ in range(runs):
            for name, (command, stdin, prepare) in contestants.items():
                self.clear()
                prepare()
                os.sync()
                seen[name].append(measure(command, stdin))
        self.clear()
        return {name: {key: (max if key == "scratch" else of)(r[key] for r in rows) for key in rows[0]}
                for name, rows in seen.items()}

    def table(self, results, base):
        say(f"{'':34} {'wall':>9} {'':>7} {'CPU':>9} {'':>7} {'memory':>10} {'largest':>10}")
        of = results[base]
        for name, r in results.items():
            say(f"{name:34} {r['wall']:7.2f} s {r['wall'] / of['wall']:6.2f}x {r['cpu']:7.2f} s"
                f" {r['cpu'] / of['cpu']:6.2f}x {r['tree'] / 1024:6.0f} MiB"
                f" {r['largest'] / 1024:6.0f} MiB")

    # --- a whole Debian ---

    def debian(self):
        tar = pathlib.Path(subprocess.run([HERE / "debian-root"], check=True, text=True,
                                          stdout=subprocess.PIPE).stdout.strip())
        with tarfile.open(tar) as archive:
            entries = sum(1 for _ in archive)
        size = tar.stat().st_size
        say(f"A Debian root of {size / 1e6:.0f} MB and {entries} entries, zstd level {LEVEL}, "
            f"{os.cpu_count()} processors; median of {self.args.runs}\n")
        if size < 300e6 or entries < 10000:
            sys.exit("too small a root to tell anything")
        with open(tar, "rb") as whole:  # into the page cache, for everybody
            while whole.read(1 << 20):
                pass
        nothing = lambda: None  # noqa: E731
        by_hand = ('"$@" && s=$(stat -c %s "$out") && veritysetup format --salt=- --hash-offset="$s" '
                   '"$out" "$out" && sha256sum "$out"')
        by_hand = ["env", f"out={self.out}", "sh", "-c", by_hand, "sh", *self.sqfstar()]
        contestants = {
            "sqfstar": (self.sqfstar(), tar, nothing),
            "sqfstar, veritysetup, sha256sum": (by_hand, tar, nothing),
            "tar2sqfs": (["tar2sqfs", "-q", "-f", "-c", "zstd", "-X", f"level={LEVEL}",
                          "-b", BLOCK, self.out], tar, nothing),
            "lamina pack --no-readback": (self.pack(tar, "--no-readback"), None, nothing),
            "lamina pack": (self.pack(tar), None, nothing),
        }
        results = self.compare(contestants, self.args.runs)
        self.table(results, "sqfstar")
        ours = results["lamina pack"]
        say(f"\nreading back adds {ours['wall'] - results['lamina pack --no-readback']['wall']:.2f} s; "
            f"lamina's own process allocates {ours['own'] * 1024 / entries:.0f} bytes an entry")
        return tar

    # --- ten layers ---

    def split(self, tar):
        """The root's entries in ten tars, of sizes as images have them; stored and gzipped."""
        size, at, paths = tar.stat().st_size * self.args.part // 100, 0, []
        with tarfile.open(tar) as source:
            entries = iter(source)
            for n, share in enumerate(SHARES):
                path, end = self.work / f"layer{n}.tar", source.offset + size * share // 100
                with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as out:
                    for entry in entries:
                        if not entry.islnk():
                            out.addfile(entry, source.extractfile(entry) if entry.isreg() else None)
                        if source.offset >= end:
                            break
                paths.append(path)
        subprocess.run(["gzip", "-k", "-1", *paths], check=True)
        return paths

    def layers(self):
        tar = pathlib.Path(subprocess.run([HERE / "debian-root"], check=True, text=True,
                                          stdout=subprocess.PIPE).stdout.strip())
        tars = self.split(tar)
        sizes = sorted((t.stat().st_size for t in tars), reverse=True)
        say(f"\nTen layers of a Debian root, {sum(sizes) / 1e6:.0f} MB as tars; sqfstar of one after the "
            f"other; the least of {self.args.runs} rounds\n")
        loop = 'd=$1; shift; for t in "$@"; do sqfstar -quiet -no-progress -exit-on-error -comp zstd -b ' \
            + BLOCK + ' "$d/$(basename "$t").sqfs" <"$t" || exit 1; done'
        unpack = loop.replace(' <"$t"', ' < <(gzip -dc "$t")')
        gzipped = [f"{t}.gz" for t in tars]
        make = lambda: self.out.mkdir()  # noqa: E731
        nothing = lambda: None  # noqa: E731
        results = self.compare({
            "sqfstar": (["bash", "-c", loop, "sh", self.out, *tars], None, make),
            "lamina pack": (self.pack_all(tars), None, nothing),
            "gzip -dc, sqfstar": (["bash", "-c", unpack, "sh", self.out, *gzipped], None, make),
            "lamina pack, gzipped": (self.pack_all(gzipped), None, nothing),
        }, self.args.runs, min)
        two = sum(sizes[:2])
        for ours, base in (("lamina pack", "sqfstar"), ("lamina pack, gzipped", "gzip -dc, sqfstar")):
            self.table({name: results[name] for name in (base, ours)}, base)
            say(f"{'':34} scratch space {results[ours]['scratch'] / 1e6:.1f} MB, "
                f"{results[ours]['scratch'] / two:.2f}x the two largest layers\n")

    # --- the hash tree ---

    def hash_tree(self, tar):
        size = tar.stat().st_size & ~4095
        say(f"\nThe hash tree of {size / 1e6:.0f} MB of data\n")

        def prepare():
            with open(tar, "rb") as source, open(self.out, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
            os.truncate(self.out, size)

        def root(command):
            prepare()
            words = subprocess.run([str(c) for c in command], check=True, text=True,
                                   stdout=subprocess.PIPE).stdout.split()
            return words[-1]

        setup = ["veritysetup", "format", "--salt=-", f"--hash-offset={size}", self.out, self.out]
        both = ["env", f"out={self.out}", "sh", "-c", '"$@" && sha256sum "$out"', "sh", *setup]
        if root(setup) != root([self.verity, self.out]):
            sys.exit("veritysetup and lamina make different trees")
        results = self.compare({
            "veritysetup format": (setup, None, prepare),
            "veritysetup format, sha256sum": (both, None, prepare),
            "lamina, 1 thread, with sha256": ([self.verity, self.out, 1], None, prepare),
            "lamina, with sha256": ([self.verity, self.out], None, prepare),
            "lamina, the sha256 alone": ([self.verity, "--digest", self.out], None, prepare),
        }, max(self.args.runs, 5))
        self.table(results, "veritysetup format")
        cpu = {name: r["cpu"] for name, r in results.items()}
        tree = cpu["lamina, 1 thread, with sha256"] - cpu["lamina, the sha256 alone"]
        say(f"\nlamina's tree alone takes {tree:.2f} s of CPU, "
            f"{tree / cpu['veritysetup format']:.2f}x veritysetup's")

    # --- entries ---

    def make_tar(self, count):
        """Empty files, a thousand a directory."""
        path = self.work / "entries.tar"

        def header(name, kind, mode):
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.mtime = kind, mode, 1000
            return bytearray(info.tobuf(tarfile.USTAR_FORMAT))

        file = header("d0000/f000", tarfile.REGTYPE, 0o644)
        rest = sum(file) - sum(file[:10]) - sum(file[148:156]) + 8 * 32
        with open(path, "wb", 1 << 20) as out:
            for n in range(count):
                if n % 1000 == 0:
                    out.write(header(f"d{n // 1000:04}", tarfile.DIRTYPE, 0o755))
                name = b"d%04d/f%03d" % (n // 1000, n % 1000)
                file[:10] = name
                file[148:156] = b"%06o\0 " % (rest + sum(name))
                out.write(file)
            out.write(bytes(10240))
        return path

    def floor(self):
        """What nobody can leave out: writing the file system, and reading it back."""
        return ["env", f"out={self.out}", "sh", "-c", '"$@" && sqfs2tar "$out" >/dev/null', "sh",
                *self.sqfstar()]

    def grow(self, tar, sign):
        """One row: the floor and lamina on this tar."""
        r = self.compare({"floor": (self.floor(), tar, lambda: None),
                          "lamina": (self.pack(tar), None, lambda: None)}, 1)
        floor, ours = r["floor"], r["lamina"]
        say(f"{sign:>9} {floor['wall']:8.2f} s {ours['wall']:8.2f} s {ours['wall'] / floor['wall']:6.2f}x"
            f" {floor['cpu']:8.2f} s {ours['cpu']:8.2f} s {ours['own'] / 1024:8.1f} MiB", end="")
        return ours

    def head(self, sign):
        say(f"{sign:>9} {'floor':>10} {'lamina':>10} {'ratio':>7} {'floor CPU':>10} {'its CPU':>10}"
            f" {'own memory':>12}", end="")

    def entries(self):
        say("\nCost over entries (empty files; one run each; the floor is sqfstar, then sqfs2tar)\n")
        self.head("entries")
        say(f" {'CPU an entry':>13} {'memory':>11}")
        for count in (10000, 30000, 100000, 300000, 1000000):
            if count > self.args.most:
                break
            tar = self.make_tar(count)
            ours = self.grow(tar, count)
            say(f" {ours['cpu'] / count * 1e6:10.1f} us {ours['own'] * 1024 / count:5.0f} bytes")
            tar.unlink()

    # --- a large file ---

    def sizes(self):
        say("\nCost over a file's size (zeros, and a hole of a sparse tar; one run each)\n")
        self.head("size")
        say()
        for mib, options in ((1, []), (1024, []), (5120, ["--sparse"])):
            file, tar = self.work / "file", self.work / "file.tar"
            with open(file, "wb") as out:
                out.truncate(mib << 20)
            subprocess.run(["tar", *options, "-C", self.work, "-cf", tar, "file"], check=True)
            self.grow(tar, f"{mib} MiB")
            say(", a hole" if options else "")
            file.unlink()
            tar.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True, help="the workstation's build directory")
    parser.add_argument("--work", required=True, help="scratch folder, emptied first")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--most", type=int, default=1000000, help="entries of the largest generated tar")
    parser.add_argument("--part", type=int, default=100, metavar="N",
                        help="hundredths of the root that the ten layers are made of")
    parser.add_argument("--only", choices=PARTS, action="append",
                        help="may be repeated; else all of them")
    args = parser.parse_args()
    bench = Bench(args)
    only = args.only or PARTS
    for tool in ("sqfstar", "tar2sqfs", "sqfs2tar", "veritysetup", "mmdebstrap", "time"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is missing; board/host/setup bench installs it")
    tar = None
    if "debian" in only:
        tar = bench.debian()
    if "layers" in only:
        bench.layers()
    if "tree" in only:
        if not tar:
            tar = pathlib.Path(subprocess.run([HERE / "debian-root"], check=True, text=True,
                                              stdout=subprocess.PIPE).stdout.strip())
        bench.hash_tree(tar)
    if "entries" in only:
        bench.entries()
    if "sizes" in only:
        bench.sizes()
    shutil.rmtree(bench.work)


main()
