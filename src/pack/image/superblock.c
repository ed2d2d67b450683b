/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/superblock.h"

#include <errno.h>
#include <string.h>

static uint64_t le(const uint8_t *bytes, size_t count)
{
	uint64_t value = 0;

	while (count-- > 0)
		value = value << 8 | bytes[count];
	return value;
}

static const char *compression_name(uint64_t number)
{
	static const char *const names[] = { NULL, "gzip", "lzma", "lzo",
					     "xz", "lz4",  "zstd" };

	if (number == 0 || number >= sizeof(names) / sizeof(names[0]))
		return "unknown";
	return names[number];
}

int superblock_facts_read(const uint8_t bytes[SUPERBLOCK_FACTS_SIZE],
			  struct superblock_facts *ret_facts, struct err *err)
{
	if (memcmp(bytes, "hsqs", 4) != 0)
		return err_set(err, -EBADMSG, "not a squashfs");
	if (le(bytes + 28, 2) != 4 || le(bytes + 30, 2) != 0)
		return err_set(err, -EBADMSG, "not a squashfs of version 4.0");
	*ret_facts = (struct superblock_facts){
		.inodes = (uint32_t)le(bytes + 4, 4),
		.time = (uint32_t)le(bytes + 8, 4),
		.block_bytes = (uint32_t)le(bytes + 12, 4),
		.used_bytes = le(bytes + 40, 8),
		.compression = compression_name(le(bytes + 20, 2)),
	};
	return 0;
}
