/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/source/doc.h"

#include <errno.h>

json_t *doc_parse(const char *bytes, size_t size, struct err *err)
{
	json_error_t error;
	json_t *doc;

	if (size > DOC_MAX_SIZE) {
		(void)err_set(err, -EFBIG, "larger than %zu bytes", DOC_MAX_SIZE);
		return NULL;
	}
	doc = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
	if (!doc)
		(void)err_set(err, -EBADMSG, "not JSON: line %d: %s", error.line,
			      error.text);
	return doc;
}

static int wrong_kind(const char *key, const char *kind, struct err *err)
{
	return err_set(err, -EBADMSG, "\"%s\" is not %s", key, kind);
}

static const json_t *field(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

int doc_string(const json_t *object, const char *key, const char **ret_text,
	       struct err *err)
{
	const json_t *value = field(object, key);

	if (value && !json_is_string(value))
		return wrong_kind(key, "a text", err);
	*ret_text = json_string_value(value);
	return 0;
}

int doc_object(const json_t *object, const char *key, const json_t **ret_object,
	       struct err *err)
{
	const json_t *value = field(object, key);

	if (value && !json_is_object(value))
		return wrong_kind(key, "an object", err);
	*ret_object = value;
	return 0;
}

int doc_array(const json_t *object, const char *key, const json_t **ret_array,
	      struct err *err)
{
	const json_t *value = field(object, key);

	if (value && !json_is_array(value))
		return wrong_kind(key, "a list", err);
	*ret_array = value;
	return 0;
}

int doc_number(const json_t *object, const char *key, uint64_t *ret_value,
	       struct err *err)
{
	const json_t *value = field(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return wrong_kind(key, "a whole number", err);
	*ret_value = (uint64_t)json_integer_value(value);
	return 0;
}

int doc_texts(const json_t *object, const char *key, struct source_texts *texts,
	      struct err *err)
{
	const json_t *array = NULL;
	int r = doc_array(object, key, &array, err);

	for (size_t i = 0; r == 0 && i < json_array_size(array); i++) {
		const json_t *item = json_array_get(array, i);
		/* the engines' reader takes null for no text */
		const char *text = json_is_null(item) ? "" : json_string_value(item);

		if (!text)
			return wrong_kind(key, "a list of texts", err);
		r = source_texts_add(texts, text);
		if (r < 0)
			return err_errno(err, r, "%s", key);
	}
	return r;
}

int doc_set(const json_t *object, const char *key, char **ret_field, struct err *err)
{
	const char *text = NULL;
	int r = doc_string(object, key, &text, err);

	if (r == 0 && text && *text)
		r = source_set(ret_field, text);
	return r == -ENOMEM ? err_errno(err, r, "%s", key) : r;
}
