/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/header.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"

/* The value of the line, when it is of this name; what doesn't fit is left out whole: half of
 * a digest is none. */
static bool is_named(const char **line, size_t *size, const char *name)
{
	size_t n = strlen(name);

	if (*size <= n || strncasecmp(*line, name, n) != 0 || (*line)[n] != ':')
		return false;
	*line += n + 1;
	*size -= n + 1;
	while (*size > 0 && (**line == ' ' || **line == '\t')) {
		(*line)++;
		(*size)--;
	}
	return true;
}

static void keep(char *ret_text, size_t room, const char *value, size_t size)
{
	if (size >= room || memchr(value, '\0', size))
		return;
	memcpy(ret_text, value, size);
	ret_text[size] = '\0';
}

static void keep_type(struct http_answer *answer, const char *value, size_t size)
{
	size_t n = 0;

	while (n < size && n < sizeof(answer->type) - 1 && !strchr("; \t", value[n]))
		n++;
	for (size_t i = 0; i < n; i++)
		answer->type[i] = (char)tolower((unsigned char)value[i]);
	answer->type[n] = '\0';
}

static void keep_challenge(struct http_answer *answer, const char *value, size_t size)
{
	size_t used = strlen(answer->challenge), room = sizeof(answer->challenge);

	if (used + size + 3 > room || memchr(value, '\0', size))
		return;
	if (used > 0)
		used = (size_t)(stpcpy(answer->challenge + used, ", ") -
				answer->challenge);
	memcpy(answer->challenge + used, value, size);
	answer->challenge[used + size] = '\0';
}

static void keep_number(uint64_t *ret_number, const char *value, size_t size)
{
	uint64_t number;

	if (str_number(value, size, &number) == 0)
		*ret_number = number;
}

static void take(struct http_answer *a, const char *line, size_t size)
{
	if (is_named(&line, &size, "Content-Type"))
		keep_type(a, line, size);
	else if (is_named(&line, &size, "Docker-Content-Digest"))
		keep(a->digest, sizeof(a->digest), line, size);
	else if (is_named(&line, &size, "ETag"))
		keep(a->etag, sizeof(a->etag), line, size);
	else if (is_named(&line, &size, "Last-Modified") && !a->etag[0])
		keep(a->etag, sizeof(a->etag), line, size);
	else if (is_named(&line, &size, "Content-Range"))
		keep(a->range, sizeof(a->range), line, size);
	else if (is_named(&line, &size, "WWW-Authenticate"))
		keep_challenge(a, line, size);
	else if (is_named(&line, &size, "Content-Length"))
		keep_number(&a->length, line, size);
}

int header_add(struct header_count *count, const char *line, size_t size,
	       struct http_answer *answer)
{
	count->bytes += size;
	if (count->bytes > HTTP_HEADERS_MOST)
		return -E2BIG;
	while (size > 0 && strchr("\r\n \t", line[size - 1]))
		size--;
	if (size >= 5 && strncmp(line, "HTTP/", 5) == 0)
		*answer = (struct http_answer){ .length = RANGE_UNKNOWN };
	else
		take(answer, line, size);
	return 0;
}
