/* SPDX-License-Identifier: Apache-2.0 */
#include "format/deltas.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define WORD_SIZE DIGEST_HEX_SIZE /* with the space behind it */

int deltas_next(const char **at, const char *end, struct deltas_line *ret_line)
{
	struct digest *const digests[] = { &ret_line->layer, &ret_line->base,
					   &ret_line->delta };
	const char *word = *at, *lf = memchr(word, '\n', (size_t)(end - word));

	if (word == end)
		return 0;
	if (!lf || lf - word < 3 * WORD_SIZE)
		return -EBADMSG;
	for (size_t i = 0; i < 3; i++, word += WORD_SIZE)
		if (digest_parse(word, WORD_SIZE - 1, digests[i]) < 0 ||
		    word[WORD_SIZE - 1] != ' ')
			return -EBADMSG;
	*at = lf + 1;
	return str_number(word, (size_t)(lf - word), &ret_line->size_bytes) < 0 ? -EBADMSG
										: 1;
}

int deltas_write(const struct deltas_line *line, char ret_text[DELTAS_LINE_SIZE])
{
	return snprintf(ret_text, DELTAS_LINE_SIZE, "%s %s %s %" PRIu64 "\n",
			DIGEST_HEX(&line->layer), DIGEST_HEX(&line->base),
			DIGEST_HEX(&line->delta), line->size_bytes);
}
