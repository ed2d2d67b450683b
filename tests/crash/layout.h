/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Which bytes of the recorded disk are what, and as loop devices of their own. */
#include <stdint.h>

#include "base/err.h"

enum layout_part {
	LAYOUT_STORE,
	LAYOUT_STATE, /* the loader's; empty like those behind it where there is none */
	LAYOUT_SLOT_A,
	LAYOUT_SLOT_B,
	LAYOUT_PARTS,
};

struct layout {
	struct {
		uint64_t offset_bytes, size_bytes;
	} parts[LAYOUT_PARTS];
};

/* "OFFSET:SIZE", or that of all four parts with commas between. 0 or -EINVAL. */
int layout_parse(const char *text, struct layout *ret_layout, struct err *err);

/* Each part of the file @fd as /dev/loop0 and on. 0 or -errno. */
int layout_loop(const struct layout *layout, int fd, struct err *err);
