/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* From a blob of the store to a mounted layer. */
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "format/manifest.h"

/* One layer on its way. */
struct layer_job {
	const struct manifest_layer *layer;
	const char *name;   /* unique on this machine: for the mapping */
	int blob;	    /* open, of the signed size; borrowed */
	const char *device; /* over it: "/dev/loop0" */
	bool panic;	    /* on corruption, rather than EIO */
	bool whole;	    /* it may be corrupt: read all of it before it panics */
};

/* How a layer's bytes are kept what the manifest says they are. */
struct layer_guard {
	const char *name;
	bool weak;		       /* what changes after the check is not noticed */
	int (*probe)(struct err *err); /* 0, -ENOTSUP: not in this kernel, or -errno */
	/* Mounts it read-only at @target. 0; -errno, and something may be there. */
	int (*mount)(const struct layer_job *job, const char *target, struct err *err);
};

extern const struct layer_guard layer_verity; /* CONFIG_LAMINA_VERITY */
extern const struct layer_guard layer_hash;   /* CONFIG_LAMINA_HASH_AT_BOOT */

/* The first guard of this build that works on this kernel and is enough for the policy,
 * which may also take hashing at boot (@hash_will_do). 0; -ENOTSUP: none is, and then no
 * image can be trusted. */
int layer_choose_guard(bool hash_will_do, const struct layer_guard **ret_guard,
		       struct err *err);

/* Opens the blob, guards it, mounts it read-only at @target. 0 or -errno. */
int layer_mount(const struct layer_guard *guard, int store, struct layer_job *job,
		const char *target, struct err *err);
