/* SPDX-License-Identifier: Apache-2.0 */
/* A list of deltas that is read is the one that is written of what it says. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "format/deltas.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *before = at;
	char text[DELTAS_LINE_SIZE];
	struct deltas_line line;
	int r;

	while ((r = deltas_next(&at, end, &line)) > 0) {
		int written = deltas_write(&line, text);

		assert(at > before && at <= end);
		assert(written == at - before &&
		       memcmp(text, before, (size_t)written) == 0);
		before = at;
	}
	assert(r == -EBADMSG || (r == 0 && at == end));
	return 0;
}
