/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The dm-verity hash tree of a layer blob, as the workstation makes it (a device only has the
 * kernel check it, or makes one of a delta's data, by hash-tree/build.h). sha256, 4096-byte
 * blocks, no salt: see format/verity.h.
 */
#include <stdint.h>

#include "base/err.h"
#include "trust/sha256.h"

struct hash_tree_result {
	uint64_t size_bytes; /* of the whole blob */
	uint64_t data_bytes; /* padded */
	struct digest root;
	struct digest blob; /* sha256 of the whole blob */
};

/*
 * @fd is a squashfs of @size_bytes, open for reading and writing: pads it with zeros to
 * 4096, appends superblock and tree, and hashes everything on the way, reading the data
 * once. Memory: a fixed few buffers and a block a level. Uses up to @threads threads (0:
 * as many as there are processors). 0 or -errno; on failure the file's tail has no
 * meaning.
 */
int hash_tree_append(int fd, uint64_t size_bytes, unsigned int threads,
		     struct hash_tree_result *ret_result, struct err *err);

/* Reads a blob whole and tells whether data, tree and @root belong together.
 * 0, -EBADMSG with the first bad block, or -errno. */
int hash_tree_check(int fd, uint64_t size_bytes, uint64_t data_bytes,
		    const struct digest *root, struct err *err);
