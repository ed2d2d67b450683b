/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "format/manifest/reader.h"

/* "always", "no", "on-failure" or "on-failure:N" */
int manifest_read_restart(struct manifest_reader *reader, const struct manifest_key *key)
{
	struct manifest *manifest = reader->manifest;
	const char *text = reader->lines.value;
	size_t size = reader->lines.value_size;
	const char *colon = size ? memchr(text, ':', size) : NULL;
	size_t word = colon ? (size_t)(colon - text) : size;
	unsigned int i = 0;

	while (i < 3 && !lines_equal(text, word, manifest_restart_words[i]))
		i++;
	if (i == 3 || (colon && i != MANIFEST_RESTART_ON_FAILURE))
		return manifest_refuse(reader, key,
				       "must be always, no, on-failure or on-failure:N");
	manifest->restart = i;
	manifest->restart_most = 0;
	if (colon &&
	    (str_number(colon + 1, size - word - 1, &manifest->restart_most) < 0 ||
	     manifest->restart_most == 0))
		return manifest_refuse(reader, key, "N must be a number of 1 to 2^63-1");
	return 0;
}
