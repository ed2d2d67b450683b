/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Reading a layer whole: is every byte of it what was signed? */
#include "base/err.h"
#include "cli/progress.h"
#include "format/manifest.h"

/* 0; -EBADMSG: the bytes have changed; -EIO and the like: they can't be read; or
 * store_open_blob()'s. */
int whole_layer(int store, const struct manifest_layer *layer, struct progress *progress,
		struct err *err);
