/* SPDX-License-Identifier: Apache-2.0 */
#include "format/keyring.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"

#define PEM "-----BEGIN "

static bool same(const struct key_line *a, const struct key_line *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static int read_line(struct lines *lines, struct keyring *keyring, struct err *err)
{
	struct key_line *key = &keyring->keys[keyring->count];
	int r;

	if (keyring->count == KEYRING_MAX_KEYS)
		return lines_bad(lines, err, "more than %d keys", KEYRING_MAX_KEYS);
	r = key_line_read(lines, "key", key, err);
	if (r < 0)
		return r;
	if (!key_kind_is_key(key->kind, key->bytes, key->size))
		return lines_bad(lines, err, "is not a public key of %s",
				 key_kind_name(key->kind));
	/* A key that counted twice would make a threshold of two worth one. */
	for (size_t i = 0; i < keyring->count; i++)
		if (strcmp(keyring->keys[i].id, key->id) == 0 ||
		    same(&keyring->keys[i], key))
			return lines_bad(lines, err, "key %s stands there twice",
					 keyring->keys[i].id);
	keyring->count++;
	return 0;
}

int keyring_parse(const char *bytes, size_t size, struct keyring *ret_keyring,
		  struct err *err)
{
	struct lines lines;
	int r;

	/* what `lamina keygen` writes; a keyring is made of it */
	if (size >= strlen(PEM) && memcmp(bytes, PEM, strlen(PEM)) == 0)
		return err_set(err, -EBADMSG,
			       "a PEM key: `lamina keygen --keyring` "
			       "makes a keyring of it");
	if (size > KEYRING_MAX_SIZE)
		return err_set(err, -EFBIG, "is larger than %d bytes", KEYRING_MAX_SIZE);
	ret_keyring->count = 0;
	lines_init(&lines, bytes, size);
	while ((r = lines_next(&lines, err)) > 0) {
		r = read_line(&lines, ret_keyring, err);
		if (r < 0)
			return r;
	}
	if (r == 0 && ret_keyring->count == 0)
		return err_set(err, -EBADMSG, "holds no key");
	return r;
}

int keyring_write(const struct keyring *keyring, char *ret_text, size_t size)
{
	struct str s;

	if (size == 0)
		return -ENAMETOOLONG;
	str_init(&s, ret_text, size);
	for (size_t i = 0; i < keyring->count; i++)
		key_line_write(&s, "key", &keyring->keys[i]);
	return str_done(&s) < 0 ? -ENAMETOOLONG : (int)s.used;
}

const struct key_line *keyring_find(const struct keyring *keyring, const char *id)
{
	for (size_t i = 0; i < keyring->count; i++)
		if (strcmp(keyring->keys[i].id, id) == 0)
			return &keyring->keys[i];
	return NULL;
}
