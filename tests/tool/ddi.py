#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ddi.py LOG [FAULT...]: a server on 127.0.0.1 that talks to devices as hawkBit does, by its Direct Device Integration
API; tests/tool/swupdate.sh has hawkBit's own client judge it. It says on stderr what it listens on. It serves /TENANT/controller/v1/ID for tenant `acme`, and what it is to say stands in files of the working directory:

  offer       "ACTION FILE [skip]": that file is deployed (in its maintenance window: later); gone when it is closed
  cancel      "ACTION": that is to be stopped; gone when the device has answered
  token       what Authorization must be; without it everybody may
  config      is there: the device's data are asked for; gone when they came
  sleep       in place of 00:05:00

LOG gets a line a request: method, path, Range, status, bytes, Host, and whether there was an Authorization. What a device
tells is a line in `feedback`: "ACTION EXECUTION FINISHED DETAIL", "cancel ACTION ...", "data JSON".

  torn, huge, page, deep   the answers of the API are cut, 4 GiB, a page for people, nested without end
  hash, size               the bundle's sha256 or size is another's
  foreign-api              the deployment's link is at localhost, not at 127.0.0.1
  foreign-file             the bundle's address is at localhost, with all its bytes there
  busy:N                   the first N requests get 429 and Retry-After: 1
  cut:N                    the first answer with more than N bytes ends after so many
  deaf:N                   the first N words of a device get 503
  two, none                two bundles are deployed; something else is
