/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The manifest of an image being packed: from the command line, else from the labels
 * org.lamina.* of the image config, else from the config itself, else defaults.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "format/manifest.h"
#include "format/manifest/key.h"
#include "pack/import/import.h"
#include "pack/source/source.h"

/* What the command line said: values by the manifest's keys, in their order; of a key that
 * stands once, the last one counts. */
struct describe_options {
	struct source_texts keys[MANIFEST_KEYS];
	struct source_texts entrypoint, cmd;
	const char *seccomp; /* a profile; NULL: the usual one */
	bool force;	     /* what can only be meant otherwise is a note */
};

/*
 * Fills everything but the layers. @ret_new_privileges_said: else the image's files say
 * better, and it is `yes`, as engines have it. 0; -EINVAL naming what is missing or wrong, so that it
 * is known before hours of packing.
 */
int describe_image(const struct source *sources, size_t count,
		   const struct describe_options *options, struct manifest *ret_manifest,
		   bool *ret_new_privileges_said, struct err *err);

/* Adds which system calls it may make, by a profile, unless the options list them or it is not
 * confined. 0; -EINVAL, -EBADMSG and the like: what the file says can't be had. */
int describe_syscalls(const struct describe_options *options, struct manifest *manifest,
		      struct err *err);

/* Adds the layers. 0; -E2BIG when there are too many. */
int describe_layers(const struct import_result *result, struct manifest *manifest,
		    struct err *err);

/* "linux/arm64/v8"'s or the machine's own name for an architecture as the manifest spells
 * it; NULL when a manifest has no such name. */
const char *describe_arch(const char *name);
