/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The manifest's keys as one table, in the order in which manifest_write() puts them, made
 * from keys.def, which tells how a key is added. Reader and writer have one function for
 * each shape; what a key's value may be stands in the table.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/manifest.h"

enum manifest_shape {
	MANIFEST_TEXT,	 /* one text to the end of the line */
	MANIFEST_TEXTS,	 /* likewise, on any number of lines */
	MANIFEST_NUMBER, /* one decimal number */
	MANIFEST_CHOICE, /* one word of a few; its place among them is kept, as an enum */
	MANIFEST_LAYER,
	MANIFEST_UPPER,
	MANIFEST_VOLUME,
	MANIFEST_RESTART,
	MANIFEST_HEALTH,
	MANIFEST_LOG,
	MANIFEST_MEMBER,
	MANIFEST_BOOT,
	MANIFEST_PERCENT, /* a number and %; 0, none: the writer leaves the line out */
	MANIFEST_SHAPES,
};

/* Where a key may stand. */
enum manifest_place {
	MANIFEST_IN_IMAGES,
	MANIFEST_IN_BOTH,
	MANIFEST_IN_SETS,
};

/* Small fields: every init has the whole table. */
struct manifest_key {
	const char *name;
	union {
		const char *choices;	  /* of a choice: "one, two or three" */
		const char *text_default; /* of a text; NULL: "" */
		/* of an array: what of its items don't go together, NULL: all do */
		const char *(*clash)(const struct manifest *manifest, size_t index);
	};
	const char *(*wrong)(const char *text);
	uint32_t
		value; /* offset in struct manifest of the text, the array or the number */
	union {
		uint32_t count;	   /* of an array: offset of its size_t */
		uint32_t greatest; /* of a number; 0: 2^63-1 */
	};
	uint32_t number_default; /* of a number or a choice */
	unsigned int most : 16;	 /* items of an array; 0: a single value */
	unsigned int shape : 4;	 /* enum manifest_shape */
	unsigned int place : 2;	 /* enum manifest_place */
	bool required : 1;	 /* where it may stand */
	bool supervised : 1;	 /* goes with `run supervise` only */
	bool may_be_empty : 1;	 /* the writer leaves the line out for "" */
	unsigned int least : 5;	 /* of a number */
};

enum manifest_key_id {
#define KEY(id, ...) MANIFEST_KEY_##id,
#ifndef MANIFEST_SUPERVISED
#define KEY_SUPERVISED(id, ...)
#define KEY_SET(id, ...)
#endif
#include "format/manifest/keys.def"
	MANIFEST_KEYS,
};

extern const struct manifest_key manifest_keys[MANIFEST_KEYS];

/* The names of the others that there are, each with its end, then "". */
extern const char manifest_keys_unread[];

/* By enum manifest_upper. */
extern const char manifest_upper_words[3][8];

/* By enum manifest_restart. */
extern const char manifest_restart_words[3][12];

/* Sets every key to its default. */
void manifest_key_defaults(struct manifest *manifest);

/* May it stand in this manifest, as far as `run` says? */
bool manifest_key_fits(const struct manifest *manifest, const struct manifest_key *key);

/* How many lines of @key the manifest has when it is written; of one that goes with
 * `run supervise`, none without that: an older init would refuse it. */
size_t manifest_key_count(const struct manifest *manifest,
			  const struct manifest_key *key);

/* The word that a choice stands for, within the key's choices; NULL when it is none. */
const char *manifest_key_choice(const struct manifest_key *key, unsigned int choice,
				size_t *ret_size);

struct str;
/* Adds line @index of @key to @text, with its line feed; nothing for a text that may be
 * empty and is. 0, or -EINVAL with what no manifest may hold. */
int manifest_key_write(const struct manifest *manifest, const struct manifest_key *key,
		       size_t index, struct str *text, struct err *err);

/* Takes a value of @key as it stands behind the key in a manifest, printable and with %XX
 * where that belongs, into its field or behind the items of its list. 0; -EBADMSG with
 * "KEY: " and the reason. */
int manifest_key_take(struct manifest *manifest, const struct manifest_key *key,
		      const char *value, struct err *err);
