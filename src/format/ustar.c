/* SPDX-License-Identifier: Apache-2.0 */
#include "format/ustar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Where the fields of a POSIX.1-1988 header are. */
enum {
	AT_NAME = 0,
	AT_MODE = 100,
	AT_UID = 108,
	AT_GID = 116,
	AT_SIZE = 124,
	AT_MTIME = 136,
	AT_CHECKSUM = 148,
	AT_TYPE = 156,
	AT_MAGIC = 257,
	SIZE_NAME = 100,
	SIZE_SIZE = 12,
	SIZE_CHECKSUM = 8,
};

/* Octal digits that end in NUL; @size counts it. */
static void put_octal(uint8_t *field, size_t size, uint64_t value)
{
	field[size - 1] = '\0';
	for (size_t i = size - 1; i-- > 0; value >>= 3)
		field[i] = (uint8_t)('0' + (value & 7));
}

static void put_size(uint8_t *field, uint64_t value)
{
	if (value < 1ULL << 33) {
		put_octal(field, SIZE_SIZE, value);
		return;
	}
	for (size_t i = SIZE_SIZE; i-- > 0; value >>= 8)
		field[i] = (uint8_t)value;
	field[0] = 0x80;
}

static uint64_t get_size(const uint8_t *field)
{
	uint64_t value = 0;

	for (size_t i = 1; field[0] & 0x80 && i < SIZE_SIZE; i++)
		value = value << 8 | field[i];
	for (size_t i = 0; !(field[0] & 0x80) && i < SIZE_SIZE - 1; i++)
		value = value << 3 | (field[i] & 7);
	return value;
}

static uint32_t checksum(const uint8_t block[USTAR_BLOCK])
{
	uint32_t sum = 0;

	for (size_t i = 0; i < USTAR_BLOCK; i++)
		sum += i >= AT_CHECKSUM && i < AT_CHECKSUM + SIZE_CHECKSUM ? ' '
									   : block[i];
	return sum;
}

/* As other writers have it too: digits, with spaces before or behind them. */
static uint32_t get_checksum(const uint8_t block[USTAR_BLOCK])
{
	uint32_t value = 0;

	for (size_t i = AT_CHECKSUM; i < AT_CHECKSUM + SIZE_CHECKSUM; i++)
		if (block[i] >= '0' && block[i] <= '7')
			value = value << 3 | (block[i] & 7U);
	return value;
}

int ustar_write(const char *name, uint64_t size_bytes, uint8_t ret_block[USTAR_BLOCK])
{
	size_t name_size = strlen(name);

	if (name_size == 0 || name_size > SIZE_NAME)
		return -ENAMETOOLONG;
	memset(ret_block, 0, USTAR_BLOCK);
	memcpy(ret_block + AT_NAME, name, name_size);
	put_octal(ret_block + AT_MODE, 8, 0644);
	put_octal(ret_block + AT_UID, 8, 0);
	put_octal(ret_block + AT_GID, 8, 0);
	put_size(ret_block + AT_SIZE, size_bytes);
	put_octal(ret_block + AT_MTIME, 12, 0);
	ret_block[AT_TYPE] = '0';
	memcpy(ret_block + AT_MAGIC, "ustar\00000", 8);
	put_octal(ret_block + AT_CHECKSUM, 7, checksum(ret_block));
	ret_block[AT_CHECKSUM + 7] = ' ';
	return 0;
}

static int is_zero(const uint8_t block[USTAR_BLOCK])
{
	for (size_t i = 0; i < USTAR_BLOCK; i++)
		if (block[i])
			return 0;
	return 1;
}

int ustar_parse(const uint8_t block[USTAR_BLOCK], struct ustar_entry *ret_entry,
		struct err *err)
{
	struct ustar_entry entry;
	uint8_t again[USTAR_BLOCK];

	if (is_zero(block))
		return 0;
	if (memcmp(block + AT_MAGIC, "ustar", 5) != 0)
		return err_set(err, -EBADMSG, "not a tar header");
	if (get_checksum(block) != checksum(block))
		return err_set(err, -EBADMSG,
			       "a damaged tar header: its checksum is wrong");
	memcpy(entry.name, block + AT_NAME, SIZE_NAME);
	entry.name[SIZE_NAME] = '\0';
	entry.size_bytes = get_size(block + AT_SIZE);
	if (entry.size_bytes > INT64_MAX)
		return err_set(err, -EBADMSG, "tar header with an impossible size");
	/* the one way to write this entry, or it isn't ours */
	if (ustar_write(entry.name, entry.size_bytes, again) < 0 ||
	    memcmp(block, again, USTAR_BLOCK) != 0)
		return err_set(err, -EBADMSG, "not a tar header as bundles have them");
	*ret_entry = entry;
	return 1;
}

uint64_t ustar_padded(uint64_t size_bytes)
{
	return (size_bytes + USTAR_BLOCK - 1) & ~(uint64_t)(USTAR_BLOCK - 1);
}
