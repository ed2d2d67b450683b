/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the file of a set: refused with a line and a reason, or members with names, sources
 * and options of pack. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "pack/cmd/set-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct set_members *members)
{
	assert(members->count <= MANIFEST_MAX_MEMBERS);
	for (size_t i = 0; i < members->count; i++) {
		const struct set_member *member = &members->items[i];

		assert(manifest_name_valid(member->name) && member->sources.count > 0);
		for (size_t k = 0; k < member->options.count; k++)
			assert(strncmp(member->options.items[k], "--", 2) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct manifest manifest;
	struct set_members members = { .count = 0 };
	const struct set_file file = { .manifest = &manifest, .members = &members };
	__fd int fd = memfd_create("set", MFD_CLOEXEC);
	struct err err = ERR_INIT;
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert(fd >= 0 && fd_pwrite_all(fd, data, size, 0) == 0);
	manifest_init(&manifest);
	if (set_file_read(&file, path, &err) == 0)
		check(&members);
	else
		assert(err.text[0]);
	set_members_done(&members);
	return 0;
}
