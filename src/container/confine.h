/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What is taken away from a process before it becomes a program of a container: its manifest's
 * `confine` and the keys that go with it. Each is for a new process in its own root: one that
 * fails has to end.
 */
#include <stdbool.h>

#include "base/err.h"
#include "container/identity.h"
#include "format/manifest.h"

#ifdef CONFIG_LAMINA_SUPERVISE
/* No program that it executes has more capabilities than @manifest lets it. 0 or -errno. */
int confine_bound(const struct manifest *manifest, struct err *err);

/* The same, then becomes @identity, and keeps no more itself. Where it @executes a program now,
 * that is under the filter of system calls too: the caller's own calls are few, and a filter
 * may not know them. 0 or -errno. */
int confine_apply(const struct manifest *manifest, const struct identity *identity,
		  bool executes, struct err *err);

/* Can this kernel do all that, and keep the limits? 0, or -ENOSYS naming the option that it lacks. */
int confine_check(const struct manifest *manifest, struct err *err);
#else
static inline int confine_bound(const struct manifest *manifest, struct err *err)
{
	(void)manifest;
	(void)err;
	return 0;
}

static inline int confine_check(const struct manifest *manifest, struct err *err)
{
	return confine_bound(manifest, err);
}
#endif
