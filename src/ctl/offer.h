/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What `install --dry-run --json` says of an image: whether it would be installed, what lacks of
 * it, and what a delta can start from. */
#include "ctl/ctl.h"

/* Prints it of what install_check() was asked, which came to @r and the text of @err. Returns @r;
 * or -errno where all is well but that it can't be printed. */
int offer_json(struct ctl *ctl, const struct change *change, int r, struct err *err);
