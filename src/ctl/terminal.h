/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A terminal in the application's container, and the one that this program has at its
 * standard input in front of it. */
#include "ctl/ctl.h"

struct terminal {
	int there; /* our end of the container's, -EBADF */
	int slave; /* the other, to be handed over */
};

/* Is standard input one? 0, or -ENOTTY with what to do. */
int terminal_check(struct err *err);

/* Makes one in the container of process @pid, or in this one where there is no device around,
 * as large as ours. 0 or -errno. */
int terminal_open(struct terminal *terminal, const struct ctl *ctl, uint64_t pid,
		  struct err *err);

/* Passes all on between the two, with ours as it is for programs that draw, until there is
 * something to read from @until. Ours is afterwards as it was, also when a signal ends this
 * program, which it does with its number: then no return. 0 or -errno. */
int terminal_pass(struct terminal *terminal, int until, struct err *err);

/* Gives it back. */
void terminal_close(struct terminal *terminal);
