/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What gzip, zstd, bzip2 or xz made smaller, or nobody, as it was. The first bytes tell. Every
 * check that a format has is made, those of its trailers too, and nothing but zeros may follow:
 * what is read to its end without an error is what was written.
 */
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* The next stored bytes, which stay where they are until the next call. Their count; 0 at the
 * end; -errno. */
typedef ssize_t decompress_source_fn(void *context, const void **ret_bytes);

struct decompress;

/* Looks at the first bytes. 0, or -errno with a text. Needs decompress_free() where it is 0. */
int decompress_open(struct decompress **ret_decompress, decompress_source_fn *source,
		    void *context, struct err *err);
void decompress_free(struct decompress *decompress);

/* Are its bytes the stored ones? */
bool decompress_is_plain(const struct decompress *decompress);

/*
 * The next bytes, which stay where they are until the next call. Their count; 0 at the end, with
 * the source read to its own; -EBADMSG for damage; the source's -errno; -ENOMEM.
 */
ssize_t decompress_next(struct decompress *decompress, const void **ret_bytes,
			struct err *err);
