/* SPDX-License-Identifier: Apache-2.0 */
/* The words that values are made of. */
#include <errno.h>

#include "base/str.h"
#include "format/manifest/check.h"
#include "format/policy/reader.h"

int policy_bad(const struct policy_reader *reader, const char *words)
{
	return lines_bad(&reader->lines, reader->err, "%s: %s", reader->key, words);
}

/* The next word, decoded, into @ret_text. */
int policy_read_word(struct policy_reader *reader, char *ret_text, size_t room)
{
	const char *word;
	size_t size;
	int r = lines_word(&reader->lines, &word, &size, reader->err);

	if (r < 0)
		return r;
	if (r == 0)
		return policy_bad(reader, "value missing");
	r = lines_decode(word, size, false, ret_text, room);
	if (r == -ENOBUFS)
		return policy_bad(reader, "is too long");
	return r < 0 ? policy_bad(reader, "is not spelled with %XX as it should be") : 0;
}

int policy_read_number(struct policy_reader *reader, uint64_t least, uint64_t most,
		       uint64_t *ret_number)
{
	const char *word = "";
	uint64_t number;
	size_t size = 0;
	int r = lines_word(&reader->lines, &word, &size, reader->err);

	if (r < 0)
		return r;
	if (str_number(word, size, &number) < 0 || number < least || number > most)
		return lines_bad(&reader->lines, reader->err,
				 "%s: must be a number of %llu to %llu", reader->key,
				 (unsigned long long)least, (unsigned long long)most);
	*ret_number = number;
	return 0;
}

int policy_read_number32(struct policy_reader *reader, uint32_t least, uint32_t most,
			 uint32_t *ret_number)
{
	uint64_t number;
	int r = policy_read_number(reader, least, most, &number);

	if (r == 0)
		*ret_number = (uint32_t)number;
	return r;
}

/* The next word as an index of @words, which NULL ends. */
int policy_read_choice(struct policy_reader *reader, const char *const *words,
		       const char *reason)
{
	const char *word;
	size_t size;
	int r = lines_word(&reader->lines, &word, &size, reader->err);

	if (r < 0)
		return r;
	for (int i = 0; r > 0 && words[i]; i++)
		if (lines_equal(word, size, words[i]))
			return i;
	return policy_bad(reader, reason);
}

int policy_check_source(struct policy_reader *reader, const char *text)
{
	enum policy_source kind;
	struct err err = ERR_INIT;
	const char *value;

	return policy_source_parse(text, &kind, &value, &err) < 0
		       ? policy_bad(reader, err.text)
		       : 0;
}

int policy_read_source(struct policy_reader *reader, char *ret_text)
{
	int r = policy_read_word(reader, ret_text, POLICY_WORD_SIZE);

	return r < 0 ? r : policy_check_source(reader, ret_text);
}

int policy_check_path(struct policy_reader *reader, const char *text)
{
	const char *words = manifest_wrong_path(text);

	return words ? policy_bad(reader, words) : 0;
}

int policy_read_path(struct policy_reader *reader, char *ret_text)
{
	int r = policy_read_word(reader, ret_text, POLICY_WORD_SIZE);

	return r < 0 ? r : policy_check_path(reader, ret_text);
}
