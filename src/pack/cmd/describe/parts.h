/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files of this folder share; describe.h is for everybody else. */
#include "pack/cmd/describe.h"
#include "pack/cmd/describe/config.h"

/* A copy of @text in the manifest's own memory; NULL with a text when that is full. */
const char *describe_keep(struct manifest *manifest, const char *text, struct err *err);

int describe_upper(struct manifest *manifest, const struct describe_config *config,
		   const struct describe_options *options, struct err *err);
int describe_volumes(struct manifest *manifest, const struct describe_config *config,
		     const struct describe_options *options, struct err *err);
