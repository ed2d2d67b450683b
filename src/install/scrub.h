/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A layer read whole from the medium and compared with its signed root hash, block by
 * block, as dm-verity would when the image runs; without device-mapper. Static buffers:
 * not for two threads.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/manifest.h"

enum scrub_kind {
	SCRUB_DATA,	  /* a block of the squashfs */
	SCRUB_TREE,	  /* of the hash tree, counted from the tree's start */
	SCRUB_SUPERBLOCK, /* which no device reads; block 0 */
};

struct scrub {
	/* the caller's; the functions may be NULL */
	void (*bad)(void *context, enum scrub_kind kind, uint64_t block);
	void (*progress)(void *context, uint64_t size_bytes); /* so much more is read */
	void *context;
	/* results: blocks that are damaged or can't be read; data blocks that can't be
	 * checked, as the tree above them is damaged. A device can read neither. */
	uint64_t bad_blocks, lost_blocks;
};

/* 0; -EBADMSG: damaged, the text says how many blocks and which is the first;
 * store_open_blob()'s. A block that can't be read counts as damaged. */
int scrub_layer(struct scrub *scrub, int store, const struct manifest_layer *layer,
		struct err *err);
