/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * How large a tmpfs of an application may grow: what is in it counts against its `memory`, and
 * outlasts its restarts. One that has filled all it can still runs.
 */
#include "init/stage.h"

#define BOUND_OPTIONS_SIZE 320

#ifdef CONFIG_LAMINA_SUPERVISE
/* Of the upper, the options with which it is mounted: those of the manifest and, where they say
 * no size, a share of the memory for each member of a set. */
const char *bound_upper(const struct part *part, char ret_text[BOUND_OPTIONS_SIZE]);

/* The tmpfs whose root is @dir, mounted with the manifest's @options, of which no size is one,
 * gets no larger than its part of half of the application's `memory`. 0 or -errno. */
int bound_tmpfs(const struct part *part, int dir, const char *options, struct err *err);

/* The same of a volume that is in its place. */
int bound_volume(const struct part *part, const struct manifest_volume *volume,
		 struct err *err);
#else
static inline const char *bound_upper(const struct part *part,
				      char ret_text[BOUND_OPTIONS_SIZE])
{
	(void)ret_text;
	return part->manifest->upper_options;
}

static inline int bound_tmpfs(const struct part *part, int dir, const char *options,
			      struct err *err)
{
	(void)part;
	(void)dir;
	(void)options;
	(void)err;
	return 0;
}

static inline int bound_volume(const struct part *part,
			       const struct manifest_volume *volume, struct err *err)
{
	return bound_tmpfs(part, -1, volume->options, err);
}
#endif
