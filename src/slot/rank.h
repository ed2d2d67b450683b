/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* An image that may be started, and all of a store's, the best one first. */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/manifest.h"
#include "format/record.h"
#include "store/settings.h"
#include "store/store.h"
#include "trust/key.h"

#define RANK_MAX ((size_t)16)
/* A store that somebody filled up would be looked through for ever. */
#define RANK_LOOKS 256

struct rank {
	struct digest ids[RANK_MAX]; /* highest serial first, then by id */
	uint64_t serials[RANK_MAX];
	size_t count;
	int why; /* the errno of the last image that was passed over, 0: none was */
	struct err text;
};

/* Loads image @id of @store and judges it: signature, device, serial against @floor, the
 * kernel that runs, layers. 0, or -errno with the reason of the format. @ret_manifest as
 * store_load_image(). */
int rank_judge(int store, const struct digest *id, const struct settings *settings,
	       uint64_t floor, struct manifest *ret_manifest,
	       struct key_signers *ret_signers, enum record_reason *ret_reason,
	       struct err *err);

/* The best images of @store that pass, of the first RANK_LOOKS by id. @ret_rank->text
 * begins with the image. 0, also without any, or without images/; -errno. A large static
 * buffer: not for two threads. */
int rank_images(int store, const struct settings *settings, uint64_t floor,
		struct rank *ret_rank, struct err *err);
