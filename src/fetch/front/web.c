/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle on a web server: manifest and signature stand first and give the size of all that follows, so that
 * each layer that lacks is one range of the file. Source: lamina-bundle(5).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fetch/fetch.h"
#include "fetch/transfer.h"
#include "format/ustar.h"

/* Four entries with their headers and padding. */
#define HEAD_MOST                                                                       \
	(8 * USTAR_BLOCK + MANIFEST_MAX_SIZE + WORKDIR_WITHOUT_SIZE + DELTAS_MAX_SIZE + \
	 SIGNATURE_MAX_SIZE)

#define HEAD_FIRST 16384 /* which nearly all fit in */

struct head {
	uint8_t bytes[HEAD_MOST];
	size_t size;
};

static int begin_head(void *context, const struct http_answer *answer, struct err *err)
{
	struct head *head = context;

	const struct range_answer range = {
		.status = answer->status,
		.content_range = answer->range,
		.length = answer->length,
	};
	uint64_t start;
	int r = http_portal(answer, err);

	head->size = 0;
	return r < 0 ? r : range_start(&range, 0, RANGE_UNKNOWN, &start, err);
}

/* A server without ranges sends the whole: the rest of it is not read. */
static int add_head(void *context, const void *bytes, size_t size, struct err *err)
{
	struct head *head = context;
	size_t room = sizeof(head->bytes) - head->size;

	(void)err;
	memcpy(head->bytes + head->size, bytes, size < room ? size : room);
	head->size += size < room ? size : room;
	return head->size == sizeof(head->bytes) ? -ECANCELED : 0;
}

/* The entry of that name, where it is the next one: 1; 0: it is another. */
static int take_entry(const struct head *head, size_t *at, const char *name,
		      char *ret_bytes, size_t room, size_t *ret_size, struct err *err)
{
	struct ustar_entry entry;

	*ret_size = 0;
	if (head->size < *at + USTAR_BLOCK ||
	    ustar_parse(head->bytes + *at, &entry, NULL) <= 0)
		return err_set(err, -EBADMSG, "not a bundle");
	if (strcmp(entry.name, name) != 0)
		return 0;
	*at += USTAR_BLOCK;
	if (entry.size_bytes > room || head->size < *at + entry.size_bytes)
		return err_set(err, -EBADMSG, "%s: too long", name);
	memcpy(ret_bytes, head->bytes + *at, (size_t)entry.size_bytes);
	*ret_size = (size_t)entry.size_bytes;
	*at += (size_t)ustar_padded(entry.size_bytes);
	return 1;
}

static int read_head(struct fetch *f, const struct head *head, struct err *err)
{
	struct workdir_image *image = &f->image;
	const struct {
		const char *name;
		char *bytes;
		size_t room, *size;
		bool must;
	} entries[] = {
		{ "manifest", image->manifest, sizeof(image->manifest), &image->size,
		  true },
		{ "without", image->without, sizeof(image->without), &image->without_size,
		  false },
		{ DELTAS_NAME, image->deltas, sizeof(image->deltas), &image->deltas_size,
		  false },
		{ "manifest.sig", image->signature, sizeof(image->signature),
		  &image->signature_size, true },
	};
	size_t at = 0;
	int r = 1;

	for (size_t i = 0; r >= 0 && i < sizeof(entries) / sizeof(entries[0]); i++) {
		r = take_entry(head, &at, entries[i].name, entries[i].bytes,
			       entries[i].room, entries[i].size, err);
		if (r == 0 && entries[i].must)
			r = err_set(err, -EBADMSG, "not a bundle: %s should be there",
				    entries[i].name);
	}
	return r < 0 ? r : sha256_of(image->manifest, image->size, &image->id);
}

/* Its first @most bytes, or, with 0, without a range. */
static int get_head(struct fetch *f, struct head *head, size_t most, struct err *err)
{
	static struct http_answer answer;
	struct http_request request = {
		.url = f->bundle,
		.ranged = most > 0,
		.last = most - 1,
		.small = true,
		.begin = begin_head,
		.body = add_head,
		.context = head,
	};
	int r = auth_do(&f->auth, f->http, &request, "", &answer, err);

	f->retry_after_s = answer.retry_after_s;
	if (r < 0 && r != -ECANCELED)
		return r;
	if (answer.status != 200 && answer.status != 206)
		return http_refusal(&answer, err);
	return 0;
}

