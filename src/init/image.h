/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* From a store to an image that may be booted and the plan for it. Changes nothing. */
#include "base/err.h"
#include "boot/cmdline.h"
#include "boot/plan.h"
#include "format/manifest.h"
#include "store/settings.h"
#include "store/store.h"
#include "trust/key.h"

struct image {
	char id[DIGEST_HEX_SIZE];
	struct manifest manifest;
	struct key_signers signers;
	struct plan plan; /* borrows from manifest and from the settings */
};

/*
 * Chooses, loads and judges: signature, device, arch, feature level, floor, and every
 * layer there with its size. 0 or -errno; the text begins with the image where one was
 * chosen. @ret_image is large: static memory.
 */
int image_prepare(int store, const struct settings *settings, enum cmdline_use use,
		  struct image *ret_image, struct err *err);
