/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The two heads of format/vault.h on their medium: a partition, or a file of the store. */
#include <stddef.h>

#include "base/err.h"
#include "format/vault.h"

/* The name of that file. */
#define VAULT_FILE "encrypted"

struct vault {
	struct vault_copy copies[VAULT_HEADS];
	enum vault_is is;
	struct vault_head head; /* of VAULT_IS_MADE */
};

/* What is there, @fd being open for reading. VAULT_IS_BLANK with heads that nobody has written
 * only where all before the ciphertext is untouched. 0 or -errno. */
int vault_read(int fd, struct vault *ret_vault, struct err *err);

/* Writes the heads that are not so already, and has each on the medium before the next. The other
 * stays whole meanwhile. @vault: what vault_read() said. 0 or -errno. */
int vault_write(int fd, const struct vault *vault, const struct vault_head *head,
		struct err *err);

/* Overwrites the salt, twice: what it was the salt of can't be read again. Of a medium that
 * has no head, nothing is written. 0 or -errno; before the first head changes all is as
 * it was, after that it is erased whatever happens. */
int vault_erase(int fd);

/* Bytes that nobody can guess. 0 or -errno. */
int vault_random(void *ret_bytes, size_t size);
