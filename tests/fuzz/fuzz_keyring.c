/* SPDX-License-Identifier: Apache-2.0 */
/* A keyring has one text, and no key in it twice. */
#include <assert.h>
#include <string.h>

#include "format/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[KEYRING_MAX_SIZE + 1];
	struct err err = ERR_INIT;
	struct keyring ring;
	int r = keyring_parse((const char *)data, size, &ring, &err);

	if (r < 0) {
		assert(err.text[0]);
		return 0;
	}
	assert(ring.count >= 1 && ring.count <= KEYRING_MAX_KEYS);
	for (size_t i = 0; i < ring.count; i++)
		assert(keyring_find(&ring, ring.keys[i].id) == &ring.keys[i]);
	r = keyring_write(&ring, text, sizeof(text));
	assert((size_t)r == size && memcmp(text, data, size) == 0);
	return 0;
}
