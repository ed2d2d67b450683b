/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Which options a kernel needs for what a device does: one table. */
#include <stdbool.h>
#include <stddef.h>

/* The oldest kernel that has all that lamina-init asks for (MS_NOSYMFOLLOW). */
#define KERNEL_NEED_MAJOR 5
#define KERNEL_NEED_MINOR 10

struct kernel_need {
	const char *feature; /* "option" or "option=value"; NULL: every device needs it */
	const char *symbol;  /* without CONFIG_; NULL: the feature needs nothing */
	const char *why;
};

#define KERNEL_NEED_FEATURES 128

/* The features in use. */
struct kernel_selection {
	const char *features[KERNEL_NEED_FEATURES]; /* texts of the table */
	size_t count;
};

/* The whole table; ret_count entries. */
const struct kernel_need *kernel_needs(size_t *ret_count);

/* Adds the feature "option=value" (or "option" when @value is NULL). False when no line
 * of the table has it. */
bool kernel_select(struct kernel_selection *selection, const char *option,
		   const char *value);

/* Has any value of @option been chosen? */
bool kernel_selected(const struct kernel_selection *selection, const char *option);

/* Does this line count for what was chosen? */
bool kernel_need_applies(const struct kernel_need *need,
			 const struct kernel_selection *selection);
