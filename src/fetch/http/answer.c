/* SPDX-License-Identifier: Apache-2.0 */
/* What callers make of an answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/http.h"

char *http_line(const char *name, const char *value)
{
	char *line = malloc(strlen(name) + strlen(value) + 1);

	if (line)
		(void)stpcpy(stpcpy(line, name), value);
	return line;
}

static int add_to_body(void *context, const void *bytes, size_t size, struct err *err)
{
	struct http_body *body = context;
	char *longer;

	if (size > body->most - body->size)
		return err_set(err, -EAGAIN, "more than %zu bytes", body->most);
	longer = realloc(body->bytes, body->size + size + 1);
	if (!longer)
		return err_errno(err, -ENOMEM, "%zu bytes", body->size + size);
	memcpy(longer + body->size, bytes, size);
	body->bytes = longer;
	body->size += size;
	body->bytes[body->size] = '\0';
	return 0;
}

static int begin_body(void *context, const struct http_answer *answer, struct err *err)
{
	struct http_body *body = context;

	if (answer->length != RANGE_UNKNOWN && answer->length > body->most)
		return err_set(err, -EAGAIN, "%llu bytes, more than %zu",
			       (unsigned long long)answer->length, body->most);
	body->size = 0;
	return add_to_body(body, "", 0, err);
}

void http_into(struct http_request *request, struct http_body *body, size_t most)
{
	*body = (struct http_body){ .most = most };
	request->begin = begin_body;
	request->body = add_to_body;
	request->context = body;
	request->small = true;
}

int http_refusal(const struct http_answer *answer, struct err *err)
{
	long status = answer->status;
	int r = status == 401 || status == 403	 ? -EACCES
		: status == 404 || status == 410 ? -ENOENT
		: status == 408 || status == 425 || status == 429 || status >= 500
			? -EAGAIN
			: -EPROTO;
	/* a page for people says nothing in its first bytes */
	size_t size = answer->text[0] == '<' ? 0 : strnlen(answer->text, 120);

	while (size > 0 && strchr(" \r\n", answer->text[size - 1]))
		size--;
	return err_set(err, r, "the server answers %ld%s%.*s", status, size ? ": " : "",
		       (int)size, answer->text);
}

int http_portal(const struct http_answer *answer, struct err *err)
{
	if (strcmp(answer->type, "text/html") != 0)
		return 0;
	return err_set(err, -EAGAIN,
		       "a web page comes instead: something between here and the server, "
		       "such as a portal that wants a login, answers in its place");
}

int http_expect(const struct http_answer *answer, struct err *err)
{
	return answer->status == 200 ? http_portal(answer, err)
				     : http_refusal(answer, err);
}
