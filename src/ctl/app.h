/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What process 1 says of the application that it supervises. */
#include "ctl/out.h"

struct app {
	char name[64], state[16], health[16], failure[256];
	uint64_t
		members; /* of a set, of which it is the one that is not well, or the first */
	uint64_t pid, since_ms, restarts, unshown, init_kib;
	bool unconfined;
	bool ended; /* once at least: then */
	int status; /* as waitpid() says it; -errno: it did not start */
};

/* Of key=value lines. False: they say nothing of one. */
bool app_parse(const char *text, struct app *ret_app);

/* "running for 3 h, 2 restarts, healthy, last ended with status 1" */
void app_text(struct out *out, const struct app *app);

/* The fields of a JSON object that is open. */
void app_json(struct out *out, const struct app *app);
