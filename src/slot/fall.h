/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the record keeps of a candidate that fell, beside the reason's number. */
#include "format/manifest.h"
#include "format/record.h"
#include "store/settings.h"

#define FALL_CHECK_SIZE 128

/* What the last check of the health of the image that runs said last, a line; "" where
 * there is none. @run: init's directory in /run. */
void fall_read_check(int run, char ret_text[FALL_CHECK_SIZE]);

/* Has @record tell what is known of its failed image: name and version, where @store still
 * has it and its signature holds; @why, and what its health check said last (@check), both
 * may be "". @scratch is overwritten. */
void fall_tell(int store, const struct settings *settings, struct manifest *scratch,
	       const char *why, const char *check, struct record *record);
