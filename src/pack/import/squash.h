/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Writing squashfs with libsquashfs of squashfs-tools-ng. Needs no privilege. */
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "pack/tree/tree.h"

struct progress;

struct squash_options {
	char compression[8]; /* zstd gzip xz lz4 lzo none */
	unsigned int level;  /* 0: the tool's own */
	uint32_t block_size;
};

/* Which libraries write here: the sha256 of their files, as the compressors' own versions
 * decide the bytes too. For the cache. 0 or -errno. */
int squash_writer(struct digest *ret_id);

/* Reads "zstd", "zstd:19", "none"... 0 or -EINVAL with what is known. */
int squash_parse_compression(const char *text, struct squash_options *options,
			     struct err *err);

/* Reads "128K", "1M", "65536": a power of two from 4096 to 1 MiB. 0 or -EINVAL. */
int squash_parse_block_size(const char *text, struct squash_options *options,
			    struct err *err);

/*
 * Writes the finished layer below @root as a squashfs into @out_fd, an empty regular
 * file, which stays the caller's; numbers the nodes. The same tree, options and libraries
 * give the same bytes, however many processors there are. 0 or -errno.
 */
int squash_write(struct tree_node *root, const struct squash_options *options, int out_fd,
		 struct progress *progress, struct err *err);
