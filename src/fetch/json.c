/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/json.h"

#include <errno.h>
#include <string.h>

json_t *fetch_json_parse(const char *bytes, size_t size, struct err *err)
{
	json_error_t error;
	json_t *json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(json))
		return json;
	if (json)
		(void)err_set(err, -EBADMSG, "not a JSON object");
	else
		(void)err_set(err, -EBADMSG, "not JSON: line %d: %.120s", error.line,
			      error.text);
	json_decref(json);
	return NULL;
}

const char *fetch_json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

const json_t *fetch_json_object(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_object(value) ? value : NULL;
}

const json_t *fetch_json_array(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_array(value) ? value : NULL;
}

int fetch_json_number(const json_t *object, const char *key, uint64_t *ret_value)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -EBADMSG;
	*ret_value = (uint64_t)json_integer_value(value);
	return 0;
}

int fetch_json_digest(const json_t *object, const char *key, struct digest *ret_digest)
{
	const char *text = fetch_json_text(object, key);

	return text && strncmp(text, "sha256:", 7) == 0
		       ? digest_parse(text + 7, strlen(text + 7), ret_digest)
		       : -EBADMSG;
}
