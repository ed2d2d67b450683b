/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The file as YAML nodes, checked once when it is loaded: its size, depth and mappings are bounded,
 * no key is there twice, texts have no NUL, and `$$` has become `$`. Aliases are the node itself,
 * so a small file stays small. Only what is asked for is walked.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "base/err.h"
#include "pack/compose/compose.h"

#define COMPOSE_MAX_SIZE 262144
#define COMPOSE_MAX_DEPTH 32
#define COMPOSE_MAX_PAIRS 512 /* of a mapping, with what is merged into it */

/* A service's named volume, until all services are read. */
struct compose_mount {
	char *volume, *path; /* owned; NULL: a volume without name */
	size_t service;
	bool ro, fresh;
	const yaml_node_t *node;
};

#define COMPOSE_HEALTH_TIMES 5
#define COMPOSE_MAX_MOUNTS 256
#define COMPOSE_MAX_PORTS 256

struct compose_reader {
	const struct compose_request *request;
	struct compose *compose;
	struct compose_service *service; /* that is read */
	yaml_document_t document;
	bool loaded;
	char where[160]; /* the keys above the one that is read, with a dot behind them */
	const yaml_node_t *volumes; /* the file's own, or NULL */
	struct compose_mount mounts[COMPOSE_MAX_MOUNTS];
	size_t mount_count;
	size_t port_count; /* of all services */
	bool overridden;   /* the command line says where the service's image is */
	bool restart_said;
	size_t unkept_count;
	bool needless; /* the dependency that is read may be missing */
	const char
		*condition; /* of the dependency that is read, with a blank before it */
	const yaml_node_t *health_test; /* of the service that is read, or NULL */
	bool health_off;
	int64_t health_times[COMPOSE_HEALTH_TIMES]; /* -1: not said */
	size_t option_bytes;			    /* of all services */
	struct err *err;
};

struct compose_pair {
	const char *key;
	const yaml_node_t *key_node, *value;
};

/* One of these on a stack is fine: the pairs are on the heap. */
struct compose_map {
	struct compose_pair *pairs;
	size_t count;
	unsigned int mappings; /* that they are of */
};

#define __compose_map __attribute__((cleanup(compose_map_done)))
void compose_map_done(struct compose_map *map);

/* Reads, parses and checks request->path. 0 or as compose_read(). */
int compose_load(struct compose_reader *reader);

/* -EINVAL with "FILE:LINE: KEY: " and the reason; @key may be NULL. */
int compose_wrong(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The same for what a device can't keep, but 0: it is told at once and left out, so that a file is
 * told all of it, and compose_all_kept() fails in the end unless --lenient was said. */
int compose_unkept(struct compose_reader *reader, const yaml_node_t *node,
		   const char *key, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

int compose_rounded(struct compose_reader *reader, const yaml_node_t *node,
		    const char *key, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int compose_all_kept(struct compose_reader *reader);

bool compose_is_null(const yaml_node_t *node);
/* The text of a scalar that isn't null, borrowed. 0 or -EINVAL. */
int compose_scalar(struct compose_reader *reader, const yaml_node_t *node,
		   const char *key, const char **ret_text);
/* The same where it is to be a text: 1.0 without quotes is a number, of which Compose makes
 * "1". */
int compose_text(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		 const char **ret_text);
/* A whole number, which without quotes may be spelled as YAML does. 0 or -EINVAL. */
int compose_number(struct compose_reader *reader, const yaml_node_t *node,
		   const char *key, int64_t *ret_value);
int compose_bool(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		 bool *ret_value);
/* A mapping's pairs, those merged into it by << behind its own. 0, -EINVAL or -ENOMEM. */
int compose_map_read(struct compose_reader *reader, const yaml_node_t *node,
		     const char *key, struct compose_map *ret_map);
/* Item @index of a sequence; of another node, itself as the only one. NULL: no more. */
const yaml_node_t *compose_item(struct compose_reader *reader, const yaml_node_t *node,
				size_t index);
