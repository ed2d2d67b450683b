/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the configs of several sources say together: where two say something, the later
 * one. */
#include "pack/source/source.h"

struct describe_config { /* borrows from the sources */
	const char *name, *version, *arch, *user, *cwd, *stop_signal;
	const char *health_times;
	bool name_is_path;
	struct source_texts entrypoint, cmd, env, volumes, labels, health;
};

int describe_config_merge(const struct source *sources, size_t count,
			  struct describe_config *ret_config);

/* The label org.lamina.@name, or NULL. */
const char *describe_label(const struct describe_config *config, const char *name);

/* A stop signal as engines take it ("15", "TERM", "SIGRTMIN+3") in the manifest's
 * spelling. 0 or -EINVAL. */
int describe_signal(const char *text, char *ret_name, size_t size);
