/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Who is to be a member of a set, and what its image is made of: what the command line, a file
 * and a Compose file say of it, until lamina packs or opens it. */
#include <stddef.h>

#include "base/err.h"
#include "format/manifest.h"
#include "pack/source/source.h"

struct set_member {
	char *name; /* owned, as all here */
	struct source_texts
		sources; /* a store, a bundle, or sources as pack takes them */
	struct source_texts options; /* of pack: "--user=1000" */
	struct source_texts ports;   /* that it is said to listen at: "80/tcp" */
};

struct set_members {
	struct set_member items[MANIFEST_MAX_MEMBERS];
	size_t count;
};

/* Adds one without sources. 0; -EINVAL: no name, or one that is there; -E2BIG; -ENOMEM. */
int set_members_add(struct set_members *members, const char *name, size_t size,
		    struct err *err);

/* The one called so, or NULL. */
struct set_member *set_members_find(struct set_members *members, const char *name,
				    size_t size);

/* Adds an option of `lamina pack` to one of them: "OPTION" or "OPTION VALUE". 0; -EINVAL: pack
 * has none such, or it is not for a member to say; -ENOMEM. */
int set_members_option(struct set_member *member, const char *text, struct err *err);

void set_members_done(struct set_members *members);
