#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""registry.py LAYOUT PORT-FILE: serves the images of an OCI layout on 127.0.0.1 as a registry does that asks
for no password, each under every name, until it is ended. Its port goes to the file."""
import http.server
import json
import os
import pathlib
import sys


class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        parts = self.path.split("/")
        if self.path == "/v2/":
            return self.say(200, b"{}", "application/json")
        kind, what = parts[-2:]
        if kind == "manifests" and not what.startswith("sha256:"):
            index = json.loads((LAYOUT / "index.json").read_text())
            what = next((m["digest"] for m in index["manifests"]
                         if m.get("annotations", {}).get("org.opencontainers.image.ref.name") == what), "none:none")
        blob = LAYOUT / "blobs" / what.replace(":", "/")
        if not blob.is_file():
            return self.say(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}', "application/json")
        data = blob.read_bytes()
        self.say(200, data, json.loads(data).get("mediaType", "application/vnd.oci.image.manifest.v1+json")
                 if kind == "manifests" else "application/octet-stream")

    do_HEAD = do_GET

    def say(self, status, data, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_):
        pass


LAYOUT = pathlib.Path(sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
with open(sys.argv[2] + ".new", "w") as file:
    file.write(f"{server.server_port}\n")
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
