#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures an update from end to end: the image with the fix that tests/bench/network.py packs, fetched from
Debian's docker-registry on the loopback and installed into an empty store by the static lamina-fetch, beside
curl, which fetches the same bytes into files and syncs these, and beside `skopeo copy` into a folder. In turns;
the least of the runs counts, since others only add to it. The same once more by way of an nginx that gives a
connection 100 Mbit a second. And lamina-fetch's most memory.
"""
import argparse
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
NEEDS = ("docker-registry", "nginx", "skopeo", "curl")


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, **{**QUIET, **options})


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


class Bench:
    def __init__(self, args):
        self.lamina, self.ctl, self.fetch, self.runs = args.lamina, args.ctl, args.fetch, args.runs
        self.image, self.work = pathlib.Path(args.image), pathlib.Path(args.work).resolve()
        self.run = self.image.parent / "run"  # with a keyring that has the image's key
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.registry, self.slow = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.at = self.registry
        self.blobs = re.findall(r"^layer sha256:(\w+)", next((self.image / "images").glob("*/manifest")).read_text(), re.M)

    def start(self, at, *command):
        server = subprocess.Popen([str(word) for word in command], **QUIET)
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(at.split(":")[1]))) == 0:
                    return server
            time.sleep(0.1)
        server.kill()
        sys.exit(f"fetch.py: {command[0]} doesn't answer")

    def serve(self):
        config = self.work / "registry.yml"
        config.write_text(f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: "
                          f"{{filesystem: {{rootdirectory: {self.work}/registry}}}}\nhttp: {{addr: '{self.registry}'}}\n")
        yield self.start(self.registry, "docker-registry", "serve", config)
        temps = "".join(f"{kind}_temp_path {self.work}/nginx;\n" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.work / "nginx.conf"
        config.write_text(f"daemon off;\nmaster_process off;\npid {self.work}/nginx.pid;\nevents {{}}\nhttp {{\n"
                          f"access_log off;\n{temps}server {{\nlisten {self.slow};\nlocation / {{\n"
                          f"proxy_pass http://{self.registry};\nproxy_set_header Host $http_host;\n"
                          f"proxy_max_temp_file_size 0;\nlimit_rate 12500000;\n}}\n}}\n}}\n")
        yield self.start(self.slow, "nginx", "-e", "stderr", "-c", config)

    def push(self):
        bundle = self.work / "image.lamina"
        run(self.lamina, "bundle", self.image, "-o", bundle)
        run("skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", f"oci-archive:{bundle}",
            f"docker://{self.at}/bench:new")

    def fresh(self, *paths):
        for path in paths:
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir()
        os.sync()

    def by_fetch(self):
        self.fresh(self.work / "got", self.run / "store")
        ctl = self.work / "laminactl"
        ctl.write_text(f"#!/bin/sh\nexec {self.ctl} --run {self.run} \"$@\"\n")
        ctl.chmod(0o755)
        return [self.fetch, "--dir", self.work / "got", "--laminactl", ctl, f"oci+http://{self.at}/bench:new"]

    def by_curl(self):
        to = self.work / "curl"
        self.fresh(to)
        files = " ".join(f"-o {to}/{blob} http://{self.at}/v2/bench/blobs/sha256:{blob}" for blob in self.blobs)
        return ["sh", "-c", f"curl -sf {files} && sync {to}/*"]

    def by_skopeo(self):
        to = self.work / "skopeo"
        self.fresh(to)
        return ["skopeo", "copy", "--insecure-policy", "--src-tls-verify=false", f"docker://{self.at}/bench:new", f"dir:{to}"]

    def seconds(self, make):
        """Of the clock, and of the processor."""
        command = [str(word) for word in make()]
        before, begun = os.times(), time.monotonic()
        run(*command)
        after = os.times()
        return (time.monotonic() - begun, after.children_user - before.children_user +
                after.children_system - before.children_system)

    def memory(self):
        """The most that lamina-fetch had, in KiB: the kernel's own count, asked for until its end."""
        most = 0
        with subprocess.Popen([str(word) for word in self.by_fetch()], **QUIET) as process:
            while process.poll() is None:
                try:
                    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                except ProcessLookupError:
                    break
                found = re.search(r"^VmHWM:\s+(\d+)", status, re.M)
                # before it is executed, it is still this program
                if found and "\nName:\tlamina-fetch" in "\n" + status:
                    most = int(found[1])
                time.sleep(0.002)
        return most

    def compare(self, what, at):
        ways = {"curl to files, and sync": self.by_curl, "lamina-fetch, to the end of the installation": self.by_fetch,
                "skopeo copy to a folder": self.by_skopeo}
        self.at = at
        seen = {name: [] for name in ways}
        for _ in range(self.runs):
            for name, make in ways.items():
                seen[name].append(self.seconds(make))
        print(f"\n{what:55} seconds            CPU")
        floor = min(clock for clock, _ in seen["curl to files, and sync"])
        for name, runs in seen.items():
            clock, cpu = (min(run[i] for run in runs) for i in (0, 1))
            print(f"  {name:50} {clock:8.2f}  {clock / floor:6.2f}x {cpu:6.2f}", flush=True)

    def all(self):
        size = sum((self.image / "blobs" / "sha256" / blob).stat().st_size for blob in self.blobs)
        servers = []
        try:
            for server in self.serve():
                servers.append(server)
            self.push()
            self.compare(f"{size:,} bytes from docker-registry", self.registry)
            self.compare("the same by 100 Mbit a second", self.slow)
            print(f"\nlamina-fetch has {self.memory()} KiB of memory at most, its file {os.path.getsize(self.fetch):,} bytes")
        finally:
            for server in servers:
                server.terminate()
                server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("lamina", "ctl", "fetch", "image", "work"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--runs", type=int, default=3)
    for program in NEEDS:
        if not shutil.which(program):
            sys.exit(f"fetch.py: {program} is missing; board/host/setup test installs it")
    Bench(parser.parse_args()).all()


main()
