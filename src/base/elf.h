/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Segments of ELF files of 32 and of 64 bits, little-endian (System V ABI, chapters 4 and 5). */
#include <stdint.h>

struct elf_segment {
	uint64_t offset, size_bytes; /* in the file */
};

/* The first segment of @type (PT_INTERP...) in the file @fd, which begins as an ELF file does.
 * 1; 0: it has none; -EIO: it ends too early; -errno. */
int elf_find(int fd, uint32_t type, struct elf_segment *ret_segment);
