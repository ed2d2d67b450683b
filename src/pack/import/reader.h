/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A source's layer, of whatever kind, into the layer of the image that is being made. */
#include <stdbool.h>

#include "base/err.h"
#include "pack/import/dir.h"
#include "pack/import/spool.h"
#include "pack/source/source.h"
#include "pack/tree/content.h"
#include "pack/tree/layer.h"

struct reader_options {
	struct spool_options spool;
	struct dir_options dir;
	bool replace_links; /* also where files of one's own have a directory */
};

/* Opens what has the bytes of its files, the caller's: content_done(). 0 or -errno. */
int reader_open(const struct source_layer *source, const struct reader_options *options,
		struct content *ret_content, struct err *err);

/* Puts all that the open @content has into @layer. 0; -EINVAL for an image that was taken for
 * somebody's files; -errno. The text begins with the source's name. */
int reader_read(const struct source_layer *source, const struct reader_options *options,
		struct tree *tree, const struct content *content, struct layer *layer,
		struct err *err);
