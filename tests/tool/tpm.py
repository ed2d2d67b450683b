#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tpm.py HELPER DIRECTORY: what the helper tells of a software TPM whose state is in DIRECTORY."""
import os
import socket
import struct
import subprocess
import sys
import time

HELPER, WORK = sys.argv[1:]


class Machine:
    """One boot of it: the registers begin anew, seeds stay."""

    def __init__(self, name):
        state, path = f"{WORK}/{name}", f"{WORK}/{name}.socket"
        os.makedirs(state, exist_ok=True)
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--server",
             f"type=unixio,path={path}", "--flags", "not-need-init,startup-clear"])
        while True:
            assert self.process.poll() is None, "swtpm ended"
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(path)
                return
            except OSError:
                self.socket.close()
                time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.terminate()
        self.process.wait()

    def extend(self, pcr):
        """What firmware does with what it has checked."""
        body = struct.pack(">III HBH", pcr, 9, 0x40000009, 0, 1, 0)
        body += struct.pack(">IH", 1, 0xb) + b"\x5a" * 32
        self.socket.sendall(struct.pack(">HII", 0x8002, 10 + len(body), 0x182) + body)
        answer = self.socket.recv(4096)
        assert answer[6:10] == bytes(4), answer

    def ask(self):
        fd = self.socket.fileno()
        done = subprocess.run([HELPER, str(fd)], pass_fds=[fd], stdout=subprocess.PIPE, check=True)
        assert len(done.stdout) == 32
        return done.stdout


def main():
    with Machine("one") as machine:
        secret = machine.ask()
        assert machine.ask() != secret, "told twice in one boot"
    with Machine("one") as machine:
        machine.extend(4)  # another kernel
        machine.extend(11)
        assert machine.ask() == secret, "not told after an update"
    with Machine("one") as machine:
        machine.extend(7)  # other keys
        assert machine.ask() != secret, "told to another chain"
    with Machine("two") as machine:
        assert machine.ask() != secret, "told by another TPM"
    refused()


def refused():
    """Answers that are none: it tells nothing, and ends."""
    answers = [b"", b"\x80\x01", b"\x80\x01\0\0\0\x0a\0\0\x01\x01", b"\x80\x01\0\0\0\x0a\0\0\0\0",
               b"\x80\x01\xff\xff\xff\xff\0\0\0\0" + bytes(2000)]
    for answer in answers:
        ours, theirs = socket.socketpair()
        with subprocess.Popen([HELPER, str(theirs.fileno())], pass_fds=[theirs.fileno()],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as helper:
            theirs.close()
            ours.sendall(answer)
            ours.shutdown(socket.SHUT_WR)
            out, words = helper.communicate(timeout=250)
            assert helper.returncode == 1 and not out and words.startswith(b"TPM: "), (answer, out, words)
        ours.close()


main()
