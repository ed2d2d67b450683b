/* SPDX-License-Identifier: Apache-2.0 */
/* A line that says it is of a log on the store: what is taken of it lies inside. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "format/kept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* of its own, so that a byte behind it is found out */
	char *text = malloc(size ? size : 1);
	struct kept_line line;

	assert(text);
	memcpy(text, data, size);
	if (kept_parse(text, size, &line) == 0) {
		assert(strlen(line.time) == KEPT_TIME_SIZE - 1);
		if (line.text)
			assert(line.text >= text && line.text + line.size == text + size);
		else
			assert(strlen(line.boot) < KEPT_BOOT_SIZE);
	}
	free(text);
	return 0;
}
