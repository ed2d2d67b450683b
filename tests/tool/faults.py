#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""faults.py UPSTREAM LOG FAULT...: a server on 127.0.0.1 that passes everything on to UPSTREAM (HOST:PORT) and
back, with faults. It says on stderr what it listens on. LOG gets a line a request: method, path, what Range asked
for, status, bytes of the body that were sent, host, and whether there was an Authorization.

Of a layer, /blobs/ with more than 4 KiB, or of a bundle:
  cut:SEED:MOST   ends each body after a chance of bytes, MOST at most
  once:BYTES      ends the first body that has more after so many
  whole           takes no notice of a Range
  late            takes notice, but begins 7 bytes later, and says so
  lie             begins where it was asked to, and says another size
  past            answers 416 to every range
  moved[:once]    307 to another host, where Authorization is refused with 400; once: the first address there
                  is refused with 403 after half of the bytes
  drip:BYTES      so many bytes, then silence
  wrong           flips a byte of the first whole body
Of manifests:
  nodigest        no Docker-Content-Digest; noetag: no ETag or Last-Modified either; nohead: 405 to HEAD
  endless         a body without end; huge: says that it has 4 GiB; headers: headers without end
  loop            a redirect to itself; elsewhere: to another host
  swap            the bytes of another manifest
Of everything:
  busy:N:SECONDS  the first N requests are answered 429, with Retry-After
  portal          a web page
  broken          502
  words           403, with letters of which a limit cuts one in two, and a byte that is none
