/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Would a device start this image? It finds out when it is late, so its own rules are asked
 * here, over the image's tree, and answer in its own words. What a volume or an injected
 * file may bring is not judged.
 */
#include <stdbool.h>

#include "base/err.h"
#include "format/manifest.h"
#include "pack/tree/tree.h"

/* @never: no device of the manifest's kind can start it; else one may. */
typedef void look_fn(void *context, bool never, const char *words);

struct look_request {
	const struct tree *tree; /* its contents can be read */
	/* gets `new-privileges`, if nothing is said of it, and the capabilities without which
	 * its own program could not be executed */
	struct manifest *manifest;
	bool new_privileges_said;
	int temp; /* a directory to work in */
	look_fn *tell;
	void *context;
};

/* Looks in the merged view of the tree for what the device will want of it: user, program and
 * its interpreters, places of volumes, privileges of files and the like. Calls tell() with a
 * sentence for each that it will refuse. 0, or -errno: it could not be told. */
int look_for_traps(const struct look_request *request, struct err *err);
