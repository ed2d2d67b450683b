/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Writing squashfs with sqfstar of squashfs-tools. Needs no privilege. */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "pack/tree/tree.h"

struct progress;

struct squash_options {
	char compression[8]; /* zstd gzip xz lz4 lzo none */
	unsigned int level;  /* 0: the tool's own */
	uint32_t block_size;
};

struct squash_version {
	unsigned int major, minor, patch;
	char text[48]; /* for the cache: "4.5.1" */
};

/* Which sqfstar is here? 0; -ENOENT when none, with what to install; -EBADMSG. */
int squash_version(struct squash_version *ret_version, struct err *err);

/* Can it give the root directory the layer's time? Else the root gets the newest time in
 * it. */
bool squash_sets_root_time(const struct squash_version *version);

/* Reads "zstd", "zstd:19", "none"... 0 or -EINVAL with what is known. */
int squash_parse_compression(const char *text, struct squash_options *options,
			     struct err *err);

/* Reads "128K", "1M", "65536": a power of two from 4096 to 1 MiB. 0 or -EINVAL. */
int squash_parse_block_size(const char *text, struct squash_options *options,
			    struct err *err);

/*
 * Writes the finished layer below @root as a squashfs into @out_fd, an empty regular
 * file, above
 * 2. The same tree, options and version give the same bytes. 0 or -errno.
 */
int squash_write(const struct tree_node *root, const struct squash_options *options,
		 const struct squash_version *version, int out_fd,
		 struct progress *progress, struct err *err);
