/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/set-file.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"
#include "pack/image/input.h"

/* What a line may say beside `member` and `option`: the set's own. */
static const unsigned char keys[] = {
	MANIFEST_KEY_name,  MANIFEST_KEY_version,  MANIFEST_KEY_serial,
	MANIFEST_KEY_needs, MANIFEST_KEY_share,	   MANIFEST_KEY_compatible,
	MANIFEST_KEY_net,   MANIFEST_KEY_hostname,
};

#define TEXT_SIZE SET_FILE_MAX_SIZE

/* Takes a word off the line, or all that is left of it, %XX decoded. 0 or -EBADMSG. */
static int take_text(struct lines *lines, bool rest, const char *what,
		     char ret_text[TEXT_SIZE], struct err *err)
{
	const char *word = lines->value;
	size_t size = lines->value_size;
	int r = size > 0;

	if (r && !rest)
		r = lines_word(lines, &word, &size, err);
	if (r < 0)
		return r;
	if (r == 0)
		return lines_bad(lines, err, "%s is missing", what);
	r = lines_decode(word, size, rest, ret_text, TEXT_SIZE);
	return r < 0 ? lines_bad(lines, err, "%s is not spelled as it must be", what) : 0;
}

static int take_member(struct lines *lines, struct set_members *members, struct err *err)
{
	static char text[TEXT_SIZE];
	struct err why = ERR_INIT;
	int r = take_text(lines, false, "a name", text, err);

	if (r == 0 && set_members_add(members, text, strlen(text), &why) < 0)
		return lines_bad(lines, err, "%s", why.text);
	do {
		if (r == 0)
			r = take_text(lines, false, "what it is made of", text, err);
		if (r == 0)
			r = source_texts_add(&members->items[members->count - 1].sources,
					     text);
	} while (r == 0 && lines->value_size > 0);
	return r == -ENOMEM ? err_errno(err, r, "member") : r;
}

static int take_option(struct lines *lines, struct set_members *members, struct err *err)
{
	static char text[TEXT_SIZE];
	struct set_member *member;
	struct err why = ERR_INIT;
	int r = take_text(lines, false, "a member", text, err);

	if (r < 0)
		return r;
	member = set_members_find(members, text, strlen(text));
	if (!member)
		return lines_bad(lines, err, "there is no member %s", text);
	r = take_text(lines, true, "an option", text, err);
	if (r == 0 && set_members_option(member, text, &why) < 0)
		return lines_bad(lines, err, "option: %s", why.text);
	return r;
}

static const struct manifest_key *find_key(const struct lines *lines)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (lines_is(lines, manifest_keys[keys[i]].name))
			return &manifest_keys[keys[i]];
	}
	return NULL;
}

static int take_key(const struct set_file *file, const struct lines *lines, bool *seen,
		    struct err *err)
{
	static char text[TEXT_SIZE];
	const struct manifest_key *key = find_key(lines);
	struct err why = ERR_INIT;
	struct str s;
	size_t id;

	if (!key)
		return lines_bad(lines, err, "'%.*s' is no word of a set's file",
				 (int)lines->key_size, lines->key);
	id = (size_t)(key - manifest_keys);
	if (seen[id] && key->most == 0)
		return lines_bad(lines, err, "%s: stands there twice", key->name);
	seen[id] = true;
	if (file->said[id] && key->most == 0)
		return 0;
	str_init(&s, text, sizeof(text));
	str_add_bytes(&s, lines->value, lines->value_size);
	return manifest_key_take(file->manifest, key, text, &why) < 0
		       ? lines_bad(lines, err, "%s", why.text)
		       : 0;
}

/* The members first: an option may stand above its member. */
static int parse(const struct set_file *file, const char *bytes, size_t size,
		 struct err *err)
{
	bool seen[MANIFEST_KEYS] = { false };
	struct lines lines;
	int r = 0;

	for (int round = 0; round < 2 && r == 0; round++) {
		lines_init(&lines, bytes, size);
		lines.comments = true;
		while (r == 0 && (r = lines_next(&lines, err)) > 0) {
			bool option = lines_is(&lines, "option");

			r = 0;
			if (round == 1 && option)
				r = take_option(&lines, file->members, err);
			else if (round == 0 && lines_is(&lines, "member"))
				r = take_member(&lines, file->members, err);
			else if (round == 0 && !option)
				r = take_key(file, &lines, seen, err);
		}
	}
	return r;
}

int set_file_read(const struct set_file *file, const char *path, struct err *err)
{
	static char bytes[SET_FILE_MAX_SIZE];
	int r = input_read(path, bytes, sizeof(bytes), err);

	if (r < 0)
		return r;
	r = parse(file, bytes, (size_t)r, err);
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}
