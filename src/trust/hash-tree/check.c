/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "trust/hash-tree.h"
#include "trust/hash-tree/chunks.h"
#include "trust/hash-tree/layout.h"

struct check {
	int fd;
	struct hash_tree_layout layout;
	const struct digest *root;
	uint64_t bad; /* data block, when chunks_run() says -EBADMSG */
};

/*
 * The hashes that level @level - 1 (or the data) should have, from its block @index on,
 * at most a block of them. Above the topmost level there is only the root.
 */
static int expected(const struct check *check, unsigned int level, uint64_t index,
		    uint8_t ret_hashes[VERITY_BLOCK])
{
	uint64_t block = index / HASH_TREE_FANOUT;

	if (level == check->layout.count) {
		memcpy(ret_hashes, check->root, DIGEST_SIZE);
		return 0;
	}
	return fd_pread_all(check->fd, ret_hashes, VERITY_BLOCK,
			    check->layout.levels[level].offset + block * VERITY_BLOCK);
}

static int check_block(const struct check *check, unsigned int level, uint64_t index,
		       const uint8_t hashes[VERITY_BLOCK])
{
	uint64_t offset = check->layout.levels[level].offset + index * VERITY_BLOCK;
	const uint8_t *wanted = hashes + index % HASH_TREE_FANOUT * DIGEST_SIZE;
	uint8_t block[VERITY_BLOCK];
	struct digest hash;
	int r = fd_pread_all(check->fd, block, VERITY_BLOCK, offset);

	if (r == 0)
		r = sha256_of(block, VERITY_BLOCK, &hash);
	if (r < 0)
		return r;
	return memcmp(&hash, wanted, DIGEST_SIZE) == 0 ? 0 : -EBADMSG;
}

/* Each level was checked before the one below it: its hashes can be relied on. */
static int check_level(const struct check *check, unsigned int level, struct err *err)
{
	uint8_t hashes[VERITY_BLOCK];

	for (uint64_t i = 0; i < check->layout.levels[level].blocks; i++) {
		int r = 0;

		if (i % HASH_TREE_FANOUT == 0)
			r = expected(check, level + 1, i, hashes);
		if (r == 0)
			r = check_block(check, level, i, hashes);
		if (r == -EBADMSG && level + 1 == check->layout.count)
			return err_set(err, r, "root hash does not match");
		if (r == -EBADMSG)
			return err_set(err, r,
				       "hash block %" PRIu64 " of level %u is damaged", i,
				       level);
		if (r < 0)
			return err_errno(err, r, "hash tree");
	}
	return 0;
}

/* Leaves the first bad block of the chunk in its notes, for tell() below. */
static int check_data(void *context, const struct chunk *chunk)
{
	const struct check *check = context;
	uint64_t first = chunk->offset / VERITY_BLOCK, bad = UINT64_MAX;
	uint8_t hashes[VERITY_BLOCK];
	struct digest hash;

	for (size_t i = 0; bad == UINT64_MAX && i < chunk->size / VERITY_BLOCK; i++) {
		const uint8_t *wanted = hashes + i % HASH_TREE_FANOUT * DIGEST_SIZE;
		int r = 0;

		if (i % HASH_TREE_FANOUT == 0)
			r = expected(check, 0, first + i, hashes);
		if (r == 0)
			r = sha256_of(chunk->bytes + i * VERITY_BLOCK, VERITY_BLOCK,
				      &hash);
		if (r < 0)
			return r;
		if (memcmp(&hash, wanted, DIGEST_SIZE) != 0)
			bad = first + i;
	}
	memcpy(chunk->notes, &bad, sizeof(bad));
	return 0;
}

static int tell(void *context, const struct chunk *chunk)
{
	struct check *check = context;

	memcpy(&check->bad, chunk->notes, sizeof(check->bad));
	return check->bad == UINT64_MAX ? 0 : -EBADMSG;
}

static int check_superblock(const struct check *check, struct err *err)
{
	uint8_t block[VERITY_BLOCK], wanted[VERITY_BLOCK];
	int r = fd_pread_all(check->fd, block, sizeof(block),
			     check->layout.data_blocks * VERITY_BLOCK);

	if (r < 0)
		return err_errno(err, r, "superblock");
	hash_tree_superblock(check->layout.data_blocks, check->root, wanted);
	if (memcmp(block, wanted, sizeof(block)) != 0)
		return err_set(err, -EBADMSG, "superblock is damaged");
	return 0;
}

int hash_tree_check(int fd, uint64_t size_bytes, uint64_t data_bytes,
		    const struct digest *root, struct err *err)
{
	struct check check = { .fd = fd, .root = root };
	int r = verity_layout_check(size_bytes, data_bytes, err);

	if (r < 0)
		return r;
	hash_tree_layout(data_bytes, &check.layout);
	for (unsigned int level = check.layout.count; r == 0 && level-- > 0;)
		r = check_level(&check, level, err);
	if (r < 0)
		return r;
	r = chunks_run(fd, data_bytes, 0, check_data, tell, &check);
	if (r == -EBADMSG)
		return err_set(err, r, "data block %" PRIu64 " is damaged", check.bad);
	if (r < 0)
		return err_errno(err, r, "data");
	return check_superblock(&check, err);
}
