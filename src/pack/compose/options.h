/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* From a value of the file to an option of pack, and tables of keys. */
#include "pack/compose/nodes.h"
#include "pack/compose/values.h"

/* What aliases may make of a small file. */
#define COMPOSE_MAX_OPTION_BYTES ((size_t)1 << 20)

struct compose_key {
	const char *name;
	int (*take)(struct compose_reader *reader, const struct compose_key *key,
		    const yaml_node_t *value);
	const char *option; /* of pack, where it is that alone */
	size_t order;	    /* among its like */
};

/* Takes each of a mapping's keys that isn't null by its line of the table, which ends with a
 * NULL name. Keys that begin with x- are nobody's; another is compose_unkept(). */
int compose_take_keys(struct compose_reader *reader, const yaml_node_t *node,
		      const char *key, const struct compose_key *keys);

/* Goes a key deeper, or back to what it was: reader->where. */
int compose_enter(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		  size_t *ret_before);
void compose_leave(struct compose_reader *reader, size_t before);

/* Adds "--OPTION=..." to the service that is read. 0, -EINVAL: too much, -ENOMEM. */
int compose_option(struct compose_reader *reader, const yaml_node_t *node,
		   const char *option, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* A text as it is; each item of a list; yes and no; a size; whole seconds. */
int compose_take_text(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value);
int compose_take_list(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value);
int compose_take_bool(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value);
int compose_take_size(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value);
int compose_take_seconds(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value);
/* May stand there, and says nothing to a device. */
int compose_take_nothing(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value);

/* A size as the manifest has it. 0 or -EINVAL. */
int compose_bytes(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		  char ret_text[COMPOSE_SIZE_TEXT]);

/* Whole seconds of a duration. 0 or -EINVAL. */
int compose_seconds(struct compose_reader *reader, const yaml_node_t *node,
		    const char *key, uint64_t *ret_seconds);
