/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Signed images in the tree of a test, and the keyring that trusts them. */
#include "base/str.h"
#include "store/store.h"
#include "trust/private-key.h"
#include "unit/tree.h"

static struct private_key key;
static struct keyring ring;

/* For cmocka: the group's setup. */
static inline int make_key(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	if (trust_start(&err) < 0 || private_key_new(&key, &err) < 0)
		return -1;
	ring.count = 1;
	memcpy(ring.keys[0].point, key.point, sizeof(key.point));
	return key_id(key.point, ring.keys[0].id);
}

/* Puts an image of these bytes into the tree; its id and its directory. */
static inline void put_image(const char *text, char id[DIGEST_HEX_SIZE], char dir[128])
{
	static struct signature_file file;
	char path[160], lines[SIGNATURE_MAX_SIZE];
	uint8_t digest[DIGEST_SIZE];
	struct err err = ERR_INIT;

	assert_int_equal(digest_of(text, strlen(text), digest), 0);
	str_hex_encode(digest, DIGEST_SIZE, id);
	(void)snprintf(dir, 128, "images/%s", id);
	(void)snprintf(path, sizeof(path), "%s/manifest", dir);
	tree_file(path, text, 0644);
	assert_int_equal(private_key_sign(&key, text, strlen(text), &file.lines[0], &err),
			 0);
	file.count = 1;
	assert_true(signature_file_write(&file, lines, sizeof(lines)) > 0);
	(void)snprintf(path, sizeof(path), "%s/manifest.sig", dir);
	tree_file(path, lines, 0644);
}
