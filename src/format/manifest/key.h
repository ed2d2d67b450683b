/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The manifest's keys as one table, in the order in which manifest_write() puts them.
 * Reader and writer have one function for each shape; what a key's value may be stands in
 * the table.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/manifest.h"

enum manifest_shape {
	MANIFEST_TEXT,	 /* one text to the end of the line */
	MANIFEST_TEXTS,	 /* likewise, on any number of lines */
	MANIFEST_NUMBER, /* one decimal number */
	MANIFEST_LAYER,
	MANIFEST_UPPER,
	MANIFEST_VOLUME,
	MANIFEST_RUN,
	MANIFEST_SHAPES,
};

struct manifest_key {
	const char *name;
	enum manifest_shape shape;
	bool required;
	bool may_be_empty; /* the writer leaves the line out for "" */
	size_t value; /* offset in struct manifest of the text, the array or the number */
	size_t count; /* of an array: offset of its size_t, and its most items */
	size_t most;  /* 0: a single value */
	uint64_t least; /* of a number */
	const char *(*wrong)(const char *text);
	const char *(*clash)(const struct manifest *manifest, size_t index);
};

#define MANIFEST_KEYS 17

extern const struct manifest_key manifest_keys[MANIFEST_KEYS];

/* By enum manifest_upper and enum manifest_run. */
extern const char manifest_upper_words[3][8];
extern const char manifest_run_words[2][12];
