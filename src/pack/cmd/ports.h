/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The ports that an image says it listens at, as EXPOSE has them: "80/tcp", "8000-8010/udp". Pack
 * leaves them beside the manifest, where nobody trusts them, for `lamina set` to compare: members
 * have one network.
 */
#include <stdbool.h>
#include <stddef.h>

#include "format/manifest.h"
#include "pack/source/source.h"

#define PORTS_NAME "ports" /* the file beside a manifest */
#define PORTS_SIZE 4096	   /* of it, at most */
#define PORTS_MAX 64	   /* of a member, that are compared */

struct port {
	unsigned int first, last;
	char protocol[8];
};

struct ports {
	struct port items[PORTS_MAX];
	size_t count;
};

/* What the sources' configs expose, a line each, as far as @ret_text has room and it is a port.
 * Its size; 0: nothing. */
size_t ports_text(const struct source *sources, size_t count, char ret_text[PORTS_SIZE]);

/* Adds "PORT[-PORT][/PROTOCOL]", unless it is none or is there. */
void ports_add(struct ports *ports, const char *text, size_t size);

/* Adds each line. */
void ports_add_lines(struct ports *ports, const char *text, size_t size);

/* Says which members of the set want one port. */
void ports_compare(const struct manifest *set, const struct ports *ports);
