/* SPDX-License-Identifier: Apache-2.0 */
/* A tar header that is read is the one that is written for its name and size. */
#include <assert.h>
#include <string.h>

#include "format/ustar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ustar_entry entry;
	uint8_t again[USTAR_BLOCK];
	struct err err = ERR_INIT;
	int r;

	if (size < USTAR_BLOCK)
		return 0;
	r = ustar_parse(data, &entry, &err);
	assert(r >= 0 || err.text[0]);
	if (r <= 0)
		return 0;
	assert(entry.name[0] && strlen(entry.name) < sizeof(entry.name));
	assert(ustar_padded(entry.size_bytes) >= entry.size_bytes);
	assert(ustar_padded(entry.size_bytes) % USTAR_BLOCK == 0);
	assert(ustar_write(entry.name, entry.size_bytes, again) == 0);
	assert(memcmp(again, data, sizeof(again)) == 0);
	return 0;
}
