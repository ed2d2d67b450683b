/* SPDX-License-Identifier: Apache-2.0 */
#include "format/manifest/reader.h"

#include <string.h>

#include "base/str.h"
#include "format/manifest/check.h"

/* The rest of the line, options, joined by commas as mount(2) wants them. */
static int read_options(struct manifest_reader *reader, const struct manifest_key *key,
			enum manifest_options of, const char **ret_options)
{
	struct manifest *manifest = reader->manifest;
	const char *word, *words;
	struct str options;
	size_t size;
	int r;

	str_init(&options, manifest->text + manifest->text_used,
		 sizeof(manifest->text) - manifest->text_used);
	while ((r = lines_word(&reader->lines, &word, &size, reader->err)) > 0) {
		if (memchr(word, ',', size))
			return manifest_refuse(reader, key,
					       "options are separated by spaces");
		str_add(&options, options.used ? "," : "");
		str_add_bytes(&options, word, size);
	}
	if (r < 0)
		return r;
	words = manifest_wrong_options(options.buf, of);
	if (words)
		return manifest_refuse(reader, key, words);
	*ret_options = options.buf;
	manifest->text_used += options.used + 1;
	return 0;
}

int manifest_read_upper(struct manifest_reader *reader, const struct manifest_key *key)
{
	struct manifest *manifest = reader->manifest;
	const char *word;
	size_t size;
	int r = manifest_next_word(reader, key, &word, &size);

	if (r < 0)
		return r;
	for (unsigned int i = 0; i < 3; i++) {
		if (!lines_equal(word, size, manifest_upper_words[i]))
			continue;
		manifest->upper = i;
		if (i == MANIFEST_UPPER_TMPFS)
			return read_options(reader, key, MANIFEST_OF_UPPER,
					    &manifest->upper_options);
		if (reader->lines.value_size)
			return manifest_refuse(reader, key, "only tmpfs takes options");
		return 0;
	}
	return manifest_refuse(reader, key, "must be tmpfs, persist or none");
}

static int read_volume_kind(struct manifest_reader *reader,
			    const struct manifest_key *key,
			    struct manifest_volume *volume)
{
	const char *word;
	size_t size;
	int r = manifest_next_word(reader, key, &word, &size);

	if (r < 0)
		return r;
	volume->persist = lines_equal(word, size, "persist");
	volume->options = "";
	if (!volume->persist && !lines_equal(word, size, "tmpfs"))
		return manifest_refuse(reader, key, "must be persist or tmpfs");
	return read_options(reader, key,
			    volume->persist ? MANIFEST_OF_PERSIST : MANIFEST_OF_TMPFS,
			    &volume->options);
}

int manifest_read_volume(struct manifest_reader *reader, const struct manifest_key *key)
{
	struct manifest *manifest = reader->manifest;
	struct manifest_volume *volume = &manifest->volumes[manifest->volume_count];
	const char *word, *words;
	size_t size;
	int r = manifest_next_word(reader, key, &word, &size);

	if (r < 0)
		return r;
	volume->path = manifest_keep_spelling(reader, word, size, false);
	words = volume->path ? manifest_wrong_volume(volume->path)
			     : "is not spelled with %XX as it should be";
	if (words)
		return manifest_refuse(reader, key, words);
	return read_volume_kind(reader, key, volume);
}
