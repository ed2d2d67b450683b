/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A squashfs as a source: unpacked into a tar by sqfs2tar, or copied as it is. */
#include "base/err.h"
#include "pack/import/spool.h"
#include "pack/source/source.h"
#include "pack/tree/content.h"

/* Fills *ret_content with the squashfs's tree as a tar. 0; -ENOENT when sqfs2tar isn't
 * installed; -EIO with its words; -errno. */
int unsquash_spool(const struct source_layer *layer, const struct spool_options *options,
		   struct content *ret_content, struct err *err);

/* Copies the layer's bytes into the empty file @fd. 0 or -errno. */
int unsquash_copy(const struct source_layer *layer, int fd, struct err *err);
