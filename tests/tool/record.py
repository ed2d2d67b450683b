#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The boot record, read and written by what lamina-record(5) says and nothing else.

record.py write FILE [KEY=VALUE...]     both copies; keys are those of FIELDS; ids in hex
record.py copy FILE N [KEY=VALUE...]    copy N (0 or 1) alone; magic= and version= too
record.py show FILE                     KEY=VALUE lines of the newest good copy
"""
import hashlib
import struct
import sys

FIELDS = [("seq", "Q"), ("boots", "I"), ("tries_left", "B"), ("tries", "B"), ("flags", "B"),
          ("reason", "B"), ("current", "32s"), ("previous", "32s"), ("candidate", "32s"),
          ("failed", "32s"), ("floor", "Q"), ("reserved", "80s"),
          ("told", "248s")]
FORMAT = "<8sII" + "".join(kind for _, kind in FIELDS)
STRIDE, SIZE, SUM = 4096, 512, 16


def encode(values):
    fields = [bytes.fromhex(values.get(name, "")) if kind[-1] == "s" else int(values.get(name, 0))
              for name, kind in FIELDS]
    head = struct.pack(FORMAT, values.get("magic", "laminaAB").encode(),
                       int(values.get("version", 1)), SIZE, *fields)
    body = head.ljust(SIZE - SUM, b"\0")
    return body + hashlib.sha256(body).digest()[:SUM]


def decode(block):
    if hashlib.sha256(block[:SIZE - SUM]).digest()[:SUM] != block[SIZE - SUM:SIZE]:
        return None
    values = struct.unpack_from(FORMAT, block)[3:]
    return {name: value.hex().strip("0") and value.hex() if kind[-1] == "s" else value
            for (name, kind), value in zip(FIELDS, values)}


def write(path, copies, words):
    values = dict(word.split("=", 1) for word in words)
    try:
        data = bytearray(open(path, "rb").read())
    except FileNotFoundError:
        data = bytearray()
    data = data.ljust(2 * STRIDE, b"\0")
    for n in copies:
        data[n * STRIDE:n * STRIDE + SIZE] = encode(values)
    open(path, "wb").write(data)


def show(path):
    data = open(path, "rb").read()
    good = [c for c in (decode(data[n * STRIDE:]) for n in (0, 1)) if c]
    for name, value in max(good, key=lambda c: c["seq"]).items():
        print(f"{name}={value}")


if sys.argv[1] == "write":
    write(sys.argv[2], (0, 1), sys.argv[3:])
elif sys.argv[1] == "copy":
    write(sys.argv[2], (int(sys.argv[3]),), sys.argv[4:])
else:
    show(sys.argv[2])
