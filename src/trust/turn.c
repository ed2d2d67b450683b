/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/turn.h"

#include <string.h>

#include "trust/sha256.h"

int turn_place(const char *device, const struct digest *image)
{
	char hex[DIGEST_HEX_SIZE];
	struct sha256 sha;
	struct digest hash;
	uint32_t number = 0;
	int r = sha256_start(&sha);

	digest_hex(image, hex);
	if (r == 0)
		r = sha256_add(&sha, device, strlen(device));
	if (r == 0)
		r = sha256_add(&sha, hex, strlen(hex));
	if (r == 0)
		r = sha256_finish(&sha, &hash);
	for (int i = 0; i < 4; i++)
		number = number << 8 | hash.bytes[i];
	return r < 0 ? r : (int)(number % 100);
}
