/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A source layer's tar, uncompressed, in an unnamed temporary file. Each byte of the source is
 * read once, and decompressed once; both digests are verified on the way.
 *
 * Rule: nothing looks at a source's bytes again. What goes on is what was hashed.
 */
#include <stdint.h>

#include "base/err.h"
#include "pack/source/source.h"
#include "pack/tree/content.h"

struct progress;

struct spool_options {
	int temp_dir;	      /* where the temporary file goes */
	uint64_t limit_bytes; /* of the uncompressed tar */
	struct progress *progress;
};

/*
 * Fills *ret_content, whose id is the sha256 of the uncompressed tar. 0; -EBADMSG when a
 * digest or the size is another than the layer says, or the compressed data is damaged;
 * -E2BIG past the limit; -errno. Errors begin with the layer's name.
 */
int spool_layer(const struct source_layer *layer, const struct spool_options *options,
		struct content *ret_content, struct err *err);

/* An unnamed file in @dir, readable and writable. An fd or -errno. */
int spool_temp_file(int dir);
