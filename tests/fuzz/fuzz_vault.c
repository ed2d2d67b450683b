/* SPDX-License-Identifier: Apache-2.0 */
/* A head that decodes is the one that is written, and nothing but what is whole is opened. */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "format/vault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vault_copy copies[VAULT_HEADS];
	uint8_t again[VAULT_HEAD_SIZE];
	struct vault_head head;
	enum vault_is is;
	bool whole = false;

	if (size < (size_t)VAULT_HEADS * VAULT_HEAD_SIZE)
		return 0;
	for (size_t i = 0; i < VAULT_HEADS; i++) {
		const uint8_t *bytes = data + i * VAULT_HEAD_SIZE;

		copies[i].r = vault_decode(bytes, &copies[i].head);
		if (copies[i].r < 0 || copies[i].head.erased)
			continue;
		whole = true;
		vault_encode(&copies[i].head, again);
		assert(memcmp(again, bytes, VAULT_MAGIC_SIZE) == 0);
		assert(memcmp(again + VAULT_MAGIC_SIZE + 16,
			      bytes + VAULT_MAGIC_SIZE + 16,
			      VAULT_SALT_SIZE + VAULT_CHECK_SIZE) == 0);
	}
	is = vault_judge(copies, &head);
	assert(is != VAULT_IS_MADE || whole);
	assert(is != VAULT_IS_OTHER ||
	       (copies[0].r < 0 && copies[1].r < 0 && copies[0].r != -EBADMSG));
	return 0;
}
