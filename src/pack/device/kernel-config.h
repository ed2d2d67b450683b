/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A kernel's .config, as its build leaves it, as /proc/config.gz has it, or a fragment of
 * one. */
#include "base/err.h"

enum kernel_state {
	KERNEL_OFF,
	KERNEL_MODULE,
	KERNEL_BUILT_IN,
};

struct kernel_config {
	char *text;		   /* owned */
	unsigned int major, minor; /* of the version in its head; 0.0 where it has none */
};

/* Reads the file @path ("-": standard input), which may be compressed (gzip, xz, zstd).
 * 0; -EBADMSG for what is no kernel configuration; -EFBIG; -errno. A text begins with
 * @path. */
int kernel_config_read(struct kernel_config *ret_config, const char *path,
		       struct err *err);
void kernel_config_done(struct kernel_config *config);

/* What became of a symbol, named without CONFIG_; of several lines the last one counts.
 */
enum kernel_state kernel_config_state(const struct kernel_config *config,
				      const char *symbol);

#define __kernel_config __attribute__((cleanup(kernel_config_done)))
