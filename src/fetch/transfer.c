/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/transfer.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "cli/cmd.h"
#include "fetch/pace.h"
#include "fetch/range.h"

/* One connection of it. */
struct attempt {
	struct transfer *transfer;
	bool ranged;
	uint64_t at; /* of the server's file: where the next byte stands */
};

static uint64_t wanted(const struct transfer *t)
{
	return t->offset + t->part->have_bytes;
}

static int begin(void *context, const struct http_answer *answer, struct err *err)
{
	struct attempt *attempt = context;
	struct transfer *t = attempt->transfer;
	const struct range_answer range = {
		.status = answer->status,
		.content_range = answer->range,
		.length = answer->length,
	};
	int r = range_start(&range, wanted(t), t->file_bytes, &attempt->at, err);

	/* of another size, and a page at that: nobody's layer */
	if (r == -EBADMSG && http_portal(answer, err) < 0)
		return -EAGAIN;
	return r;
}

/* What comes before the byte that is wanted is passed over: it is there already. */
static int body(void *context, const void *bytes, size_t size, struct err *err)
{
	struct attempt *attempt = context;
	struct transfer *t = attempt->transfer;
	uint64_t skip = wanted(t) - attempt->at;
	uint64_t rest = t->part->size_bytes - t->part->have_bytes;
	int r;

	if (skip >= size) {
		attempt->at += size;
		return 0;
	}
	bytes = (const char *)bytes + skip;
	size -= (size_t)skip;
	/* of a bundle that comes whole, the rest isn't this part's */
	if (t->file_bytes != t->part->size_bytes && size > rest)
		size = (size_t)rest;
	r = part_add(t->part, bytes, size, err);
	if (r < 0)
		return r;
	attempt->at += skip + size;
	if (t->progress)
		t->progress(t->context, size);
	return t->part->have_bytes == t->part->size_bytes && t->offset ? -ECANCELED : 0;
}

static int try_once(struct transfer *t, bool *ranged, struct err *err)
{
	struct attempt attempt = { .transfer = t, .ranged = *ranged };
	static struct http_answer answer;
	struct http_request request = {
		.url = t->url,
		.ranged = *ranged && wanted(t) > 0,
		.first = wanted(t),
		.last = t->offset ? t->offset + t->part->size_bytes - 1 : RANGE_UNKNOWN,
		.begin = begin,
		.body = body,
		.context = &attempt,
	};
	int r = auth_do(t->auth, t->http, &request, t->scope, &answer, err);

	t->retry_after_s = answer.retry_after_s;
	if (t->part->have_bytes == t->part->size_bytes)
		return 0;
	if (r < 0)
		return r;
	/* it says that we have more of it than there is */
	if (answer.status == 416)
		return err_set(err, -EPROTO, "the server has no such range");
	/* an address that it was redirected to is good for minutes: asked anew, there is
	 * another */
	if ((answer.status == 401 || answer.status == 403 || answer.status == 404) &&
	    strcmp(answer.url, t->url) != 0) {
		(void)http_refusal(&answer, err);
		return -EAGAIN;
	}
	if (answer.status < 200 || answer.status > 299)
		return http_refusal(&answer, err);
	return err_set(err, -EAGAIN, "the server sends less than there is");
}

static void sleep_ms(uint64_t ms)
{
	struct timespec wait = { .tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&wait, NULL);
}

static void pause_before(const struct transfer *t, unsigned int failures)
{
	uint64_t chance = 0, asked = t->retry_after_s * 1000, wait;

	(void)getrandom(&chance, sizeof(chance), 0);
	wait = pace_retry_ms(t->pause_ms, failures, chance);
	sleep_ms(wait > asked ? wait : asked);
}

/* The last byte is there: is it what it should be? Once more from its beginning, if not. */
static int finish(struct transfer *t, int to, bool *again, struct err *err)
{
	int r = part_finish(t->part, to, err);

	if (r != -EBADMSG)
		return r;
	if (*again)
		return -EAGAIN;
	*again = true;
	cmd_note("%.12s: %s: once more", t->part->name, err ? err->text : "");
	return 1;
}

int transfer_run(struct transfer *t, int to, struct err *err)
{
	bool ranged = true, again = false;
	unsigned int failures = 0;
	uint64_t before;
	int r;

	for (;;) {
		before = t->part->have_bytes;
		r = before == t->part->size_bytes ? 0 : try_once(t, &ranged, err);
		if (r == 0) {
			r = finish(t, to, &again, err);
			if (r <= 0)
				return r;
			continue;
		}
		if (r == -EPROTO && ranged) {
			ranged = false;
			continue;
		}
		if (r != -EAGAIN)
			return r == -EPROTO || r == -EBADMSG ? -EAGAIN : r;
		failures++;
		if (t->part->have_bytes - before >= TRANSFER_GOOD_BYTES)
			failures = 0;
		if (failures >= TRANSFER_TRIES || t->retry_after_s > TRANSFER_MOST_WAIT_S)
			return r;
		pause_before(t, failures);
	}
}
