/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * sqfs2tar tells a link's long target in a GNU "K" record and leaves the link's own header empty,
 * as it may; libarchive (3.6, 3.7) then forgets the target. This fills such headers in a stream
 * on its way, with a character that the record overrules.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tar_mend {      /* zeroed at the start of a stream */
	uint64_t pass; /* bytes until the next header */
	bool long_link;
};

/* The next bytes of a tar, whole blocks of 512 of it. */
void tar_mend(struct tar_mend *mend, char *bytes, size_t size);
