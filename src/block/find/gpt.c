/* SPDX-License-Identifier: Apache-2.0 */
#include "block/find/gpt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/le.h"

#define HEADER_SIZE 92

uint32_t gpt_crc32(uint32_t crc, const uint8_t *bytes, size_t size)
{
	crc = ~crc;
	while (size--) {
		crc ^= *bytes++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (0xedb88320U & -(crc & 1));
	}
	return ~crc;
}

/* The header's checksum is taken with its own field as 0. */
static uint32_t header_crc(const uint8_t *block, size_t size)
{
	static const uint8_t zero[4];
	uint32_t crc = gpt_crc32(0, block, 16);

	crc = gpt_crc32(crc, zero, sizeof(zero));
	return gpt_crc32(crc, block + 20, size - 20);
}

int gpt_header_parse(const uint8_t *block, size_t size, uint64_t lba,
		     struct gpt_header *ret_header)
{
	uint32_t header_size;
	struct gpt_header header;

	if (size < HEADER_SIZE || memcmp(block, "EFI PART", 8) != 0)
		return -EBADMSG;
	header_size = le_get(block + 12, 4);
	if (header_size < HEADER_SIZE || header_size > size)
		return -EBADMSG;
	if (header_crc(block, header_size) != le_get(block + 16, 4))
		return -EBADMSG;
	header.entries_lba = le_get(block + 72, 8);
	header.count = le_get(block + 80, 4);
	header.entries_crc = le_get(block + 88, 4);
	if (le_get(block + 24, 8) != lba || le_get(block + 84, 4) != GPT_ENTRY_SIZE)
		return -EBADMSG;
	/* so that a byte offset can't overflow */
	if (header.count > GPT_MAX_ENTRIES || header.entries_lba > INT64_MAX / 8192)
		return -EBADMSG;
	*ret_header = header;
	return 0;
}

void gpt_uuid(const uint8_t uuid[16], uint8_t ret_uuid[16])
{
	static const uint8_t order[16] = { 3, 2, 1,  0,	 5,  4,	 7,  6,
					   8, 9, 10, 11, 12, 13, 14, 15 };

	for (int i = 0; i < 16; i++)
		ret_uuid[i] = uuid[order[i]];
}

int gpt_entry_parse(const uint8_t bytes[GPT_ENTRY_SIZE], struct gpt_entry *ret_entry)
{
	static const uint8_t unused[16];
	uint8_t uuid[16];

	if (memcmp(bytes, unused, sizeof(unused)) == 0)
		return -ENOENT;
	memcpy(ret_entry->id, bytes + 16, sizeof(ret_entry->id));
	ret_entry->first_lba = le_get(bytes + 32, 8);
	ret_entry->last_lba = le_get(bytes + 40, 8);
	gpt_uuid(bytes + 16, uuid);
	text_uuid(uuid, ret_entry->uuid);
	(void)text_utf16(bytes + 56, 36, ret_entry->label, sizeof(ret_entry->label));
	return 0;
}

static bool is_mbr(const uint8_t *sector)
{
	return sector[510] == 0x55 && sector[511] == 0xaa;
}

bool mbr_is_protective(const uint8_t sector[MBR_SIZE])
{
	for (int i = 0; i < 4; i++) {
		const uint8_t *partition = sector + 446 + i * 16;

		if (is_mbr(sector) && partition[4] == 0xee &&
		    le_get(partition + 8, 4) == 1)
			return true;
	}
	return false;
}

int mbr_partuuid(const uint8_t sector[MBR_SIZE], unsigned int number,
		 char ret_id[MBR_ID_SIZE])
{
	if (!is_mbr(sector) || number == 0 || number > 255)
		return -EBADMSG;
	(void)snprintf(ret_id, MBR_ID_SIZE, "%08x-%02x",
		       (unsigned int)le_get(sector + 440, 4), number & 255);
	return 0;
}
