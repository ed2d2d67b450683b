/* SPDX-License-Identifier: Apache-2.0 */
#include "format/verity.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/le.h"

/* Where cryptsetup's struct verity_sb has its fields, little endian. */
enum {
	SB_MAGIC = 0, /* "verity\0\0" */
	SB_VERSION = 8,
	SB_HASH_TYPE = 12, /* 1: as dm-verity does it, 0: as Chrome OS did */
	SB_UUID = 16,
	SB_ALGORITHM = 32,
	SB_DATA_BLOCK_SIZE = 64,
	SB_HASH_BLOCK_SIZE = 68,
	SB_DATA_BLOCKS = 72,
	/* salt size and salt: all zero, as the rest */
};

#define HASHES_PER_BLOCK (VERITY_BLOCK / 32)
/* The most blocks of data: 2^62 bytes, so that data and tree together stay below 2^63. */
#define MAX_DATA_BLOCKS ((uint64_t)INT64_MAX / 2 / VERITY_BLOCK)

void verity_superblock_write(const struct verity_superblock *sb,
			     uint8_t ret_bytes[VERITY_SUPERBLOCK_SIZE])
{
	memset(ret_bytes, 0, VERITY_SUPERBLOCK_SIZE);
	memcpy(ret_bytes + SB_MAGIC, "verity", 6);
	le_put(ret_bytes + SB_VERSION, 1, 4);
	le_put(ret_bytes + SB_HASH_TYPE, 1, 4);
	memcpy(ret_bytes + SB_UUID, sb->uuid, sizeof(sb->uuid));
	memcpy(ret_bytes + SB_ALGORITHM, "sha256", 6);
	le_put(ret_bytes + SB_DATA_BLOCK_SIZE, VERITY_BLOCK, 4);
	le_put(ret_bytes + SB_HASH_BLOCK_SIZE, VERITY_BLOCK, 4);
	le_put(ret_bytes + SB_DATA_BLOCKS, sb->data_blocks, 8);
}

uint64_t verity_tree_blocks(uint64_t data_blocks)
{
	uint64_t blocks = 0;

	/* A single data block has no tree: the root hash is its own. */
	while (data_blocks > 1) {
		data_blocks = data_blocks / HASHES_PER_BLOCK +
			      (data_blocks % HASHES_PER_BLOCK != 0);
		blocks += data_blocks;
	}
	return blocks;
}

int verity_layout_check(uint64_t size_bytes, uint64_t data_bytes, struct err *err)
{
	uint64_t blocks = data_bytes / VERITY_BLOCK, expected;

	if (data_bytes == 0 || data_bytes % VERITY_BLOCK)
		return err_set(err, -EBADMSG, "data %" PRIu64 " is no multiple of %d",
			       data_bytes, VERITY_BLOCK);
	if (blocks > MAX_DATA_BLOCKS)
		return err_set(err, -EBADMSG, "data %" PRIu64 " is too large",
			       data_bytes);
	expected = (blocks + 1 + verity_tree_blocks(blocks)) * VERITY_BLOCK;
	if (size_bytes != expected)
		return err_set(err, -EBADMSG,
			       "size %" PRIu64 " does not fit data %" PRIu64
			       ", which makes %" PRIu64,
			       size_bytes, data_bytes, expected);
	return 0;
}

void verity_uuid(const struct digest *root, uint8_t ret_uuid[16])
{
	memcpy(ret_uuid, root, 16);
	ret_uuid[6] =
		(uint8_t)(0x80 | (ret_uuid[6] & 0x0f)); /* version 8: our own making */
	ret_uuid[8] = (uint8_t)(0x80 | (ret_uuid[8] & 0x3f)); /* variant of RFC 9562 */
}
