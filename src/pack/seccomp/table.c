/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/seccomp/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct table_call table_calls[] = {
#define SYSCALL(name, ...) { #name, { __VA_ARGS__ } },
#include "pack/seccomp/table.def"
#undef SYSCALL
};

const size_t table_count = sizeof(table_calls) / sizeof(table_calls[0]);

static int compare(const void *name, const void *call)
{
	return strcmp(name, ((const struct table_call *)call)->name);
}

int table_find(const char *name)
{
	const struct table_call *call =
		bsearch(name, table_calls, table_count, sizeof(table_calls[0]), compare);

	return call ? (int)(call - table_calls) : -ENOENT;
}

int table_arch(const char *name)
{
	static const char names[TABLE_ARCHS][8] = { "amd64", "arm64", "arm", "riscv64" };

	for (int i = 0; i < TABLE_ARCHS; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -ENOENT;
}
