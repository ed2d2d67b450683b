/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/range.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"

struct range {
	uint64_t first, last; /* bytes; last is included */
	uint64_t total;	      /* of the whole; RANGE_UNKNOWN: not said */
};

/* A number that ends before @stop. */
static int take_number(const char **text, char stop, uint64_t *ret_value)
{
	const char *end = strchrnul(*text, stop);
	int r = str_number(*text, (size_t)(end - *text), ret_value);

	*text = *end ? end + 1 : end;
	return r;
}

/* "bytes 0-99/1000". 0 or -EBADMSG. */
static int parse(const char *text, struct range *ret_range)
{
	struct range range = { .total = RANGE_UNKNOWN };

	if (strncasecmp(text, "bytes ", 6) != 0)
		return -EBADMSG;
	text += 6 + strspn(text + 6, " ");
	if (take_number(&text, '-', &range.first) < 0 ||
	    take_number(&text, '/', &range.last) < 0)
		return -EBADMSG;
	if (strcmp(text, "*") != 0 && take_number(&text, '\0', &range.total) < 0)
		return -EBADMSG;
	if (range.first > range.last || range.last >= range.total)
		return -EBADMSG;
	*ret_range = range;
	return 0;
}

static int other_size(int r, uint64_t has, uint64_t wanted, struct err *err)
{
	return err_set(err, r,
		       "the server has %" PRIu64 " bytes of it, not the %" PRIu64
		       " that it should have",
		       has, wanted);
}

int range_start(const struct range_answer *answer, uint64_t from, uint64_t size_bytes,
		uint64_t *ret_start, struct err *err)
{
	struct range range;

	if (answer->status == 200) {
		if (answer->length != RANGE_UNKNOWN && size_bytes != RANGE_UNKNOWN &&
		    answer->length != size_bytes)
			return other_size(-EBADMSG, answer->length, size_bytes, err);
		*ret_start = 0;
		return 0;
	}
	if (answer->status != 206)
		return err_set(err, -EPROTO, "the server answers %ld to a range",
			       answer->status);
	if (parse(answer->content_range, &range) < 0)
		return err_set(err, -EPROTO, "the server sends no range it can name");
	if (range.total != RANGE_UNKNOWN && size_bytes != RANGE_UNKNOWN &&
	    range.total != size_bytes)
		return other_size(-EPROTO, range.total, size_bytes, err);
	if (range.last >= size_bytes)
		return other_size(-EPROTO, range.last + 1, size_bytes, err);
	if (range.first > from)
		return err_set(err, -EPROTO,
			       "the server sends another range than asked for");
	*ret_start = range.first;
	return 0;
}
