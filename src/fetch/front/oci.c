/* SPDX-License-Identifier: Apache-2.0 */
/* A registry, or files of a web server that look like one. Source: OCI distribution-spec 1.1, "Pull". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/fetch.h"
#include "fetch/front/oci-manifest.h"
#include "fetch/transfer.h"

#define ETAG_VERSION "etag "

static bool is_digest(const char *text)
{
	struct digest digest;

	return strncmp(text, "sha256:", 7) == 0 &&
	       digest_parse(text + 7, strlen(text + 7), &digest) == 0;
}

static void manifest_url(struct fetch *f, const char *ref, char ret_url[ORIGIN_URL_SIZE])
{
	(void)snprintf(ret_url, ORIGIN_URL_SIZE, "%s/v2/%s/manifests/%s", f->origin.host,
		       f->origin.name, ref);
}

/* GETs the OCI manifest called @ref. The caller frees the bytes. */
static int get_manifest(struct fetch *f, const char *ref, struct http_body *ret_body,
			struct digest *ret_hash, struct err *err)
{
	char url[ORIGIN_URL_SIZE];
	int r;

	manifest_url(f, ref, url);
	r = fetch_small(f, url, OCI_MANIFEST_TYPE, f->scope, OCI_MANIFEST_MOST, ret_body,
			err);
	if (r == 0)
		r = sha256_of(ret_body->bytes, ret_body->size, ret_hash);
	if (r < 0) {
		free(ret_body->bytes);
		ret_body->bytes = NULL;
	}
	return r;
}

/* A server that doesn't say what a tag means has to be asked for all of it. */
static int look_at_bytes(struct fetch *f, char ret_version[WORKDIR_VERSION_SIZE],
			 struct err *err)
{
	struct http_body body;
	struct digest hash;
	int r = get_manifest(f, f->origin.ref, &body, &hash, err);

	if (r < 0)
		return r;
	free(body.bytes);
	(void)snprintf(ret_version, WORKDIR_VERSION_SIZE, "sha256:%s", DIGEST_HEX(&hash));
	return 0;
}

static int look(struct fetch *f, char ret_version[WORKDIR_VERSION_SIZE], struct err *err)
{
	char url[ORIGIN_URL_SIZE];
	static struct http_answer answer;
	struct http_request request = {
		.url = url,
		.accept = OCI_MANIFEST_TYPE,
		.head = true,
		.small = true,
	};
	int r;

	(void)snprintf(ret_version, WORKDIR_VERSION_SIZE, "%s", f->origin.ref);
	if (origin_is_fixed(&f->origin))
		return 0;
	manifest_url(f, f->origin.ref, url);
	r = auth_do(&f->auth, f->http, &request, f->scope, &answer, err);
	f->retry_after_s = answer.retry_after_s;
	if (r < 0)
		return r;
	if (answer.status == 405 || answer.status == 501)
		return look_at_bytes(f, ret_version, err);
	r = http_expect(&answer, err);
	if (r < 0)
		return r;
	if (is_digest(answer.digest))
		(void)snprintf(ret_version, WORKDIR_VERSION_SIZE, "%s", answer.digest);
	else if (answer.etag[0])
		(void)snprintf(ret_version, WORKDIR_VERSION_SIZE, ETAG_VERSION "%s",
			       answer.etag);
	else
		r = look_at_bytes(f, ret_version, err);
	return r;
}

static void blob_url(struct fetch *f, const struct digest *digest,
		     char ret_url[ORIGIN_URL_SIZE])
{
	(void)snprintf(ret_url, ORIGIN_URL_SIZE, "%s/v2/%s/blobs/sha256:%s",
		       f->origin.host, f->origin.name, DIGEST_HEX(digest));
}

/* A blob that is small. The caller frees the bytes. */
static int get_blob(struct fetch *f, const struct digest *digest, uint64_t size_bytes,
		    struct http_body *ret_body, struct err *err)
{
	char url[ORIGIN_URL_SIZE];
	struct digest hash;
	int r;

	blob_url(f, digest, url);
	r = fetch_small(f, url, NULL, f->scope, (size_t)size_bytes, ret_body, err);
	if (r == 0)
		r = sha256_of(ret_body->bytes, ret_body->size, &hash);
	return r == 0 && !digest_equal(&hash, digest)
		       ? err_set(err, -EAGAIN, "isn't what its name says")
		       : r;
}

/* The Lamina manifest, whose bytes are what the signature is of. */
static int get_image(struct fetch *f, const struct oci_manifest *oci, struct err *err)
{
	struct workdir_image *image = &f->image;
	struct http_body body;
	int r = get_blob(f, &oci->manifest, oci->size_bytes, &body, err);

	if (r == 0) {
		image->id = oci->manifest;
		memcpy(image->manifest, body.bytes, body.size);
		image->size = body.size;
		memcpy(image->signature, oci->signature, oci->signature_size);
		image->signature_size = oci->signature_size;
		memcpy(image->deltas, oci->deltas, oci->deltas_size);
		image->deltas_size = oci->deltas_size;
		image->without_size = 0;
	}
	free(body.bytes);
	return r < 0 ? err_wrap(err, r, "the manifest") : 0;
}

/* What the image's channel says, where that is followed and there is no other place for it. */
static int get_word(struct fetch *f, const struct oci_manifest *oci, struct err *err)
{
	struct http_body body;
	int r;

	if (!f->options->channel || f->options->word || !digest_is_set(&oci->word))
		return 0;
	r = get_blob(f, &oci->word, oci->word_bytes, &body, err);
	if (r == 0) {
		memcpy(f->image.word, body.bytes, body.size);
		f->image.word_size = body.size;
	}
	free(body.bytes);
	return r < 0 ? err_wrap(err, r, "the channel's word") : 0;
}

static int describe(struct fetch *f, const char *version, struct err *err)
{
	static struct oci_manifest oci;
	bool fixed = is_digest(version);
	struct http_body body;
	struct digest hash;
	int r = get_manifest(f, fixed ? version : f->origin.ref, &body, &hash, err);

	if (r < 0)
		return r;
	if (fixed && strcmp(version + 7, DIGEST_HEX(&hash)) != 0)
		r = err_set(err, -EAGAIN, "the OCI manifest isn't what its name says");
	if (r == 0)
		r = oci_manifest_parse(body.bytes, body.size, &oci, err);
	free(body.bytes);
	if (r == 0)
		r = get_image(f, &oci, err);
	return r < 0 ? r : get_word(f, &oci, err);
}

static int locate(struct fetch *f, const struct digest *digest, uint64_t size_bytes,
		  struct transfer *transfer)
{
	blob_url(f, digest, f->url);
	transfer->url = f->url;
	transfer->scope = f->scope;
	transfer->file_bytes = size_bytes;
	return 0;
}

const struct front front_oci = {
	.look = look,
	.describe = describe,
	.locate = locate,
};
