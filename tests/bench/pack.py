#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures packing, side by side: `lamina pack` with and without reading back, plain sqfstar on the
same tar with the same options, tar2sqfs; the hash tree beside `veritysetup format`; and how the
cost grows with the number of entries.

Runs of the contestants alternate, and the median counts. CPU is user and system time of all
processes; memory is what processes allocated (not what the kernel caches of their files), of
all processes together, looked at every 20 ms; the largest process is the kernel's own figure (with mapped files, and
never less than this script itself has).
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tarfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
SBIN = ":/usr/sbin:/sbin"
BLOCK = "131072"
LEVEL = 15  # sqfstar's own for zstd: 4.5.1 takes no other


def say(text=""):
    print(text, flush=True)


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


def measure(command, stdin=None):
    """One run: wall and CPU seconds, KiB of memory."""
    peak = {"tree": 0, "own": 0}
    over = threading.Event()
    start = time.monotonic()
    with open(stdin or os.devnull, "rb") as source, open(os.devnull, "wb") as nothing:
        child = subprocess.Popen([str(c) for c in command], stdin=source, stdout=nothing,
                                 stderr=subprocess.PIPE)

    def watch():
        while not over.wait(0.02):
            kib = [allocated(pid) for pid in below(child.pid)]
            peak["tree"], peak["own"] = max(peak["tree"], sum(kib)), max(peak["own"], kib[0])

    watcher = threading.Thread(target=watch)
    watcher.start()
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    over.set()
    watcher.join()
    if child.returncode != 0:
        sys.exit(f"{command[0]}: exit {child.returncode}: {errors.decode(errors='replace')[-500:]}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "largest": usage.ru_maxrss, **peak}


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

    def pack(self, tar, *more):
        return [self.lamina, "pack", "-o", self.out, "--name", "bench", "-c", "bench", "--arch", "amd64",
                "--arg", "/x", "--compression", "zstd", "--block-size", BLOCK, "--no-cache",
                *more, f"tar:{tar}"]

    def compare(self, contestants, runs):
        """name -> the median of each figure, the contestants' runs alternating."""
        seen = {name: [] for name in contestants}
        for _ in range(runs):
            for name, (command, stdin, prepare) in contestants.items():
                self.clear()
                prepare()
                os.sync()
                seen[name].append(measure(command, stdin))
        self.clear()
        return {name: {key: statistics.median(r[key] for r in rows) for key in rows[0]}
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
        }, max(self.args.runs, 3))
        self.table(results, "veritysetup format")

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

    def entries(self):
        say("\nCost over entries (empty files; one run each)\n")
        say(f"{'entries':>9} {'sqfstar':>10} {'lamina':>10} {'ratio':>7} {'CPU an entry':>14}"
            f" {'own memory an entry':>20}")
        for count in (10000, 100000, 1000000):
            if count > self.args.most:
                break
            tar = self.make_tar(count)
            r = self.compare({"sqfstar": (self.sqfstar(), tar, lambda: None),
                              "lamina": (self.pack(tar), None, lambda: None)}, 1)
            ours = r["lamina"]
            say(f"{count:9} {r['sqfstar']['wall']:8.2f} s {ours['wall']:8.2f} s"
                f" {ours['wall'] / r['sqfstar']['wall']:6.2f}x {ours['cpu'] / count * 1e6:11.1f} us"
                f" {ours['own'] * 1024 / count:14.0f} bytes")
            tar.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True, help="the workstation's build directory")
    parser.add_argument("--work", required=True, help="scratch folder, emptied first")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--most", type=int, default=1000000, help="entries of the largest generated tar")
    parser.add_argument("--only", choices=["debian", "tree", "entries"], action="append")
    args = parser.parse_args()
    bench = Bench(args)
    only = args.only or ["debian", "tree", "entries"]
    for tool in ("sqfstar", "tar2sqfs", "veritysetup", "mmdebstrap"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is missing; board/host/setup bench installs it")
    tar = None
    if "debian" in only:
        tar = bench.debian()
    if "tree" in only:
        if not tar:
            tar = pathlib.Path(subprocess.run([HERE / "debian-root"], check=True, text=True,
                                              stdout=subprocess.PIPE).stdout.strip())
        bench.hash_tree(tar)
    if "entries" in only:
        bench.entries()
    shutil.rmtree(bench.work)


main()
