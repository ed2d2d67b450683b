/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What an application said, as `laminactl logs` prints it. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/out.h"

struct log_show {
	struct out out;
	bool json;
	int open;	  /* stream whose line has not ended yet, -1: none */
	const char *boot; /* of what is shown now; NULL: nobody knows */
	char of[40];	  /* of what was shown last */
};

struct log_show_line {
	const char *time;
	const uint64_t *boot_ms; /* since the boot; NULL: nobody knows */
	uint8_t stream;
	bool open;  /* it goes on in the stream's next */
	char *text; /* is changed; there is room for a NUL behind it */
	size_t size;
};

void log_show_init(struct log_show *show, bool json);
void log_show_line(struct log_show *show, const struct log_show_line *line);

/* So many lines are missing here. */
void log_show_lost(struct log_show *show, uint64_t count);

/* Writes what there is; the second, when nothing follows. 0, or -errno of the output. */
int log_show_flush(struct log_show *show, struct err *err);
int log_show_done(struct log_show *show, struct err *err);