"""
import hashlib
import http.server
import json
import os
import re
import sys

LOG = open(sys.argv[1], "a", buffering=1)
FAULTS = dict((f.split(":") + ["1"])[:2] for f in sys.argv[2:])
BASE = re.compile(r"/acme/controller/v1/([A-Za-z0-9._~:-]+)(/.*)?$")


def first(name):
    """One of the first so many times."""
    left = int(FAULTS.get(name, 0))
    FAULTS[name] = str(left - 1)
    return left > 0


def words(name):
    try:
        with open(name) as file:
            return file.read().split()
    except FileNotFoundError:
        return None


def heard(line):
    with open("feedback", "a") as file:
        file.write(line + "\n")


class Ddi(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def say(self, status, body=b"", kind="application/hal+json;charset=UTF-8", headers=(), most=None):
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body)))) + tuple(headers):
            self.send_header(name, value)
        self.end_headers()
        sent = 0 if self.command == "HEAD" else len(body) if most is None else most
        LOG.write(f"{self.command} {self.path} {self.headers['Range'] or '-'} {status} {sent} {self.headers['Host']} "
                  f"{'authorization' if self.headers['Authorization'] else '-'}\n")
        if self.command != "HEAD":
            self.wfile.write(body[:sent])
        self.close_connection = self.close_connection or sent < len(body)

    def say_json(self, value):
        body = json.dumps(value).encode()
        if "page" in FAULTS:
            return self.say(200, b"<html>log in</html>", "text/html")
        if "torn" in FAULTS:
            body = body[:-7]
        if "deep" in FAULTS:
            body = b'{"a":' * 20000
        if "huge" in FAULTS:
            self.send_response(200)
            self.send_header("Content-Length", str(4 << 30))
            self.end_headers()
            self.close_connection = True
            return None
        return self.say(200, body)

    def at(self, host=None):
        return f"http://{host or '127.0.0.1'}:{self.server.server_port}"

    def answer(self):
        length = int(self.headers["Content-Length"] or 0)
        body = self.rfile.read(length)
        token = words("token")
        if first("busy"):
            return self.say(429, b"too many requests", "text/plain", [("Retry-After", "1")])
        if self.path.startswith("/files/"):
            return self.file(self.path[7:], b"")
        if token and self.headers["Authorization"] != " ".join(token):
            return self.say(401, b'{"message":"unauthorized"}')
        found = BASE.match(self.path.split("?")[0])
        if not found:
            return self.say(404, b'{"errorCode":"hawkbit.server.error.repo.entitiyNotFound"}\n')
        home = f"/acme/controller/v1/{found[1]}"
        rest = (found[2] or "").strip("/").split("/")
        if self.command in ("POST", "PUT"):
            return self.take(rest, body)
        return self.tell(home, rest)

    do_GET = do_HEAD = do_POST = do_PUT = answer

    def tell(self, home, rest):
        offer, stop = words("offer"), words("cancel")
        if rest == [""]:
            links = {}
            if stop:
                links["cancelAction"] = {"href": f"{self.at()}{home}/cancelAction/{stop[0]}"}
            elif offer:
                host = "localhost" if "foreign-api" in FAULTS else None
                links["deploymentBase"] = {"href": f"{self.at(host)}{home}/deploymentBase/{offer[0]}?c=-1729"}
            if os.path.exists("config"):
                links["configData"] = {"href": f"{self.at()}{home}/configData"}
            sleep = (words("sleep") or ["00:05:00"])[0]
            return self.say_json({"config": {"polling": {"sleep": sleep}}, "_links": links})
        if rest[0] == "cancelAction" and stop and rest[1] == stop[0]:
            return self.say_json({"id": stop[0], "cancelAction": {"stopId": stop[0]}})
        if rest[0] == "deploymentBase" and offer and rest[1] == offer[0]:
            return self.say_json(self.deployment(home, offer))
        if rest[0] == "artifacts" and offer and rest[1] == os.path.basename(offer[1]):
            return self.file(offer[1], b"")
        return self.say(404, b'{"errorCode":"hawkbit.server.error.repo.entitiyNotFound"}\n')

    def deployment(self, home, offer):
        with open(offer[1], "rb") as file:
            data = file.read()
        name = os.path.basename(offer[1])
        href = f"{self.at()}{home}/artifacts/{name}"
        if "foreign-file" in FAULTS:
            href = f"{self.at('localhost')}/files/{offer[1]}"
        hashes = {"sha1": hashlib.sha1(data).hexdigest(), "md5": hashlib.md5(data).hexdigest(),
                  "sha256": hashlib.sha256(b"x" if "hash" in FAULTS else data).hexdigest()}
        artifact = {"filename": name, "hashes": hashes, "size": len(data) + ("size" in FAULTS),
                    "_links": {"download-http": {"href": href}, "md5sum-http": {"href": href + ".MD5SUM"},
                               "download": {"href": href}}}
        other = dict(artifact, filename="notes.txt")
        artifacts = [artifact, artifact] if "two" in FAULTS else [other] if "none" in FAULTS else [other, artifact]
        if not name.endswith(".lamina"):
            artifacts = [artifact]
        how = "skip" if offer[2:] == ["skip"] else "forced"
        return {"id": offer[0], "deployment": {"download": "forced", "update": how, "chunks": [
            {"part": "os", "version": "1", "name": "demo", "artifacts": artifacts}]}}

    def file(self, path, _):
        with open(path, "rb") as file:
            data = file.read()
        wish = re.match(r"bytes=(\d+)-(\d*)$", self.headers["Range"] or "")
        if not wish:
            start, body, status, headers = 0, data, 200, []
        else:
            start, end = int(wish[1]), int(wish[2] or len(data) - 1)
            body, status = data[start:end + 1], 206
            headers = [("Content-Range", f"bytes {start}-{start + len(body) - 1}/{len(data)}")]
        most = int(FAULTS.get("cut", 0))
        if most and len(body) > most:
            FAULTS.pop("cut")
            return self.say(status, body, "application/octet-stream", headers, most)
        return self.say(status, body, "application/octet-stream", headers)

    def take(self, rest, body):
        if first("deaf"):
            return self.say(503, b"later", "text/plain")
        told = json.loads(body)
        if rest == ["configData"] and self.command == "PUT":
            heard("data " + json.dumps(told["data"], sort_keys=True))
            if os.path.exists("config"):
                os.remove("config")
            return self.say(200)
        if len(rest) != 3 or rest[2] != "feedback" or self.command != "POST":
            return self.say(405)
        status = told["status"]
        line = f"{rest[1]} {status['execution']} {status['result']['finished']} {' '.join(status.get('details', []))[:300]}"
        which = "cancel" if rest[0] == "cancelAction" else "offer"
        heard(("cancel " if which == "cancel" else "") + line)
        if not words(which) or words(which)[0] != rest[1]:
            return self.say(410, b'{"errorCode":"hawkbit.server.error.action.notActive"}')
        if status["execution"] in ("closed", "rejected"):
            os.rename(which, which + ".closed")
            if which == "cancel" and status["execution"] == "closed" and words("offer"):
                os.rename("offer", "offer.closed")
        return self.say(200)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ddi)
print(f"listening on 127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
server.serve_forever()
