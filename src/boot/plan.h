/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What a boot will do, as a list of steps: pure, printable, tested as text. init/
 * executes it. Steps borrow their texts from policy and manifest, which must outlive the
 * plan.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/manifest.h"
#include "format/policy.h"

enum plan_op {
	PLAN_LAYER, /* index: open the blob, loop, verity, squashfs at layers/<index> */
	PLAN_WRITABLE, /* the store, while something persistent is mounted from it */
	PLAN_UPPER,    /* tmpfs or a directory of the store for upper and work */
	PLAN_OVERLAY,  /* stack layers 0..count-1 */
	PLAN_VOLUME,   /* volumes[index] over the stack */
	PLAN_INJECT,   /* injects[index] copied in */
	PLAN_SHARE,    /* shares[index] of a set */
	PLAN_READONLY, /* the store again, as the application sees it */
	PLAN_CHECK,    /* program, user and directory, while there is a way back */
	PLAN_MOVE,     /* /dev /proc /sys /run */
	PLAN_SWITCH,   /* free the initramfs, switch root */
	PLAN_RUN,      /* exec, or supervise */
	PLAN_OP_COUNT,
};

struct plan_step {
	uint8_t op;	/* enum plan_op */
	uint8_t part;	/* the application that it is for */
	uint16_t index; /* of layer, volume or inject; else 0 */
};

#define PLAN_MAX_STEPS                                               \
	(MANIFEST_MAX_LAYERS + MANIFEST_MAX_SHARES + PLAN_OP_COUNT + \
	 MANIFEST_MAX_MEMBERS * (MANIFEST_MAX_VOLUMES + MANIFEST_MAX_INJECTS + 3))

struct plan {
	const struct policy *policy;
	const struct manifest *manifest;
	const struct manifest *parts; /* the applications': of a set, its members' */
	size_t part_count;
	struct plan_step steps[PLAN_MAX_STEPS];
	size_t count;
};

/* Is there anything of its applications' in the store that they may write? */
bool plan_persists(const struct plan *plan);

/* Of a manifest that manifest_parse() took and manifest_fits(); of a set with its @members'. */
void plan_make(const struct policy *policy, const struct manifest *manifest,
	       const struct manifest *members, struct plan *ret_plan);

/* For which member of a set step @step is; NULL: for all that is booted. */
const char *plan_member(const struct plan *plan, size_t step);

/* One step as a line of text without LF, such as
 * "layer 0: sha256:9c1... 4096 bytes, verity 77aa... at 0". Returns its length or
 * -ENAMETOOLONG. */
int plan_print_step(const struct plan *plan, size_t step, char *ret_text, size_t size);

/* A step's short name for timelines: "layer 0", "overlay", of a set "broker overlay". Returns
 * @ret_text. */
#define PLAN_NAME_SIZE (24 + MANIFEST_NAME_SIZE)
const char *plan_name_step(const struct plan *plan, size_t step,
			   char ret_text[PLAN_NAME_SIZE]);
