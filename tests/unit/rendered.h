/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a function printed to a struct out, as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl/out.h"

static inline void render(struct out *out)
{
	int fd = memfd_create("rendered", MFD_CLOEXEC);

	assert_true(fd >= 0);
	out_init(out, fd);
}

/* The text lasts until the next call. */
static inline const char *rendered(struct out *out)
{
	static char text[16384];
	ssize_t size;

	assert_int_equal(out_done(out, NULL), 0);
	size = pread(out->fd, text, sizeof(text) - 1, 0);
	assert_true(size >= 0);
	text[size] = '\0';
	close(out->fd);
	return text;
}
