/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/hash-tree.h"

#include <errno.h>

#include "base/fd.h"
#include "base/sys.h"
#include "trust/hash-tree/build.h"
#include "trust/hash-tree/chunks.h"

struct append {
	struct hash_tree_build build;
	struct sha256 blob;
};

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
	struct append *append = context;
	int r = sha256_add(&append->blob, chunk->bytes, chunk->size);

	for (size_t i = 0; r == 0 && i < chunk->size / VERITY_BLOCK; i++)
		r = hash_tree_build_add(&append->build,
					(const struct digest *)chunk->notes + i);
	return r;
}

/* Zeros up to the end of the blob: what the file held there before goes. */
static int pad(int fd, uint64_t size_bytes, uint64_t blob_bytes)
{
	int r = sys_ftruncate(fd, (int64_t)size_bytes);

	return r < 0 ? r : sys_ftruncate(fd, (int64_t)blob_bytes);
}

/* The tree's blocks lie top first, and were made bottom first: they are read again. */
static int hash_tree_part(struct append *append, const uint8_t superblock[VERITY_BLOCK])
{
	const struct hash_tree_build *build = &append->build;
	uint64_t at = build->layout.data_blocks * VERITY_BLOCK + VERITY_BLOCK;
	uint8_t block[VERITY_BLOCK];
	int r = sha256_add(&append->blob, superblock, VERITY_BLOCK);

	for (; r == 0 && at < build->layout.size_bytes; at += VERITY_BLOCK) {
		r = fd_pread_all(build->fd, block, VERITY_BLOCK, at);
		if (r == 0)
			r = sha256_add(&append->blob, block, VERITY_BLOCK);
	}
	return r;
}

static int run(struct append *append, uint64_t size_bytes, uint64_t data_bytes,
	       unsigned int threads, struct digest *ret_blob)
{
	struct hash_tree_build *build = &append->build;
	uint8_t superblock[VERITY_BLOCK];
	int r = pad(build->fd, size_bytes, build->layout.size_bytes);

	if (r == 0)
		r = sha256_start(&append->blob);
	if (r == 0)
		r = chunks_run(build->fd, data_bytes, threads, hash_data, keep_hashes,
			       append);
	if (r == 0)
		r = hash_tree_build_end(build);
	if (r < 0)
		return r;
	hash_tree_superblock(build->layout.data_blocks, &build->root, superblock);
	r = fd_pwrite_all(build->fd, superblock, sizeof(superblock), data_bytes);
	if (r == 0)
		r = hash_tree_part(append, superblock);
	return r < 0 ? r : sha256_finish(&append->blob, ret_blob);
}

int hash_tree_append(int fd, uint64_t size_bytes, unsigned int threads,
		     struct hash_tree_result *ret_result, struct err *err)
{
	uint64_t data_bytes =
		(size_bytes + VERITY_BLOCK - 1) / VERITY_BLOCK * VERITY_BLOCK;
	struct hash_tree_result result = { .data_bytes = data_bytes };
	struct append append = { .build.fd = fd };
	int r;

	if (size_bytes == 0 || size_bytes > UINT64_C(1) << 62)
		return err_set(err, -EINVAL, "hash tree: no such size of a layer");
	hash_tree_layout(data_bytes, &append.build.layout);
	r = run(&append, size_bytes, data_bytes, threads, &result.blob);
	if (r < 0)
		return err_errno(err, r, "hash tree");
	result.size_bytes = append.build.layout.size_bytes;
	result.root = append.build.root;
	*ret_result = result;
	return 0;
}
