#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ring.py FIRST COUNT: a log of lamina-init's with lines FIRST to FIRST + COUNT - 1 and three
records more, on stdout."""
import struct
import sys

SIZE = 4096 - 64
first, count = int(sys.argv[1]), int(sys.argv[2])


def record(number, text, stream, goes_on=0):
    return struct.pack("<IBBHQQ", len(text), stream, goes_on, 0x4C52, number,
                       1000 + number) + text


def head(*words):
    check = 0
    for word in words:
        check ^= word
    return struct.pack("<8Q", *words, check)


texts = [(b"line %d" % i, i % 2, 0) for i in range(first, first + count)]
texts += [(b"half a", 0, 1), (b"\x1b[31mred\0\ttab \xff\xc2\x9b\xe2\x82", 1, 0), (b" line", 0, 0)]
data = b"".join(record(first + i, *text) for i, text in enumerate(texts))
# as if what was before had been as long
tail = 100 * first
ring = bytearray(SIZE)
for i, byte in enumerate(data):
    ring[(tail + i) % SIZE] = byte
sys.stdout.buffer.write(head(0x676F6C616E696D61, SIZE, tail, tail + len(data), first + len(texts),
                             0, 0) + ring)
