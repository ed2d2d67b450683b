/* SPDX-License-Identifier: Apache-2.0 */
#include "format/manifest/reader.h"

#include <string.h>

#include "base/str.h"
#include "format/manifest/check.h"
#include "format/verity.h"

/* The next two words of the line: `name` and a number. */
static int read_count(struct manifest_reader *reader, const struct manifest_key *key,
		      const char *name, uint64_t *ret_number)
{
	const char *word;
	size_t size;
	int r = manifest_next_word(reader, key, &word, &size);

	if (r < 0)
		return r;
	if (!lines_equal(word, size, name))
		return lines_bad(&reader->lines, reader->err, "%s: `%s` is missing",
				 key->name, name);
	r = manifest_next_word(reader, key, &word, &size);
	if (r < 0)
		return r;
	r = str_number(word, size, ret_number);
	if (r < 0)
		return lines_bad(&reader->lines, reader->err,
				 "%s: %s: must be a number of 0 to 2^63-1", key->name,
				 name);
	return 0;
}

/* The next word: @prefix and 64 digits. */
static int read_hash(struct manifest_reader *reader, const struct manifest_key *key,
		     const char *prefix, struct digest *ret_hash)
{
	size_t size, skip = strlen(prefix);
	const char *word;
	int r = manifest_next_word(reader, key, &word, &size);

	if (r < 0)
		return r;
	if (size < skip || memcmp(word, prefix, skip) != 0 ||
	    digest_parse(word + skip, size - skip, ret_hash) < 0)
		return lines_bad(&reader->lines, reader->err,
				 "%s: must be %s and 64 lower-case hex digits", key->name,
				 *prefix ? prefix : "verity");
	return 0;
}

int manifest_read_layer(struct manifest_reader *reader, const struct manifest_key *key)
{
	struct manifest *manifest = reader->manifest;
	struct manifest_layer *layer = &manifest->layers[manifest->layer_count];
	const char *word;
	size_t size;
	int r;

	r = read_hash(reader, key, "sha256:", &layer->blob);
	if (r < 0)
		return r;
	r = read_count(reader, key, "size", &layer->size_bytes);
	if (r < 0)
		return r;
	r = read_count(reader, key, "data", &layer->data_bytes);
	if (r < 0)
		return r;
	r = manifest_next_word(reader, key, &word, &size);
	if (r < 0)
		return r;
	if (!lines_equal(word, size, "verity"))
		return manifest_refuse(reader, key, "`verity` is missing");
	r = read_hash(reader, key, "", &layer->root);
	if (r < 0)
		return r;
	if (reader->lines.value_size)
		return manifest_refuse(reader, key, "has words after the root hash");
	r = verity_layout_check(layer->size_bytes, layer->data_bytes, reader->err);
	if (r < 0)
		return err_wrap(reader->err, r, "line %u: layer", reader->lines.number);
	return 0;
}

int manifest_read_member(struct manifest_reader *reader, const struct manifest_key *key)
{
	struct manifest *manifest = reader->manifest;
	struct manifest_member *member = &manifest->members[manifest->member_count];
	const char *word, *words;
	size_t size;
	int r = manifest_next_word(reader, key, &word, &size);

	if (r < 0)
		return r;
	member->name = manifest_keep_spelling(reader, word, size, false);
	words = member->name ? manifest_wrong_name(member->name) : "no name";
	if (words)
		return manifest_refuse(reader, key, words);
	r = read_hash(reader, key, "sha256:", &member->digest);
	if (r == 0)
		r = read_count(reader, key, "size", &member->size_bytes);
	if (r < 0)
		return r;
	if (reader->lines.value_size)
		return manifest_refuse(reader, key, "has words after its size");
	if (member->size_bytes == 0 || member->size_bytes > MANIFEST_MAX_SIZE)
		return manifest_refuse(reader, key, "a manifest has 1 to 65536 bytes");
	return 0;
}

int manifest_read_boot(struct manifest_reader *reader, const struct manifest_key *key)
{
	struct manifest_boot *boot = &reader->manifest->boot;
	const char *word;
	size_t size;
	int r = manifest_next_word(reader, key, &word, &size);

	if (r < 0)
		return r;
	if (!boot_id_valid(word, size))
		return manifest_refuse(reader, key,
				       "its id must be 1 to 64 of [A-Za-z0-9._-]");
	memcpy(boot->id, word, size);
	r = read_hash(reader, key, "sha256:", &boot->blob);
	if (r == 0)
		r = read_count(reader, key, "size", &boot->size);
	if (r < 0)
		return r;
	if (reader->lines.value_size || boot->size == 0)
		return manifest_refuse(reader, key,
				       boot->size ? "has words after its size"
						  : "its blob is empty");
	return 0;
}
