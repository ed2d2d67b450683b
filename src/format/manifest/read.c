/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "format/manifest.h"
#include "format/manifest/check.h"
#include "format/manifest/health.h"
#include "format/manifest/log.h"
#include "format/manifest/reader.h"
#include "format/set.h"

int manifest_refuse(const struct manifest_reader *reader, const struct manifest_key *key,
		    const char *words)
{
	return lines_bad(&reader->lines, reader->err, "%s: %s", key->name, words);
}

const char *manifest_keep_spelling(const struct manifest_reader *reader, const char *text,
				   size_t size, int spaces)
{
	struct manifest *manifest = reader->manifest;
	char *kept = manifest->text + manifest->text_used;
	int r = lines_decode(text, size, spaces, kept,
			     sizeof(manifest->text) - manifest->text_used);

	if (r < 0)
		return NULL;
	manifest->text_used += (size_t)r + 1;
	return kept;
}

int manifest_next_word(struct manifest_reader *reader, const struct manifest_key *key,
		       const char **ret_word, size_t *ret_size)
{
	int r = lines_word(&reader->lines, ret_word, ret_size, reader->err);

	return r == 0 ? manifest_refuse(reader, key, "value missing") : r;
}

static void *value_of(const struct manifest_reader *reader,
		      const struct manifest_key *key)
{
	return (char *)reader->manifest + key->value;
}

/* How many items of a list there are. */
static size_t *count_of(const struct manifest_reader *reader,
			const struct manifest_key *key)
{
	return (void *)((char *)reader->manifest + key->count);
}

static int read_text_into(struct manifest_reader *reader, const struct manifest_key *key,
			  const char **ret_text)
{
	struct lines *lines = &reader->lines;
	const char *text =
		manifest_keep_spelling(reader, lines->value, lines->value_size, true);
	const char *words = !text	 ? "is not spelled with %XX as it should be"
			    : key->wrong ? key->wrong(text)
					 : NULL;

	if (words)
		return manifest_refuse(reader, key, words);
	*ret_text = text;
	return 0;
}

static int read_text(struct manifest_reader *reader, const struct manifest_key *key)
{
	return read_text_into(reader, key, value_of(reader, key));
}

static int read_texts(struct manifest_reader *reader, const struct manifest_key *key)
{
	const char **texts = value_of(reader, key);

	return read_text_into(reader, key, &texts[*count_of(reader, key)]);
}

static int read_number(struct manifest_reader *reader, const struct manifest_key *key)
{
	struct lines *lines = &reader->lines;
	uint64_t *ret_number = value_of(reader, key);
	int r = str_number(lines->value, lines->value_size, ret_number);

	if (key->greatest &&
	    (r < 0 || *ret_number < key->least || *ret_number > key->greatest))
		return lines_bad(lines, reader->err, "%s: must be a number of %u to %u",
				 key->name, key->least, key->greatest);
	if (r < 0 || *ret_number < key->least)
		return lines_bad(lines, reader->err,
				 "%s: must be a number of %u to 2^63-1", key->name,
				 key->least);
	return 0;
}

/* Of 64 processors at most; less than 1% is less than the kernel counts. */
static int read_percent(struct manifest_reader *reader, const struct manifest_key *key)
{
	struct lines *lines = &reader->lines;
	uint64_t *ret_percent = value_of(reader, key);
	size_t size = lines->value_size;

	if (size == 0 || lines->value[size - 1] != '%' ||
	    str_number(lines->value, size - 1, ret_percent) < 0 || *ret_percent < 1 ||
	    *ret_percent > MANIFEST_MOST_PERCENT)
		return manifest_refuse(reader, key,
				       "must be 1% to 6400%, 100% for one processor");
	return 0;
}

static int read_choice(struct manifest_reader *reader, const struct manifest_key *key)
{
	const struct lines *lines = &reader->lines;
	unsigned int *ret_choice = value_of(reader, key);
	const char *word;
	size_t size = 0;

	for (unsigned int i = 0; (word = manifest_key_choice(key, i, &size)); i++) {
		if (size != lines->value_size || memcmp(word, lines->value, size) != 0)
			continue;
		*ret_choice = i;
		return 0;
	}
	return lines_bad(lines, reader->err, "%s: must be %s", key->name, key->choices);
}

static int (*const readers[MANIFEST_SHAPES])(struct manifest_reader *reader,
					     const struct manifest_key *key) = {
	[MANIFEST_TEXT] = read_text,
	[MANIFEST_TEXTS] = read_texts,
	[MANIFEST_NUMBER] = read_number,
	[MANIFEST_CHOICE] = read_choice,
	[MANIFEST_PERCENT] = read_percent,
	[MANIFEST_LAYER] = manifest_read_layer,
	[MANIFEST_BOOT] = manifest_read_boot,
	[MANIFEST_UPPER] = manifest_read_upper,
	[MANIFEST_VOLUME] = manifest_read_volume,
#ifdef MANIFEST_SUPERVISED
	[MANIFEST_RESTART] = manifest_read_restart,
	[MANIFEST_HEALTH] = manifest_read_health,
	[MANIFEST_LOG] = manifest_read_log,
	[MANIFEST_MEMBER] = manifest_read_member,
#endif
};

