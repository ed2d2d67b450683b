/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A boot under way: what the steps of a plan work on. */
#include "container/environment.h"
#include "container/identity.h"
#include "init/image.h"
#include "init/layer.h"

/* Not below /run, which moves into what is built here. */
#define STAGE_WORK "/.lamina"
#define STAGE_LAYERS STAGE_WORK "/layers"
#define STAGE_RW STAGE_WORK "/rw"
#define STAGE_ROOT STAGE_WORK "/root"

/* These move along with /run. */
#define STAGE_RUN "/run/lamina"
#define STAGE_STORE STAGE_RUN "/store"

struct stage {
	const struct image *image;
	const struct layer_guard *guard;
	uint64_t start_us; /* of init */
	/* directories, -EBADF until they are open */
	int store, initramfs, run, root;
	/* found out by PLAN_CHECK for PLAN_RUN */
	struct identity identity;
	struct environment environment;
	char program[512];
};

/* Makes the mount for all that is half built, and its directories. 0 or -errno. */
int stage_open(struct stage *stage, struct err *err);

/* Takes everything away again and closes what is open; also of a stage half opened. */
void stage_drop(struct stage *stage);
