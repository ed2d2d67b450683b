/* SPDX-License-Identifier: Apache-2.0 */
#include "block/find/superblock.h"

#include <stdio.h>
#include <string.h>

#include "base/le.h"
#include "block/find/text.h"

/* Each offset below is from the file system's on-disk structure in the Linux sources,
 * FAT's from Microsoft's FAT32 specification. All parsers see SUPERBLOCK_SIZE bytes. */

static bool parse_ext(const uint8_t *bytes, struct superblock *found)
{
	const uint8_t *sb = bytes + 1024;

	if (sb[56] != 0x53 || sb[57] != 0xef)
		return false;
	text_uuid(sb + 104, found->uuid);
	(void)text_latin(sb + 120, 16, found->label, sizeof(found->label));
	return true;
}

static bool parse_f2fs(const uint8_t *bytes, struct superblock *found)
{
	const uint8_t *sb = bytes + 1024;

	if (le_get(sb, 4) != 0xf2f52010)
		return false;
	text_uuid(sb + 108, found->uuid);
	(void)text_utf16(sb + 124, 512, found->label, sizeof(found->label));
	return true;
}

static bool parse_xfs(const uint8_t *bytes, struct superblock *found)
{
	if (memcmp(bytes, "XFSB", 4) != 0)
		return false;
	text_uuid(bytes + 32, found->uuid);
	(void)text_latin(bytes + 108, 12, found->label, sizeof(found->label));
	return true;
}

/* The label in the boot sector, which mkfs writes; a later change in the root directory
 * only is not seen. */
static bool parse_fat(const uint8_t *bytes, struct superblock *found)
{
	const uint8_t *extended = NULL;
	size_t size = 11;

	if (bytes[510] != 0x55 || bytes[511] != 0xaa)
		return false;
	if (memcmp(bytes + 82, "FAT32   ", 8) == 0)
		extended = bytes + 66;
	else if (memcmp(bytes + 54, "FAT", 3) == 0)
		extended = bytes + 38;
	if (!extended || extended[0] != 0x29)
		return false;
	(void)snprintf(found->uuid, sizeof(found->uuid), "%02X%02X-%02X%02X", extended[4],
		       extended[3], extended[2], extended[1]);
	while (size > 0 && extended[5 + size - 1] == ' ')
		size--;
	if (size != 7 || memcmp(extended + 5, "NO NAME", 7) != 0)
		(void)text_latin(extended + 5, size, found->label, sizeof(found->label));
	return true;
}

static const struct {
	const char *type;
	bool (*parse)(const uint8_t *bytes, struct superblock *found);
} superblock_types[SUPERBLOCK_TYPES] = {
	{ "ext", parse_ext },
	{ "f2fs", parse_f2fs },
	{ "xfs", parse_xfs },
	{ "vfat", parse_fat },
};

size_t superblock_parse(const uint8_t *bytes, size_t size,
			struct superblock ret_found[SUPERBLOCK_TYPES])
{
	size_t count = 0;

	if (size < SUPERBLOCK_SIZE)
		return 0;
	for (size_t i = 0; i < SUPERBLOCK_TYPES; i++) {
		struct superblock *found = &ret_found[count];

		memset(found, 0, sizeof(*found));
		found->type = superblock_types[i].type;
		if (superblock_types[i].parse(bytes, found))
			count++;
	}
	return count;
}
