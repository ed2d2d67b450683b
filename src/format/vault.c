/* SPDX-License-Identifier: Apache-2.0 */
#include "format/vault.h"

#include <errno.h>
#include <string.h>

#define MAGIC "lamina vault 1\n"
#define SALT 32
#define CHECK (SALT + VAULT_SALT_SIZE)
#define END (CHECK + VAULT_CHECK_SIZE)

void vault_encode(const struct vault_head *head, uint8_t ret_bytes[VAULT_HEAD_SIZE])
{
	memset(ret_bytes, 0, VAULT_HEAD_SIZE);
	memcpy(ret_bytes, MAGIC, sizeof(MAGIC));
	memcpy(ret_bytes + SALT, head->salt, VAULT_SALT_SIZE);
	memcpy(ret_bytes + CHECK, head->check, VAULT_CHECK_SIZE);
}

/* Flash that was erased reads as ones. */
bool vault_untouched(const uint8_t *bytes, uint64_t size)
{
	for (uint64_t i = 1; i < size; i++)
		if (bytes[i] != bytes[0])
			return false;
	return bytes[0] == 0 || bytes[0] == 0xff;
}

int vault_decode(const uint8_t bytes[VAULT_HEAD_SIZE], struct vault_head *ret_head)
{
	if (vault_untouched(bytes, VAULT_HEAD_SIZE))
		return -ENODATA;
	ret_head->erased = memcmp(bytes, VAULT_ERASED, sizeof(VAULT_ERASED)) == 0;
	if (ret_head->erased)
		return 0;
	if (memcmp(bytes, MAGIC, sizeof(MAGIC)) != 0)
		return -EINVAL;
	if (!vault_untouched(bytes + VAULT_MAGIC_SIZE, SALT - VAULT_MAGIC_SIZE) ||
	    !vault_untouched(bytes + END, VAULT_SUM_OFFSET - END))
		return -EBADMSG;
	memcpy(ret_head->salt, bytes + SALT, VAULT_SALT_SIZE);
	memcpy(ret_head->check, bytes + CHECK, VAULT_CHECK_SIZE);
	return 0;
}

/* The first is always written first, so that a whole one counts more than the second. What a cut
 * leaves of it when the second was never written is the beginning of a head. */
enum vault_is vault_judge(const struct vault_copy copies[VAULT_HEADS],
			  struct vault_head *ret_head)
{
	const struct vault_copy *a = &copies[0], *b = &copies[1];

	for (int i = 0; i < VAULT_HEADS; i++) {
		if (copies[i].r < 0)
			continue;
		*ret_head = copies[i].head;
		return ret_head->erased ? VAULT_IS_BLANK : VAULT_IS_MADE;
	}
	if (b->r == -ENODATA && (a->r == -ENODATA || a->r == -EBADMSG))
		return VAULT_IS_BLANK;
	return a->r == -EBADMSG || b->r == -EBADMSG ? VAULT_IS_DAMAGED : VAULT_IS_OTHER;
}
