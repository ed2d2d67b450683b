/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Who signs: a key here, a command that asks somebody, or who has done it already. */
#include <stddef.h>

#include "base/err.h"
#include "format/keyring.h"

struct signer {
	/* one of the three; @pub with the last two */
	const char *key, *command, *attach, *pub;
};

/* 0, or CMD_USAGE of @command. */
int signer_check(const struct signer *signer, const char *command, struct err *err);

/* Signs the text. The empty *ring gets the one public key; whether the signature holds is still to
 * be looked at. 0 or -errno. */
int signer_sign(const struct signer *signer, const void *text, size_t size,
		struct keyring *ring, struct key_line *ret_line, struct err *err);
