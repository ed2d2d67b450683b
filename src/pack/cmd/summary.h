/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What packing an image came to. */
#include "base/err.h"
#include "pack/import/import.h"

/* The image's id on stdout and a table of the layers on stderr. */
void summary_text(const struct import_result *result, const struct digest *id);

/* All of it as JSON on stdout. 0 or -ENOMEM. */
int summary_json(const struct import_result *result, const struct digest *id,
		 struct err *err);