What is POSTed goes to the file posted; deaf: the first is answered 503."""
import http.client
import http.server
import random
import socket
import sys
import threading

UPSTREAM, LOG = sys.argv[1], open(sys.argv[2], "a", buffering=1, encoding="utf-8")
FAULTS = {word.split(":")[0]: word.split(":")[1:] for word in sys.argv[3:]}
CHANCE = random.Random(int(FAULTS["cut"][0]) if "cut" in FAULTS else 0)
PAGE = b"<!DOCTYPE html><html><title>Log in</title><body>Welcome to our hotel</body></html>"
WORDS = "no: \u20ac".encode() + b"\xff" + "\u20ac".encode() * 100
LOCK = threading.Lock()
DONE = {}


def first(name, times=1):
    """Is this one of the first so many times?"""
    with LOCK:
        DONE[name] = DONE.get(name, 0) + 1
        return DONE[name] <= times


class Faults(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def ask(self, wish=None):
        host, port = UPSTREAM.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        names = ["Accept", "Authorization"] + ([] if {"whole", "late", "lie"} & FAULTS.keys() else ["Range"])
        headers = {n: self.headers[n] for n in names if self.headers[n]} | ({"Range": wish} if wish else {})
        connection.request(self.command, self.path.replace("/moved/", "/"), headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        headers = {n: v for n, v in answer.getheaders() if n.lower() not in ("connection", "transfer-encoding", "date", "server")}
        connection.close()
        return answer.status, headers, body

    def say(self, status, headers, body, length=None, most=None):
        """Sends it, or @most bytes of the body and no more."""
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", headers.get("Content-Length", len(body)) if length is None else length)
        self.end_headers()
        sent = 0
        if self.command != "HEAD":
            sent = len(body) if most is None else min(most, len(body))
            try:
                self.wfile.write(body[:sent])
            except (BrokenPipeError, ConnectionResetError):
                self.tell(status, 0)  # nobody wants it
                raise
            if sent < len(body):
                self.close_connection = True
        if sent < int(length or 0):
            self.close_connection = True
        self.tell(status, sent)

    def tell(self, status, sent):
        LOG.write(f"{self.command} {self.path} {self.headers['Range'] or '-'} {status} {sent} {self.headers['Host']} "
                  f"{'authorization' if self.headers['Authorization'] else '-'}\n")

    def handle_any(self):
        try:
            self.answer()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_HEAD = handle_any

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open("posted", "ab") as file:
            file.write(body + b"\n")
        self.say(503 if "deaf" in FAULTS and first("deaf") else 204, {}, b"")

    def answer(self):
        if "portal" in FAULTS:
            return self.say(200, {"Content-Type": "text/html; charset=utf-8"}, PAGE)
        if "broken" in FAULTS:
            return self.say(502, {"Content-Type": "text/html"}, PAGE)
        if "words" in FAULTS:
            return self.say(405 if self.command == "HEAD" else 403, {"Content-Type": "text/plain"}, WORDS)
        if "busy" in FAULTS and first("busy", int(FAULTS["busy"][0])):
            return self.say(429, {"Retry-After": FAULTS["busy"][1]}, b"too many")
        if "/manifests/" in self.path:
            return self.manifest()
        if self.path.startswith("/moved/") and self.headers["Authorization"]:
            return self.say(400, {}, b"Only one auth mechanism allowed")
        if "cut" in FAULTS and self.command == "GET":
            return self.cut()
        status, headers, body = self.ask()
        if status not in (200, 206) or (self.command == "GET" and status == 200 and len(body) <= 4096):
            return self.say(status, headers, body)
        return self.layer(status, headers, body)

    def manifest(self):
        if "loop" in FAULTS:
            return self.say(307, {"Location": self.path}, b"")
        if "elsewhere" in FAULTS and not self.path.startswith("/moved/"):
            return self.say(302, {"Location": f"http://localhost:{self.server.server_port}/moved{self.path}"}, b"")
        if "nohead" in FAULTS and self.command == "HEAD":
            return self.say(405, {}, b"")
        status, headers, body = self.ask()
        for name in ["Docker-Content-Digest"] * ("nodigest" in FAULTS) + ["Etag", "ETag", "Last-Modified"] * ("noetag" in FAULTS):
            headers.pop(name, None)
        if self.command == "HEAD":
            return self.say(status, headers, body)
        if "huge" in FAULTS:
            return self.say(status, headers, body, length=4 << 30)
        if "endless" in FAULTS or "headers" in FAULTS:
            return self.endless(status)
        if "swap" in FAULTS:
            body = body.replace(b"sha256:", b"sha256:", 1).replace(b"}", b" }", 1)
            headers.pop("Content-Length")
        return self.say(status, headers, body)

    def endless(self, status):
        self.close_connection = True
        self.send_response(status)
        sent = 0
        try:
            if "headers" in FAULTS:
                self.flush_headers()
                while sent < 1 << 30:
                    self.wfile.write(b"X-Again: " + b"x" * 1000 + b"\r\n")
                    sent += 1000
            self.end_headers()
            while sent < 1 << 30:
                self.wfile.write(b" " * 65536)
                sent += 65536
        finally:
            self.tell(status, sent)

    def cut(self):
        """Of a large layer, ten thousand times: no more of it is asked for than is sent."""
        wish = self.headers["Range"]
        start = int(wish.removeprefix("bytes=").split("-")[0]) if wish else 0
        with LOCK:
            most = CHANCE.randint(0, int(FAULTS["cut"][1]))
        status, headers, body = self.ask(f"bytes={start}-{start + max(most, 4096)}")
        if status != 206 or not headers.get("Content-Range"):
            return self.say(status, headers, body)
        size = int(headers["Content-Range"].split("/")[1])
        headers.pop("Content-Length")
        headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        if not wish:
            headers.pop("Content-Range")
        return self.say(206 if wish else 200, headers, body, length=size - start, most=size if size <= 4096 else most)

    def part(self, body):
        """What this server makes of a Range, where it reads it itself."""
        wish = self.headers["Range"]
        if not wish or "whole" in FAULTS:
            return 200, {}, body
        start, end = wish.removeprefix("bytes=").split("-")
        start, end = int(start), int(end or len(body) - 1)
        start = min(start + 7, len(body) - 1) if "late" in FAULTS else start
        total = len(body) + 1 if "lie" in FAULTS else len(body)
        return 206, {"Content-Range": f"bytes {start}-{end}/{total}"}, body[start:end + 1]

    def layer(self, status, headers, body):
        if "moved" in FAULTS and not self.path.startswith("/moved/"):
            url = f"http://localhost:{self.server.server_port}/moved{self.path}"
            return self.say(307, {"Location": url}, b"")
        if {"whole", "late", "lie"} & FAULTS.keys():
            status, more, body = self.part(body)
            headers.pop("Content-Length", None)
            headers.update(more)
        if "past" in FAULTS and self.headers["Range"]:
            return self.say(416, {}, b"")
        if FAULTS.get("moved") == ["once"]:
            if first("half"):
                return self.say(status, headers, body, length=len(body), most=len(body) // 2)
            if first("expired"):
                return self.say(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>")
        if "wrong" in FAULTS and status == 200 and first("wrong"):
            body = body[:-1] + bytes([body[-1] ^ 1])
        most = None
        if "once" in FAULTS and len(body) > int(FAULTS["once"][0]) and first("once"):
            most = int(FAULTS["once"][0])
        if "drip" in FAULTS and len(body) > int(FAULTS["drip"][0]) and first("drip"):
            return self.drip(status, headers, body, int(FAULTS["drip"][0]))
        return self.say(status, headers, body, length=len(body), most=most)

    def drip(self, status, headers, body, most):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:most])
        self.wfile.flush()
        self.tell(status, most)
        self.connection.settimeout(120)
        try:
            self.connection.recv(1)  # until the other side gives up
        except (socket.timeout, OSError):
            pass
        self.close_connection = True

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Faults)
print(f"listening on 127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
server.serve_forever()
