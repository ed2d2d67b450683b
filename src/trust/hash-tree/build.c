/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/hash-tree/build.h"

#include <string.h>

#include "base/fd.h"

static int add_hash(struct hash_tree_build *build, unsigned int level,
		    const struct digest *hash);

static int close_block(struct hash_tree_build *build, unsigned int level)
{
	struct hash_tree_open *open = &build->open[level];
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
	hash_tree_sum(&build->all, &hash);
	return r < 0 ? r : add_hash(build, level + 1, &hash);
}

/* The hash of a block below; above the topmost level it is the root. */
static int add_hash(struct hash_tree_build *build, unsigned int level,
		    const struct digest *hash)
{
	struct hash_tree_open *open = &build->open[level];

	if (level == build->layout.count) {
		build->root = *hash;
		return 0;
	}
	memcpy(open->bytes + open->used, hash, DIGEST_SIZE);
	open->used += DIGEST_SIZE;
	return open->used == VERITY_BLOCK ? close_block(build, level) : 0;
}

int hash_tree_build_add(struct hash_tree_build *build, const struct digest *hash)
{
	return add_hash(build, 0, hash);
}

int hash_tree_build_end(struct hash_tree_build *build)
{
	for (unsigned int level = 0; level < build->layout.count; level++) {
		int r = build->open[level].used ? close_block(build, level) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}
