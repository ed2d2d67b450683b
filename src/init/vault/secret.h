/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The device's secret, by a program of the initramfs that knows where it is kept. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

#define SECRET_LEAST 32
#define SECRET_MOST 1024

struct secret {
	uint8_t bytes[SECRET_MOST + 1]; /* room to notice one that is too long */
	size_t size;
};

/* Runs the program, which prints it, and has a minute. What it says on stderr goes to the
 * console. 0: the caller wipes it; -ETIMEDOUT, -EREMOTEIO: it failed; -EINVAL: it is too short or
 * too long; or -errno. */
int secret_get(const char *path, struct secret *ret_secret, struct err *err);

static inline void secret_wipe(struct secret *secret)
{
	explicit_bzero(secret, sizeof(*secret));
}