/* @most bytes; of a server without ranges the first it sends. */
static int try_head(struct fetch *f, size_t most, struct err *err)
{
	static struct head head;
	int r = get_head(f, &head, most, err);

	if (r == -EPROTO)
		r = get_head(f, &head, 0, err);
	if (r == -EPROTO)
		r = -EAGAIN;
	return r < 0 ? r : read_head(f, &head, err);
}

static int describe(struct fetch *f, const char *version, struct err *err)
{
	int r = try_head(f, HEAD_FIRST, err);

	(void)version;
	return r == -EBADMSG ? try_head(f, HEAD_MOST, err) : r;
}

static int look_at_head(struct fetch *f, char ret_version[WORKDIR_VERSION_SIZE],
			struct err *err)
{
	int r = describe(f, "", err);

	if (r == 0)
		(void)snprintf(ret_version, WORKDIR_VERSION_SIZE, "sha256:%s",
			       DIGEST_HEX(&f->image.id));
	return r;
}

static int look(struct fetch *f, char ret_version[WORKDIR_VERSION_SIZE], struct err *err)
{
	static struct http_answer answer;
	struct http_request request = {
		.url = f->bundle,
		.head = true,
		.small = true,
	};
	int r = auth_do(&f->auth, f->http, &request, "", &answer, err);

	f->retry_after_s = answer.retry_after_s;
	if (r < 0)
		return r;
	if (answer.status != 200 && answer.status != 405 && answer.status != 501)
		return http_refusal(&answer, err);
	r = http_portal(&answer, err);
	if (r < 0)
		return r;
	if (answer.status != 200 || !answer.etag[0])
		return look_at_head(f, ret_version, err);
	(void)snprintf(ret_version, WORKDIR_VERSION_SIZE, "etag %s", answer.etag);
	return 0;
}

static uint64_t entry_bytes(size_t size)
{
	return size ? USTAR_BLOCK + ustar_padded(size) : 0;
}

static bool is_left_out(const struct workdir_image *image, const struct digest *digest)
{
	for (size_t at = 0; at + DIGEST_HEX_SIZE <= image->without_size;
	     at += DIGEST_HEX_SIZE)
		if (strncmp(image->without + at, DIGEST_HEX(digest), 64) == 0)
			return true;
	return false;
}

/* Passes over an entry; true: it is the one. */
static bool pass(uint64_t *at, const struct digest *digest, uint64_t size_bytes,
		 const struct digest *wanted)
{
	*at += USTAR_BLOCK;
	if (digest_equal(digest, wanted))
		return true;
	*at += ustar_padded(size_bytes);
	return false;
}

/* Deltas, then blobs, each behind its header, once. */
static int find(const struct fetch *f, const struct digest *wanted, uint64_t *ret_at)
{
	const struct workdir_image *image = &f->image;
	const char *text = image->deltas, *end = text + image->deltas_size;
	uint64_t at = entry_bytes(image->size) + entry_bytes(image->without_size) +
		      entry_bytes(image->deltas_size) +
		      entry_bytes(image->signature_size);
	struct deltas_line line;
	bool found = false;

	while (!found && deltas_next(&text, end, &line) > 0)
		found = pass(&at, &line.delta, line.size_bytes, wanted);
	for (size_t i = 0; !found && i < f->offer.count; i++)
		if (!is_left_out(image, &f->offer.blobs[i].digest))
			found = pass(&at, &f->offer.blobs[i].digest,
				     f->offer.blobs[i].size_bytes, wanted);
	*ret_at = at;
	return found ? 0 : -ENOENT;
}

static int locate(struct fetch *f, const struct digest *digest, uint64_t size_bytes,
		  struct transfer *transfer)
{
	(void)size_bytes;
	transfer->url = f->bundle;
	transfer->scope = "";
	transfer->file_bytes = RANGE_UNKNOWN;
	return find(f, digest, &transfer->offset);
}

const struct front front_web = {
	.look = look,
	.describe = describe,
	.locate = locate,
};
