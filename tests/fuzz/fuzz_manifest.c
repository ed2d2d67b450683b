/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest that parses is written to a text that parses to the same, and stays as it
 * is. */
#include <assert.h>
#include <string.h>

#include "format/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct manifest manifest;
static char first[2 * MANIFEST_MAX_SIZE], second[2 * MANIFEST_MAX_SIZE];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	int r = manifest_parse((const char *)data, size, &manifest, &err), again;

	if (r < 0) {
		assert(err.text[0]);
		return 0;
	}
	assert(manifest.layer_count > 0);
	assert((manifest.run == MANIFEST_RUN_SET) == !manifest.arg_count);
	assert((manifest.run == MANIFEST_RUN_SET) == !!manifest.member_count);
	assert(!manifest.args[manifest.arg_count] && !manifest.env[manifest.env_count]);
	r = manifest_write(&manifest, first, sizeof(first), &err);
	/* written out, defaults can make a full file too large, and nothing else can */
	if (r < 0) {
		assert(size > MANIFEST_MAX_SIZE - 128);
		return 0;
	}
	again = manifest_parse(first, (size_t)r, &manifest, &err);
	assert(again == 0);
	again = manifest_write(&manifest, second, sizeof(second), &err);
	assert(again == r && memcmp(first, second, (size_t)r) == 0);
	return 0;
}
