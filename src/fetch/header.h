/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The lines of an answer's headers that mean something here. Pure. */
#include <stddef.h>

#include "fetch/http.h"

struct header_count {
	size_t bytes; /* of all lines, also of answers that are only on the way */
};

/* Takes a line, as it came, with its end or without. A line that begins an answer forgets what was there
 * before. 0; -E2BIG: more than HTTP_HEADERS_MOST. */
int header_add(struct header_count *count, const char *line, size_t size,
	       struct http_answer *answer);
