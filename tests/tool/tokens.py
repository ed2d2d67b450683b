#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tokens.py CERTIFICATE KEY USER:PASSWORD LOG SECONDS: the token server of a registry, on 127.0.0.1, whose tokens are
signed by that RSA key. With the password one may do all, without it nothing. A token is good for so many
seconds. LOG gets what each was asked for."""
import base64
import http.server
import json
import os
import subprocess
import sys
import time
import urllib.parse

CERTIFICATE, KEY, LOGIN, LOG, SECONDS = sys.argv[1:]
WANTED = "Basic " + base64.b64encode(LOGIN.encode()).decode()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(query):
    der = subprocess.run(["openssl", "x509", "-in", CERTIFICATE, "-outform", "DER"], check=True, stdout=subprocess.PIPE).stdout
    head = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
    now = int(time.time())
    access = []
    for scope in query.get("scope", []):
        kind, name, actions = scope.split(":")
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    claims = {"iss": "issuer", "sub": "user", "aud": query["service"][0], "exp": now + int(SECONDS), "nbf": now - 60,
              "iat": now, "jti": os.urandom(8).hex(), "access": access}
    text = base64url(json.dumps(head).encode()) + b"." + base64url(json.dumps(claims).encode())
    done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", KEY], input=text, check=True, stdout=subprocess.PIPE)
    return (text + b"." + base64url(done.stdout)).decode()


class Tokens(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(LOG, "a", encoding="utf-8") as log:
            log.write(self.path + "\n")
        good = self.headers["Authorization"] == WANTED
        body = json.dumps({"token": token(urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query))} if good else {})
        self.send_response(200 if good else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
print(f"listening on 127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
server.serve_forever()
