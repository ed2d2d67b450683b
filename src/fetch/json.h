/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* JSON that a stranger wrote: an object, fields by name and kind. What is missing, null or of another
 * kind is not there. */
#include <jansson.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

/* An object; NULL with a text. The caller owns it. Duplicate keys are refused. */
json_t *fetch_json_parse(const char *bytes, size_t size, struct err *err);

/* Each borrowed from @object, which may be NULL; NULL: not there. */
const char *fetch_json_text(const json_t *object, const char *key);
const json_t *fetch_json_object(const json_t *object, const char *key);
const json_t *fetch_json_array(const json_t *object, const char *key);

/* A whole number of 0 or more. 0 or -EBADMSG. */
int fetch_json_number(const json_t *object, const char *key, uint64_t *ret_value);

/* "sha256:" and 64 digits. 0 or -EBADMSG. */
int fetch_json_digest(const json_t *object, const char *key, struct digest *ret_digest);

static inline void fetch_json_free_scope(json_t **json)
{
	json_decref(*json);
}

#define __json __attribute__((cleanup(fetch_json_free_scope)))
