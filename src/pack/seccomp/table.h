/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Names and numbers of system calls: table.def. */
#include <stddef.h>
#include <stdint.h>

enum table_arch { /* the columns */
	TABLE_AMD64,
	TABLE_ARM64,
	TABLE_ARM,
	TABLE_RISCV64,
	TABLE_ARCHS
};

struct table_call {
	const char *name;
	int32_t numbers[TABLE_ARCHS]; /* -1: it has none */
};

/* In the order of their names. */
extern const struct table_call table_calls[];
extern const size_t table_count;

/* The place of a name; -ENOENT. */
int table_find(const char *name);

/* Of an architecture as manifests have it; -ENOENT. */
int table_arch(const char *name);
