/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Finished layers kept for the next run, below $LAMINA_CACHE, $XDG_CACHE_HOME/lamina or
 * ~/.cache/lamina. The key says everything that decides a layer's bytes: the normalised
 * tar (contents by the digest of the tar they stand in), the options and the
 * libraries that write. An entry is believed only after its bytes have been hashed again.
 */
#include <stdint.h>

#include "base/err.h"
#include "pack/import/squash.h"
#include "pack/tree/tree.h"
#include "trust/hash-tree.h"
#include "trust/sha256.h"

/* Opens the cache's directory, made if missing. An fd the caller owns, or -errno: work
 * without. */
int cache_open(void);

/* The key of a finished layer. 0; -ENOTSUP when it has none (files of a directory, which
 * nobody has hashed); -errno. */
int cache_key(const struct tree_node *root, const struct squash_options *options,
	      const struct digest *writer, struct digest *ret_key);

/* Copies a good entry's blob into the empty file @fd. 1; 0 when there is none (a bad one
 * is removed); -errno when writing @fd fails. A good one counts as used now. */
int cache_get(int cache, const struct digest *key, int fd,
	      struct hash_tree_result *ret_result, struct err *err);

/* Keeps a copy of the blob @fd. Failing to is no failure: -errno only tells. */
int cache_put(int cache, const struct digest *key, int fd,
	      const struct hash_tree_result *result);

/* Takes away the entry of this name, if it is there. */
void cache_remove(int cache, const char *hex);

/* How many bytes may be kept, by $LAMINA_CACHE_SIZE. 0, or -EINVAL for what is no size. */
int cache_limit(uint64_t *ret_bytes, struct err *err);

/* Removes the entries that weren't used for the longest time until the rest has no more than
 * @limit_bytes, and what killed runs left. 0 or -errno, which only tells. */
int cache_prune(int cache, uint64_t limit_bytes);
