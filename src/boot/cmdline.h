/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What the kernel command line asks of Lamina: lamina.debug, lamina.use=, lamina.store=,
 * lamina.rescue. Somebody who can edit that line is not trusted: a parameter counts only
 * where the policy's `allow` names it, and one that doesn't count is passed over with a
 * word about it.
 */
#include <stdbool.h>
#include <stddef.h>

#include "format/policy.h"

#define CMDLINE_MAX_SIZE 4096
#define CMDLINE_MAX_IGNORED 8

enum cmdline_use {
	CMDLINE_USE_DEFAULT,
	CMDLINE_USE_PREVIOUS,
	CMDLINE_USE_FACTORY,
};

struct cmdline_ignored {
	char name[32]; /* without its value: that may be anything */
	const char *reason;
};

struct cmdline {
	bool debug, rescue;
	enum cmdline_use use;
	char store[POLICY_WORD_SIZE]; /* "" when not given */
	struct cmdline_ignored ignored[CMDLINE_MAX_IGNORED];
	size_t ignored_count; /* those past the array are dropped: none is acted on */
};

/* Reads the text of /proc/cmdline, quotes and all. @allow is of enum policy_allow. */
void cmdline_parse(const char *text, size_t size, unsigned int allow,
		   struct cmdline *ret_cmdline);
