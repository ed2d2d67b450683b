/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Which image a boot takes: pure, from what the store holds and what is asked for. */
#include <stddef.h>

#include "base/err.h"
#include "boot/cmdline.h"

#define CHOOSE_ID_SIZE 65 /* 64 hex digits and NUL */

/*
 * A store without a boot record is one that was just made: it holds one image, and that
 * is it. With none, or with several and nothing that says which, there is no choice to
 * make.
 * @ids are the store's images. Returns an index of @ids; -ENOENT; -ENOTUNIQ with the ids;
 * -ENOTSUP when another one than the current is asked for.
 */
int choose_image(const char (*ids)[CHOOSE_ID_SIZE], size_t count, enum cmdline_use use,
		 struct err *err);
