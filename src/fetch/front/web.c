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

/* Two entries with their headers. */
#define HEAD_MOST (2 * USTAR_BLOCK + MANIFEST_MAX_SIZE + SIGNATURE_MAX_SIZE + USTAR_BLOCK)

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

static int take_entry(const struct head *head, size_t *at, const char *name,
		      char *ret_bytes, size_t room, size_t *ret_size, struct err *err)
{
	struct ustar_entry entry;

	if (head->size < *at + USTAR_BLOCK)
		return err_set(err, -EBADMSG, "not a bundle");
	if (ustar_parse(head->bytes + *at, &entry, NULL) <= 0 ||
	    strcmp(entry.name, name) != 0)
		return err_set(err, -EBADMSG, "not a bundle: %s should be there", name);
	*at += USTAR_BLOCK;
	if (entry.size_bytes > room || head->size < *at + entry.size_bytes)
		return err_set(err, -EBADMSG, "%s: too long", name);
	memcpy(ret_bytes, head->bytes + *at, (size_t)entry.size_bytes);
	*ret_size = (size_t)entry.size_bytes;
	*at += (size_t)ustar_padded(entry.size_bytes);
	return 0;
}

static int read_head(struct fetch *f, const struct head *head, struct err *err)
{
	struct workdir_image *image = &f->image;
	size_t at = 0;
	int r = take_entry(head, &at, "manifest", image->manifest,
			   sizeof(image->manifest), &image->size, err);

	if (r == 0)
		r = take_entry(head, &at, "manifest.sig", image->signature,
			       sizeof(image->signature), &image->signature_size, err);
	if (r == 0)
		r = sha256_of(image->manifest, image->size, &image->id);
	return r;
}

static int get_head(struct fetch *f, struct head *head, bool ranged, struct err *err)
{
	static struct http_answer answer;
	struct http_request request = {
		.url = f->origin.url,
		.ranged = ranged,
		.last = HEAD_MOST - 1,
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

static int describe(struct fetch *f, const char *version, struct err *err)
{
	static struct head head;
	int r = get_head(f, &head, true, err);

	(void)version;
	/* another range than asked for, or none */
	if (r == -EPROTO)
		r = get_head(f, &head, false, err);
	if (r == -EPROTO)
		r = -EAGAIN;
	return r < 0 ? r : read_head(f, &head, err);
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
		.url = f->origin.url,
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

/* Each blob behind its header, once. */
static void locate(struct fetch *f, size_t blob, struct transfer *transfer)
{
	uint64_t at = 3 * USTAR_BLOCK + ustar_padded(f->image.size) +
		      ustar_padded(f->image.signature_size);

	for (size_t i = 0; i < blob; i++)
		at += USTAR_BLOCK + ustar_padded(f->offer.blobs[i].size_bytes);
	transfer->url = f->origin.url;
	transfer->scope = "";
	transfer->offset = at;
	transfer->file_bytes = RANGE_UNKNOWN;
}

const struct front front_web = {
	.look = look,
	.describe = describe,
	.locate = locate,
};
