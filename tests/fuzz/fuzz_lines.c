/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, words and spellings: nothing is read past its end, and what decodes encodes
 * back. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Copies a spelling to memory of its own size, so that a step past it is seen. */
static void check_spelling(const char *spelled, size_t size, int spaces)
{
	char *copy = malloc(size + 1), *text = malloc(size + 1),
	     *again = malloc(size + 1);
	struct str s;
	int r;

	assert(copy && text && again);
	memcpy(copy, spelled, size);
	r = lines_decode(copy, size, spaces, text, size + 1);
	if (r >= 0) {
		assert(strlen(text) == (size_t)r);
		str_init(&s, again, size + 1);
		lines_encode(&s, text, spaces);
		assert(str_done(&s) == 0 && s.used == size);
		assert(memcmp(again, copy, size) == 0);
	}
	free(copy);
	free(text);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct lines lines;
	const char *word;
	size_t word_size;

	lines_init(&lines, (const char *)data, size);
	lines.comments = size % 2;
	while (lines_next(&lines, &err) > 0) {
		check_spelling(lines.value, lines.value_size, 1);
		while (lines_word(&lines, &word, &word_size, &err) > 0)
			check_spelling(word, word_size, 0);
	}
	return 0;
}
