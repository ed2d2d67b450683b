/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A Compose file as what `lamina set` makes a set of: for each service a source with options of
 * `lamina pack`, and the lines of the set. lamina-set(1) lists what is kept; whatever else stands
 * there is an error with file, line and key, or a note. Only the file's own bytes count: no
 * variable of the environment, no other file.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "format/manifest.h"
#include "pack/source/source.h"

struct compose_service {
	char *name;		     /* owned, as all here; a member's name */
	char *source;		     /* what pack takes */
	struct source_texts options; /* of pack: "--user=1000" */
	struct source_texts ports;   /* "80-80/tcp" */
};

struct compose {
	char *name; /* of the project; NULL: the file doesn't say */
	struct compose_service services[MANIFEST_MAX_MEMBERS];
	size_t service_count;
	struct source_texts needs, shares; /* lines of the set */
};

struct compose_request {
	const char *path;
	bool lenient; /* what can't be kept is a note */
	/* "SERVICE=SOURCE", each in place of the file's image */
	const char *const *sources;
	size_t source_count;
};

/* Starts from zeroed memory; needs compose_done() in any case. 0; -EINVAL with "FILE:LINE: KEY: "
 * and the reason; -EFBIG; -ENOMEM; -errno of reading. */
int compose_read(const struct compose_request *request, struct compose *compose,
		 struct err *err);
void compose_done(struct compose *compose);
