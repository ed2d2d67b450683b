/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The making of a set in a store tree: members packed or opened, their blobs brought along, its
 * own manifest. */
#include "base/err.h"
#include "format/manifest.h"
#include "pack/cmd/pack-boot.h"
#include "pack/cmd/ports.h"
#include "pack/cmd/set-members.h"
#include "pack/cmd/set-pack.h"
#include "pack/host/staging.h"

struct set_build {
	struct manifest manifest;		       /* the caller's to begin */
	struct manifest members[MANIFEST_MAX_MEMBERS]; /* by their place */
	struct ports ports[MANIFEST_MAX_MEMBERS];
	struct staging staging;
	struct set_pack pack;
	struct pack_boot boot;
};

#define SET_BUILD_INIT                                          \
	{                                                       \
		.staging = { .fd = -EBADF, .temp_fd = -EBADF }, \
	}

/* Makes it of @members, whose names the manifest borrows, below the store tree @output; prints
 * its id. What can be told of its lines is told before anything is packed. 0 or -errno. */
int set_build(struct set_build *build, const struct set_members *members,
	      const char *output, struct err *err);
void set_build_done(struct set_build *build);
