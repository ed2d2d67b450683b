/* SPDX-License-Identifier: Apache-2.0 */
/* A disk's first blocks: what a hostile one holds stays within the limits of what is
 * read. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "block/find/gpt.h"
#include "block/find/superblock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_header(const uint8_t *block, size_t size)
{
	struct gpt_header header;

	if (gpt_header_parse(block, size, 1, &header) < 0)
		return;
	assert(header.count <= GPT_MAX_ENTRIES);
	/* byte offsets of entries, with the largest block, don't overflow */
	assert(header.entries_lba <=
	       (INT64_MAX - GPT_MAX_ENTRIES * GPT_ENTRY_SIZE) / 4096);
}

/* The checksum put right, or a fuzzer never gets past it. */
static void check_header_with_checksum(const uint8_t *data, size_t size)
{
	uint8_t *block = malloc(size);
	uint32_t crc;

	assert(block);
	memcpy(block, data, size);
	memcpy(block, "EFI PART", 8);
	memcpy(block + 12, "\x5c\0\0\0\0\0\0\0", 8);
	memcpy(block + 24, "\1\0\0\0\0\0\0\0", 8);
	crc = gpt_crc32(0, block, 92);
	for (int i = 0; i < 4; i++)
		block[16 + i] = (uint8_t)(crc >> 8 * i);
	check_header(block, size);
	free(block);
}

static void check_entry(const uint8_t *bytes)
{
	struct gpt_entry entry;

	if (gpt_entry_parse(bytes, &entry) < 0)
		return;
	assert(strlen(entry.uuid) == 36 && strlen(entry.label) < GPT_LABEL_SIZE);
}

static void check_superblocks(const uint8_t *data, size_t size)
{
	struct superblock found[SUPERBLOCK_TYPES];
	size_t count = superblock_parse(data, size, found);

	assert(count <= SUPERBLOCK_TYPES);
	for (size_t i = 0; i < count; i++) {
		assert(found[i].type && strlen(found[i].uuid) < sizeof(found[i].uuid));
		assert(strlen(found[i].label) < SUPERBLOCK_LABEL_SIZE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char id[MBR_ID_SIZE];

	check_header(data, size);
	if (size >= 92)
		check_header_with_checksum(data, size);
	for (size_t at = 0; at + GPT_ENTRY_SIZE <= size; at += GPT_ENTRY_SIZE)
		check_entry(data + at);
	check_superblocks(data, size);
	if (size >= MBR_SIZE && !mbr_is_protective(data) &&
	    mbr_partuuid(data, 7, id) == 0)
		assert(strlen(id) == 11);
	return 0;
}
