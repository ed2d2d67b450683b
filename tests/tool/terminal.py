#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""terminal.py LAMINACTL CASE: `exec -t` between a terminal of ours and an init of ours, which runs what
it is asked for on this machine."""
import fcntl
import os
import pty
import select
import signal
import socket
import struct
import sys
import termios
import threading
import time

laminactl, case = sys.argv[1:]
asked = []


def run(words, fds):
    """As init does: with the terminal as the new session's own."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(fds[0], termios.TIOCSCTTY, 0)
        for i, fd in enumerate(fds):
            os.dup2(fd, i)
        os.closerange(3, 256)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # shells ignore it for what they leave running
        os.execvpe(words[1], words[1:], {**os.environ, "TERM": words[0].removeprefix("TERM=")})
    for fd in fds:
        os.close(fd)
    return os.waitpid(pid, 0)[1]


def serve(listener):
    while True:
        peer, _ = listener.accept()
        question, fds, _, _ = socket.recv_fds(peer, 8192, 3)
        words = question.decode().rstrip("\0").split("\0")
        asked.append(words)
        if words[0] == "ps":
            peer.send(b"0\nname=demo\npid=1\nstate=running\nrestarts=0\n")
        elif case == "hung up":
            os.read(fds[0], 1)
        else:
            peer.send(b"0\nstatus=%d\n" % run(words[1:], fds))
        peer.close()


def size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))


class Ours:
    """laminactl with a terminal of ours in front of it."""

    def __init__(self, *words):
        self.master, self.slave = pty.openpty()
        size(self.master, 33, 77)
        self.before = termios.tcgetattr(self.slave)
        self.said = b""
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(self.slave, fd)
            os.closerange(3, 256)
            os.execve(laminactl, [laminactl, "--run", "run", "exec", "-t", *words],
                      {**os.environ, "TERM": "vt220"})

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            self.said += os.read(self.master, 65536)

    def wait_for(self, text):
        end = time.monotonic() + 120
        while text not in self.said:
            assert time.monotonic() < end, f"no {text!r} in {self.said[-200:]!r}"
            self.read(0.1)

    def type(self, text):
        while text:
            text = text[os.write(self.master, text[:1000]):]
            self.read(0)

    def is_raw(self):
        flags = termios.tcgetattr(self.slave)[3]
        return not flags & (termios.ECHO | termios.ICANON | termios.ISIG)

    def ends(self, status):
        end = time.monotonic() + 120
        while True:
            pid, got = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            assert time.monotonic() < end, f"no end, {self.said[-200:]!r}"
            self.read(0.1)
        self.read(0)
        assert os.waitstatus_to_exitcode(got) == status, (got, self.said[-200:])
        assert termios.tcgetattr(self.slave) == self.before, "the terminal is not as it was"


os.makedirs("run", exist_ok=True)
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind("run/control")
listener.listen()
threading.Thread(target=serve, args=(listener,), daemon=True).start()

if case == "a shell":
    ours = Ours("sh", "-c", "tty; stty size; echo $TERM; read x; echo \"got $x\"; tty </dev/tty; exit 7")
    ours.wait_for(b"vt220")
    assert b"/dev/pts/" in ours.said and b"33 77" in ours.said, ours.said
    assert ours.is_raw()
    ours.type(b"hello\r")
    ours.wait_for(b"got hello\r\n")
    ours.ends(7)
    assert asked[1][:2] == ["terminal", "TERM=vt220"], asked
    assert ours.said.count(b"hello") == 2, "it is shown once as it is typed"
elif case == "a size that changes":
    ours = Ours("sh", "-c", "trap 'stty size; exit 0' WINCH; echo here; while :; do sleep 0.1; done")
    ours.wait_for(b"here")
    size(ours.master, 11, 22)
    ours.wait_for(b"11 22")
    ours.ends(0)
elif case == "ctrl-c":
    # a shell may start the next program in between, and wait for it; a traceback tells its line
    ours = Ours("python3", "-c", "import time; print('here', flush=True); time.sleep(600); print('not', 'here')")
    ours.wait_for(b"here")
    ours.type(b"\x03")
    ours.ends(130)
    assert b"not here" not in ours.said
elif case == "much":
    # more than a terminal holds, to one that begins to read late
    ours = Ours("sh", "-c", "stty raw -echo; echo here; sleep 1; head -c 200000 | sha256sum; seq 20000")
    ours.wait_for(b"here")
    ours.type(b"0123456789" * 20000)
    ours.wait_for(b"20000")
    ours.ends(0)
    import hashlib
    assert hashlib.sha256(b"0123456789" * 20000).hexdigest().encode() in ours.said
    assert b"\n19999\n20000\n" in ours.said
elif case == "a flood":
    # of a process that goes on when the program has ended, for longer than anybody waits; that one
    # terminal is meant, not a later one of its name
    ours = Ours(sys.executable, "-c", """
import os, signal, time
end = time.monotonic() + 40
signal.signal(signal.SIGHUP, signal.SIG_IGN)
name = os.open(os.ttyname(0), os.O_PATH)
if os.fork():
    time.sleep(1)
    os._exit(0)
while time.monotonic() < end:
    try:
        fd = os.open(f"/proc/self/fd/{name}", os.O_WRONLY | os.O_NOCTTY)
    except OSError:
        break
    try:
        while time.monotonic() < end:
            os.write(fd, b"flood\\n" * 100)
    except OSError:
        os.close(fd)
""")
    ours.ends(0)
elif case == "killed":
    ours = Ours("sh", "-c", "echo here; sleep 60")
    ours.wait_for(b"here")
    os.kill(ours.pid, signal.SIGTERM)
    ours.ends(128 + signal.SIGTERM)
elif case == "hung up":
    ours = Ours("sh")
    while len(asked) < 2 or not ours.is_raw():
        time.sleep(0.05)
    ours.type(b"x\r")
    ours.ends(1)
    assert b"init gave no answer" in ours.said, ours.said
else:
    sys.exit(f"no case {case}")
