/* SPDX-License-Identifier: Apache-2.0 */
#include "install/scrub.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "install/incoming.h"
#include "store/store.h"
#include "trust/hash-tree/layout.h"

/* The block of hashes of each level that was needed last. Data is read from start to end,
 * so that each is read once. */
struct level {
	uint64_t index;
	bool loaded, good;
	struct digest hashes[HASH_TREE_FANOUT];
};

static struct walk {
	struct scrub *scrub;
	const struct manifest_layer *layer;
	struct hash_tree_layout layout;
	struct level levels[HASH_TREE_MAX_LEVELS];
	int blob;
	enum scrub_kind first_kind;
	uint64_t first; /* bad block */
} walk;

static void tell(enum scrub_kind kind, uint64_t block)
{
	struct scrub *scrub = walk.scrub;

	if (scrub->bad_blocks++ == 0) {
		walk.first_kind = kind;
		walk.first = block;
	}
	if (scrub->bad)
		scrub->bad(scrub->context, kind, block);
}

static bool hashes_to(const void *block, const struct digest *wanted)
{
	struct digest hash;

	return wanted && sha256_of(block, VERITY_BLOCK, &hash) == 0 &&
	       digest_equal(&hash, wanted);
}

static const struct digest *wanted_hash(unsigned int level, uint64_t index);

/* Has block @index of @level in memory, whether it is good or not. As deep as there are
 * levels. */
static void load(unsigned int level, uint64_t index)
{
	const struct hash_tree_level *place = &walk.layout.levels[level];
	uint64_t offset = place->offset + index * VERITY_BLOCK;
	struct level *at = &walk.levels[level];
	const struct digest *wanted;

	if (at->loaded && at->index == index)
		return;
	wanted = wanted_hash(level + 1, index);
	at->loaded = true;
	at->index = index;
	at->good = fd_pread_all(walk.blob, at->hashes, VERITY_BLOCK, offset) == 0 &&
		   hashes_to(at->hashes, wanted);
	/* below a damaged block of hashes nothing can be said */
	if (!at->good && wanted)
		tell(SCRUB_TREE, (offset - walk.layer->data_bytes) / VERITY_BLOCK - 1);
}

/* What block @index below @level should hash to; NULL: nobody knows. */
static const struct digest *wanted_hash(unsigned int level, uint64_t index)
{
	const struct level *at = &walk.levels[level];

	if (level == walk.layout.count)
		return &walk.layer->root;
	load(level, index / HASH_TREE_FANOUT);
	return at->good ? &at->hashes[index % HASH_TREE_FANOUT] : NULL;
}

/* @bytes NULL: the block can't be read. */
static void check_block(const uint8_t *bytes, uint64_t index)
{
	const struct digest *wanted = wanted_hash(0, index);

	if (!wanted)
		walk.scrub->lost_blocks++;
	else if (!bytes || !hashes_to(bytes, wanted))
		tell(SCRUB_DATA, index);
}

/* When the medium can't give a part, it may give most of its blocks. */
static void check_part(uint64_t at, size_t size)
{
	uint8_t *bytes = incoming_buffer;
	int r = fd_pread_all(walk.blob, bytes, size, at);

	for (size_t i = 0; i < size; i += VERITY_BLOCK) {
		int one = r < 0 ? fd_pread_all(walk.blob, bytes + i, VERITY_BLOCK, at + i)
				: 0;

		check_block(one < 0 ? NULL : bytes + i, (at + i) / VERITY_BLOCK);
	}
	(void)sys_fadvise(walk.blob, (int64_t)at, (int64_t)size, POSIX_FADV_DONTNEED);
}

/* Hash blocks are never left out: the last one of a level is as good as its first data
 * block, and every one has one. */
static void check_data(void)
{
	const struct scrub *scrub = walk.scrub;
	uint64_t data_bytes = walk.layer->data_bytes;

	for (uint64_t at = 0; at < data_bytes;) {
		uint64_t left = data_bytes - at;
		size_t part = left < INCOMING_BUFFER ? (size_t)left : INCOMING_BUFFER;

		check_part(at, part);
		if (scrub->progress)
			scrub->progress(scrub->context, part);
		at += part;
	}
	if (scrub->progress)
		scrub->progress(scrub->context, walk.layer->size_bytes - data_bytes);
}

static void check_superblock(void)
{
	uint8_t wanted[VERITY_BLOCK];

	hash_tree_superblock(walk.layout.data_blocks, &walk.layer->root, wanted);
	if (fd_pread_all(walk.blob, incoming_buffer, VERITY_BLOCK,
			 walk.layer->data_bytes) < 0 ||
	    memcmp(incoming_buffer, wanted, VERITY_BLOCK) != 0)
		tell(SCRUB_SUPERBLOCK, 0);
}

static int result(struct err *err)
{
	static const char *const kinds[] = {
		[SCRUB_DATA] = "data block ",
		[SCRUB_TREE] = "hash block ",
		[SCRUB_SUPERBLOCK] = "superblock ",
	};
	const struct scrub *scrub = walk.scrub;
	char lost[64] = "";

	if (scrub->bad_blocks == 0)
		return 0;
	if (scrub->lost_blocks > 0)
		(void)snprintf(lost, sizeof(lost),
			       "; %" PRIu64 " more can't be read for it",
			       scrub->lost_blocks);
	return err_set(err, -EBADMSG,
		       "%" PRIu64 " of %" PRIu64 " blocks %s %s%" PRIu64 "%s",
		       scrub->bad_blocks, walk.layer->size_bytes / VERITY_BLOCK,
		       scrub->bad_blocks == 1 ? "is damaged:" : "are damaged, first",
		       kinds[walk.first_kind], walk.first, lost);
}

int scrub_layer(struct scrub *scrub, int store, const struct manifest_layer *layer,
		struct err *err)
{
	__fd int blob = store_open_blob(store, &layer->blob, layer->size_bytes, err);

	scrub->bad_blocks = scrub->lost_blocks = 0;
	if (blob < 0)
		return blob;
	memset(&walk, 0, sizeof(walk));
	walk.scrub = scrub;
	walk.layer = layer;
	walk.blob = blob;
	hash_tree_layout(layer->data_bytes, &walk.layout);
	/* what the cache has may be better than the medium */
	(void)sys_fadvise(blob, 0, 0, POSIX_FADV_DONTNEED);
	check_data();
	check_superblock();
	return result(err);
}
