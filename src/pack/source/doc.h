/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A JSON document that somebody else made: fields by name and kind. A field that is missing or
 * null reads as nothing; one of another kind is an error that names it.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "pack/source/source.h"

/* Parses an object or an array of at most DOC_MAX_SIZE bytes. NULL on failure, with a text; the
 * caller owns it. Duplicate keys are refused: two readers would see two documents. */
#define DOC_MAX_SIZE ((size_t)4 << 20)
json_t *doc_parse(const char *bytes, size_t size, struct err *err);

/* Each: 0, or -EBADMSG. What is returned is borrowed from @object; NULL when it isn't there. */
int doc_string(const json_t *object, const char *key, const char **ret_text,
	       struct err *err);
int doc_object(const json_t *object, const char *key, const json_t **ret_object,
	       struct err *err);
int doc_array(const json_t *object, const char *key, const json_t **ret_array,
	      struct err *err);

/* A whole number of 0 or more; must be there. */
int doc_number(const json_t *object, const char *key, uint64_t *ret_value,
	       struct err *err);

/* Adds the texts of an array. 0, -EBADMSG, -ENOMEM. */
int doc_texts(const json_t *object, const char *key, struct source_texts *texts,
	      struct err *err);

/* Sets *@field to a copy of a string that isn't "". 0, -EBADMSG, -ENOMEM. */
int doc_set(const json_t *object, const char *key, char **field, struct err *err);

static inline void doc_free_scope(json_t **doc)
{
	json_decref(*doc);
}

#define __doc __attribute__((cleanup(doc_free_scope)))
