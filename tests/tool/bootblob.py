#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the tests of lamina boot need: kernels and stubs of no more than their heads, and a reader.

bootblob.py kernel ARCH FILE       a kernel for amd64, arm64, arm or riscv64, which UEFI could start
bootblob.py plain ARCH FILE        one that UEFI could not
bootblob.py stub ARCH FILE [HEAD]  a program for UEFI with one section; HEAD bytes of headers
bootblob.py sections FILE          names, sizes and places of a program's sections, a line each
bootblob.py section NAME FILE      one section's bytes
"""
import struct
import sys

MACHINES = {"amd64": 0x8664, "arm64": 0xAA64, "arm": 0x01C2, "riscv64": 0x5064}
MAGIC = {
    "arm64": (0x38, b"ARM\x64"),
    "arm": (0x24, struct.pack("<I", 0x016F2818)),
    "amd64": (0x202, b"HdrS"),
    "riscv64": (0x38, b"RSC\x05"),
}


def program(arch, head):
    """MZ, PE, an optional header of 240 bytes and the section .text of 512 bytes."""
    at = 0x80
    text = head
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", MACHINES[arch], 1, 0, 0, 0, 240, 0x22)
    optional = bytearray(240)
    struct.pack_into("<H", optional, 0, 0x20B)
    struct.pack_into("<IIII", optional, 32, 4096, 512, 0, 0)
    struct.pack_into("<II", optional, 56, 4096 * 2, head)
    struct.pack_into("<I", optional, 108, 16)
    section = struct.pack("<8sIIIIIIHHI", b".text", 512, 4096, 512, text, 0, 0, 0, 0, 0x60000020)
    out = bytearray(head + 512)
    out[0:2] = b"MZ"
    struct.pack_into("<I", out, 0x3C, at)
    whole = coff + bytes(optional) + section
    out[at : at + len(whole)] = whole
    return out


def kernel(arch, efi):
    out = program(arch, 1024) if efi else bytearray(4096)
    place, magic = MAGIC[arch]
    out[place : place + 4] = magic
    return out


def sections(data):
    coff = struct.unpack_from("<I", data, 0x3C)[0]
    count, = struct.unpack_from("<H", data, coff + 6)
    optional, = struct.unpack_from("<H", data, coff + 20)
    for i in range(count):
        name, size, memory, raw_size, raw = struct.unpack_from(
            "<8sIIII", data, coff + 24 + optional + 40 * i
        )
        yield name.rstrip(b"\0").decode(), size, memory, raw_size, raw


def main(what, *args):
    if what in ("kernel", "plain"):
        open(args[1], "wb").write(kernel(args[0], what == "kernel"))
    elif what == "stub":
        open(args[1], "wb").write(program(args[0], int(args[2]) if args[2:] else 1024))
    elif what == "sections":
        for one in sections(open(args[0], "rb").read()):
            print(*one)
    else:
        data = open(args[1], "rb").read()
        for name, size, _, _, raw in sections(data):
            if name == args[0]:
                sys.stdout.buffer.write(data[raw : raw + size])


main(*sys.argv[1:])
