/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What an answer to a Range holds. A range is a wish: caches and proxies answer with the whole
 * file, or with another part of it. Source: RFC 9110, 14.4 and 15.3.7. Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define RANGE_UNKNOWN UINT64_MAX /* a size that nobody says */

/* What a server said of its answer's body. */
struct range_answer {
	long status;
	const char *content_range; /* "" when there was none */
	uint64_t length;	   /* Content-Length; RANGE_UNKNOWN */
};

/*
 * At which byte of a file of @size_bytes (or RANGE_UNKNOWN) the body begins, when its bytes from @from on were asked
 * for: never behind @from, so what comes before is passed over. 0; -EBADMSG: the whole is of another
 * size than it should be; -EPROTO: this answer is of no use, ask for the whole.
 */
int range_start(const struct range_answer *answer, uint64_t from, uint64_t size_bytes,
		uint64_t *ret_start, struct err *err);
