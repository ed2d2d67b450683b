/* SPDX-License-Identifier: Apache-2.0 */
#include "format/keyring.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "format/key-line.h"
#include "format/lines.h"

static int read_line(struct lines *lines, struct keyring *keyring, struct err *err)
{
	struct keyring_key key;
	int r;

	if (keyring->count == KEYRING_MAX_KEYS)
		return lines_bad(lines, err, "more than %d keys", KEYRING_MAX_KEYS);
	r = key_line_read(lines, "key", key.id, key.point, sizeof(key.point), err);
	if (r < 0)
		return r;
	if ((size_t)r != sizeof(key.point) || key.point[0] != 0x04)
		return lines_bad(lines, err, "is not an uncompressed point of %d bytes",
				 KEYRING_POINT_SIZE);
	/* A key that counted twice would make a threshold of two worth one. */
	for (size_t i = 0; i < keyring->count; i++)
		if (strcmp(keyring->keys[i].id, key.id) == 0 ||
		    memcmp(keyring->keys[i].point, key.point, sizeof(key.point)) == 0)
			return lines_bad(lines, err, "key %s stands there twice",
					 keyring->keys[i].id);
	keyring->keys[keyring->count++] = key;
	return 0;
}

int keyring_parse(const char *bytes, size_t size, struct keyring *ret_keyring,
		  struct err *err)
{
	struct lines lines;
	int r;

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
		key_line_write(&s, "key", keyring->keys[i].id, keyring->keys[i].point,
			       sizeof(keyring->keys[i].point));
	return str_done(&s) < 0 ? -ENAMETOOLONG : (int)s.used;
}

const struct keyring_key *keyring_find(const struct keyring *keyring, const char *id)
{
	for (size_t i = 0; i < keyring->count; i++)
		if (strcmp(keyring->keys[i].id, id) == 0)
			return &keyring->keys[i];
	return NULL;
}
