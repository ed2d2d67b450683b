/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Public keys and what they say of a manifest. */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/keyring.h"
#include "format/signature.h"

/* First 16 hex digits of the sha256 of the key's bytes. 0 or -EIO. */
int key_id(const struct key_line *key, char ret_id[KEY_ID_SIZE]);

/* Does each key's id belong to its bytes, and can this program verify with its kind? 0;
 * -EBADMSG; -ENOTSUP, which names the Kconfig option. */
int key_check_ring(const struct keyring *ring, struct err *err);

struct key_signers {
	char ids[SIGNATURE_MAX_COUNT][KEY_ID_SIZE]; /* whose signature holds */
	size_t count;
};

/*
 * Do at least @threshold distinct keys of @ring sign exactly @bytes? The key decides the
 * algorithm: a line that names another is refused. Lines of unknown keys are passed over;
 * the signature of a known key must hold, even where others would be enough. A threshold
 * of 0 counts as 1. 0; -ENOKEY when no line names a key of the ring; -EKEYREJECTED when
 * one does and does not hold, or too few do; -ENOTSUP for a key that key_check_ring()
 * would not have let in; -EIO.
 * @ret_signers may be NULL.
 */
int key_verify(const void *bytes, size_t size, const struct signature_file *signatures,
	       const struct keyring *ring, uint32_t threshold,
	       struct key_signers *ret_signers, struct err *err);
