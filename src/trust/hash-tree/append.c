/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/hash-tree.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "trust/hash-tree/chunks.h"
#include "trust/hash-tree/layout.h"

/* A block of hashes that fills up; when full it is written, and its hash goes one level
 * up. */
struct open_block {
	uint8_t bytes[VERITY_BLOCK];
	size_t used;
	uint64_t written; /* blocks of this level */
};

struct build {
	int fd;
	struct hash_tree_layout layout;
	struct open_block open[HASH_TREE_MAX_LEVELS];
	struct digest root;
	struct sha256 blob;
};

static int add_hash(struct build *build, unsigned int level, const struct digest *hash);

static int close_block(struct build *build, unsigned int level)
{
	struct open_block *open = &build->open[level];
	uint64_t offset =
		build->layout.levels[level].offset + open->written * VERITY_BLOCK;
	struct digest hash;
	int r;

	memset(open->bytes + open->used, 0, VERITY_BLOCK - open->used);
	r = fd_pwrite_all(build->fd, open->bytes, VERITY_BLOCK, offset);
	if (r == 0)
		r = sha256_of(open->bytes, VERITY_BLOCK, &hash);
	open->used = 0;
	open->written++;
	return r < 0 ? r : add_hash(build, level + 1, &hash);
}

/* The hash of a block below; above the topmost level it is the root. */
static int add_hash(struct build *build, unsigned int level, const struct digest *hash)
{
	struct open_block *open = &build->open[level];

	if (level == build->layout.count) {
		build->root = *hash;
		return 0;
	}
	memcpy(open->bytes + open->used, hash, DIGEST_SIZE);
	open->used += DIGEST_SIZE;
	return open->used == VERITY_BLOCK ? close_block(build, level) : 0;
}

static int close_tree(struct build *build)
{
	for (unsigned int level = 0; level < build->layout.count; level++) {
		int r = build->open[level].used ? close_block(build, level) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int hash_data(void *context, const struct chunk *chunk)
{
	int r = 0;

	(void)context;
	for (size_t i = 0; r == 0 && i < chunk->size / VERITY_BLOCK; i++)
		r = sha256_of(chunk->bytes + i * VERITY_BLOCK, VERITY_BLOCK,
			      (struct digest *)chunk->notes + i);
	return r;
}

static int keep_hashes(void *context, const struct chunk *chunk)
{
	struct build *build = context;
	int r = sha256_add(&build->blob, chunk->bytes, chunk->size);

	for (size_t i = 0; r == 0 && i < chunk->size / VERITY_BLOCK; i++)
		r = add_hash(build, 0, (const struct digest *)chunk->notes + i);
	return r;
}

/* Zeros up to the end of the blob: what the file held there before goes. */
static int pad(int fd, uint64_t size_bytes, uint64_t blob_bytes)
{
	int r = sys_ftruncate(fd, (int64_t)size_bytes);

	return r < 0 ? r : sys_ftruncate(fd, (int64_t)blob_bytes);
}

/* The tree's blocks lie top first, and were made bottom first: they are read again. */
static int hash_tree_part(struct build *build, const uint8_t superblock[VERITY_BLOCK])
{
	uint64_t at = build->layout.data_blocks * VERITY_BLOCK + VERITY_BLOCK;
	uint8_t block[VERITY_BLOCK];
	int r = sha256_add(&build->blob, superblock, VERITY_BLOCK);

	for (; r == 0 && at < build->layout.size_bytes; at += VERITY_BLOCK) {
		r = fd_pread_all(build->fd, block, VERITY_BLOCK, at);
		if (r == 0)
			r = sha256_add(&build->blob, block, VERITY_BLOCK);
	}
	return r;
}

static int append(struct build *build, uint64_t size_bytes, uint64_t data_bytes,
		  unsigned int threads, struct digest *ret_blob)
{
	uint8_t superblock[VERITY_BLOCK];
	int r = pad(build->fd, size_bytes, build->layout.size_bytes);

	if (r == 0)
		r = sha256_start(&build->blob);
	if (r == 0)
		r = chunks_run(build->fd, data_bytes, threads, hash_data, keep_hashes,
			       build);
	if (r == 0)
		r = close_tree(build);
	if (r < 0)
		return r;
	hash_tree_superblock(build->layout.data_blocks, &build->root, superblock);
	r = fd_pwrite_all(build->fd, superblock, sizeof(superblock), data_bytes);
	if (r == 0)
		r = hash_tree_part(build, superblock);
	return r < 0 ? r : sha256_finish(&build->blob, ret_blob);
}

int hash_tree_append(int fd, uint64_t size_bytes, unsigned int threads,
		     struct hash_tree_result *ret_result, struct err *err)
{
	uint64_t data_bytes =
		(size_bytes + VERITY_BLOCK - 1) / VERITY_BLOCK * VERITY_BLOCK;
	struct hash_tree_result result = { .data_bytes = data_bytes };
	struct build build = { .fd = fd };
	int r;

	if (size_bytes == 0 || size_bytes > UINT64_C(1) << 62)
		return err_set(err, -EINVAL, "hash tree: no such size of a layer");
	hash_tree_layout(data_bytes, &build.layout);
	r = append(&build, size_bytes, data_bytes, threads, &result.blob);
	if (r < 0)
		return err_errno(err, r, "hash tree");
	result.size_bytes = build.layout.size_bytes;
	result.root = build.root;
	*ret_result = result;
	return 0;
}
