/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The few commands of a TPM 2 that a secret takes, as bytes on /dev/tpmrm0. Source: TCG, Trusted
 * Platform Module Library, parts 2 and 3.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TPM_HASH_SIZE 32 /* SHA-256, everywhere */

/* What is read of one PCR goes into the secret. */
struct tpm {
	int fd;
	unsigned int pcr;
};

/*
 * 32 bytes that this TPM makes as often as it is asked while the PCR has the value that it has now,
 * and with any other value never again: the HMAC of @what_for by a key of its owner's seed, that
 * is never stored and whose policy is this PCR's value. 0 or -errno.
 */
int tpm_secret(const struct tpm *tpm, const char *what_for,
	       uint8_t ret_secret[TPM_HASH_SIZE], struct err *err);

/* Extends the PCR: until the machine starts anew, nobody is told the same again. 0 or -errno. */
int tpm_close(const struct tpm *tpm, struct err *err);
