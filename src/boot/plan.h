/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What a boot will do, as a list of steps: pure, printable, tested as text. init/ executes it.
 * Steps borrow their texts from policy and manifest, which must outlive the plan.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/manifest.h"
#include "format/policy.h"

enum plan_op {
	PLAN_LAYER,   /* index: open the blob, loop, verity, squashfs at layers/<index> */
	PLAN_UPPER,   /* tmpfs or a directory of the store for upper and work */
	PLAN_OVERLAY, /* stack layers 0..count-1 */
	PLAN_VOLUME,  /* volumes[index] over the stack */
	PLAN_INJECT,  /* injects[index] copied in */
	PLAN_MOVE,    /* /dev /proc /sys /run */
	PLAN_SWITCH,  /* free the initramfs, switch root */
	PLAN_RUN,     /* exec or supervise */
};

struct plan_step {
	enum plan_op op;
	size_t index; /* of layer, volume or inject; else 0 */
};

#define PLAN_MAX_STEPS \
	(MANIFEST_MAX_LAYERS + MANIFEST_MAX_VOLUMES + MANIFEST_MAX_INJECTS + 8)

struct plan {
	const struct policy *policy;
	const struct manifest *manifest;
	struct plan_step steps[PLAN_MAX_STEPS];
	size_t count;
};

/* 0, or -ENOTSUP naming what this build can't do (a persistent upper, supervise, ...). */
int plan_make(const struct policy *policy, const struct manifest *manifest,
	      struct plan *ret_plan, struct err *err);

/* One step as a line of text without LF, such as
 * "layer 0: sha256:9c1... 4096 bytes, verity 77aa... at 0". Returns its length or -ENAMETOOLONG. */
int plan_print_step(const struct plan *plan, size_t step, char *ret_text, size_t size);
