/* SPDX-License-Identifier: Apache-2.0 */
/* A signature file has one text, a signature one DER. */
#include <assert.h>
#include <string.h>

#include "format/der.h"
#include "format/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_der(const uint8_t *der, size_t size)
{
	uint8_t raw[64], again[DER_MAX_SIZE];

	if (der_decode(der, size, raw) < 0)
		return;
	assert(der_encode(raw, again) == size);
	assert(memcmp(again, der, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[SIGNATURE_MAX_SIZE + 1];
	struct signature_file file;
	struct err err = ERR_INIT;
	int r = signature_file_parse((const char *)data, size, &file, &err);

	check_der(data, size);
	if (r < 0) {
		assert(err.text[0]);
		return 0;
	}
	assert(file.count >= 1 && file.count <= SIGNATURE_MAX_COUNT);
	r = signature_file_write(&file, text, sizeof(text));
	assert((size_t)r == size && memcmp(text, data, size) == 0);
	for (size_t i = 0; i < file.count; i++)
		if (file.lines[i].kind == KEY_P256)
			check_der(file.lines[i].bytes, file.lines[i].size);
	return 0;
}