static int read_item(struct manifest_reader *reader, const struct manifest_key *key)
{
	size_t *count = count_of(reader, key);
	const char *words;
	int r;

	if (*count == key->most)
		return lines_bad(&reader->lines, reader->err, "%s: more than %u of them",
				 key->name, key->most);
	r = readers[key->shape](reader, key);
	if (r < 0)
		return r;
	words = key->clash ? key->clash(reader->manifest, *count) : NULL;
	if (words)
		return manifest_refuse(reader, key, words);
	++*count;
	return 0;
}

static int read_value(struct manifest_reader *reader, const struct manifest_key *key)
{
	return key->most ? read_item(reader, key) : readers[key->shape](reader, key);
}

static int read_line(struct manifest_reader *reader)
{
	for (unsigned int i = 0; i < MANIFEST_KEYS; i++) {
		const struct manifest_key *key = &manifest_keys[i];
		bool again = reader->seen & 1ULL << i;

		if (!lines_is(&reader->lines, key->name))
			continue;
		reader->seen |= 1ULL << i;
		if (key->supervised)
			reader->supervised = key->name;
		if (again && !key->most)
			return manifest_refuse(reader, key, "stands there twice");
		return read_value(reader, key);
	}
	for (const char *name = manifest_keys_unread; *name; name += strlen(name) + 1) {
		if (!lines_is(&reader->lines, name))
			continue;
		reader->supervised = name;
		return 0;
	}
	return lines_bad(&reader->lines, reader->err, "unknown key `%.*s`",
			 (int)(reader->lines.key_size > 32 ? 32 : reader->lines.key_size),
			 reader->lines.key);
}

int manifest_key_take(struct manifest *manifest, const struct manifest_key *key,
		      const char *value, struct err *err)
{
	struct manifest_reader reader = {
		.lines = { .value = value, .value_size = strlen(value) },
		.manifest = manifest,
		.err = err,
	};

	return read_value(&reader, key);
}

/* `lamina 1`: tells a manifest from anything else, and from manifests to come. */
static int read_type(struct manifest_reader *reader)
{
	struct lines *lines = &reader->lines;
	uint64_t version;
	int r = lines_next(lines, reader->err);

	if (r < 0)
		return r;
	if (r == 0 || !lines_is(lines, "lamina") ||
	    str_number(lines->value, lines->value_size, &version) < 0)
		return err_set(reader->err, -EBADMSG, "line 1: must be `lamina 1`");
	if (version != 1)
		return err_set(reader->err, -EPROTONOSUPPORT,
			       "line 1: version %llu of the format is not known here",
			       (unsigned long long)version);
	return 0;
}

static const char *misfit(const struct manifest *manifest, const struct manifest_key *key)
{
	if (key->place == MANIFEST_IN_SETS)
		return "goes with run set only";
	return manifest->run == MANIFEST_RUN_SET
		       ? "is for its members to say, not for a set"
		       : "goes with run supervise only";
}

static int check_required(const struct manifest_reader *reader)
{
	for (unsigned int i = 0; i < MANIFEST_KEYS; i++) {
		const struct manifest_key *key = &manifest_keys[i];
		bool seen = reader->seen & 1ULL << i;

		bool fits = manifest_key_fits(reader->manifest, key);

		if (key->required && fits && !seen)
			return err_set(reader->err, -EBADMSG, "%s is missing", key->name);
		if (seen && !fits)
			return err_set(reader->err, -EBADMSG, "%s: %s", key->name,
				       misfit(reader->manifest, key));
	}
	if (reader->supervised && reader->manifest->run == MANIFEST_RUN_EXEC)
		return err_set(reader->err, -EBADMSG, "%s: goes with run supervise only",
			       reader->supervised);
#ifdef MANIFEST_SUPERVISED
	if (set_check(reader->manifest, reader->err) < 0)
		return -EBADMSG;
#endif
	return 0;
}

static int read_lines(struct manifest_reader *reader)
{
	int r = read_type(reader);

	while (r == 0 && (r = lines_next(&reader->lines, reader->err)) > 0)
		r = read_line(reader);
	return r < 0 ? r : check_required(reader);
}

int manifest_check_level(uint64_t level, struct err *err)
{
	if (level <= MANIFEST_FEATURE_LEVEL)
		return 0;
	return err_set(err, -ENOTSUP,
		       "min-init: the image asks for feature level %llu, this is %d: it "
		       "takes a newer version of Lamina",
		       (unsigned long long)level, MANIFEST_FEATURE_LEVEL);
}

/* Who asks for a level that nobody here has may use keys and words that nobody here knows:
 * that is no damage. */
static int check_later(const char *bytes, size_t size, struct err *err)
{
	struct lines lines;
	uint64_t level;

	lines_init(&lines, bytes, size);
	while (lines_next(&lines, NULL) > 0) {
		if (lines_is(&lines, "min-init") &&
		    str_number(lines.value, lines.value_size, &level) == 0)
			return manifest_check_level(level, err);
	}
	return 0;
}

int manifest_parse(const char *bytes, size_t size, struct manifest *ret_manifest,
		   struct err *err)
{
	struct manifest_reader reader = { .manifest = ret_manifest, .err = err };
	int r, later;

	if (size > MANIFEST_MAX_SIZE)
		return err_set(err, -EFBIG, "is larger than %d bytes", MANIFEST_MAX_SIZE);
	manifest_init(ret_manifest);
	lines_init(&reader.lines, bytes, size);
	r = read_lines(&reader);
	if (r != -EBADMSG)
		return r;
	later = check_later(bytes, size, err);
	return later < 0 ? later : r;
}
