/* SPDX-License-Identifier: Apache-2.0 */
/* Source: hawkBit's documentation of its Direct Device Integration API. */
#include "fetch/front/ddi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "fetch/json.h"
#include "fetch/letters.h"

#define BUNDLE_END ".lamina"
#define TEXT_MOST 200 /* bytes; hawkBit takes 512 */

/* The address of link @name; "" where there is none. */
static int take_link(const json_t *object, const char *name,
		     char ret_url[ORIGIN_URL_SIZE], struct err *err)
{
	const json_t *links = fetch_json_object(object, "_links");
	const char *href = fetch_json_text(fetch_json_object(links, name), "href");
	size_t size = href ? strlen(href) : 0;

	ret_url[0] = '\0';
	if (!href)
		return 0;
	if (size >= ORIGIN_URL_SIZE || !origin_is_same(href, href))
		return err_set(err, -EBADMSG, "the link %s is no address", name);
	for (const char *c = href; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return err_set(err, -EBADMSG, "the link %s has a blank in it",
				       name);
	memcpy(ret_url, href, size + 1);
	return 0;
}

/* Two or three digits, such as of "08:00:00". */
static int read_part(const char **text, uint64_t *ret_value)
{
	size_t size = strspn(*text, LETTERS_DIGITS);

	if (size < 2 || size > 3)
		return -EBADMSG;
	*ret_value = 0;
	for (size_t i = 0; i < size; i++)
		*ret_value = *ret_value * 10 + (uint64_t)((*text)[i] - '0');
	*text += size;
	return 0;
}

/* Of "HH:MM:SS"; 0: not said. */
static uint64_t sleep_of(const json_t *json)
{
	const json_t *polling =
		fetch_json_object(fetch_json_object(json, "config"), "polling");
	const char *text = fetch_json_text(polling, "sleep");
	uint64_t part, ms = 0;

	for (size_t i = 0; i < 3; i++) {
		if (!text || read_part(&text, &part) < 0 || *text != (i < 2 ? ':' : '\0'))
			return 0;
		text += i < 2;
		ms = ms * 60 + part;
	}
	ms *= 1000;
	if (ms < DDI_LEAST_MS)
		return DDI_LEAST_MS;
	return ms < DDI_MOST_MS ? ms : DDI_MOST_MS;
}

int ddi_base_parse(const char *bytes, size_t size, struct ddi_base *ret_base,
		   struct err *err)
{
	__json json_t *json = fetch_json_parse(bytes, size, err);
	int r;

	if (!json)
		return -EBADMSG;
	ret_base->sleep_ms = sleep_of(json);
	r = take_link(json, "deploymentBase", ret_base->deployment, err);
	if (r == 0)
		r = take_link(json, "cancelAction", ret_base->cancel, err);
	if (r == 0)
		r = take_link(json, "configData", ret_base->config, err);
	return r;
}

/* It becomes a part of addresses and of lines. */
static int take_id(const json_t *json, const char *key, char ret_id[DDI_ID_SIZE],
		   struct err *err)
{
	const char *text = fetch_json_text(json, key);
	size_t size = text ? strlen(text) : 0;

	if (size == 0 || size >= DDI_ID_SIZE || strspn(text, LETTERS_PLAIN "-_") != size)
		return err_set(err, -EBADMSG, "names no action");
	memcpy(ret_id, text, size + 1);
	return 0;
}

static bool is_bundle(const json_t *artifact)
{
	const char *name = fetch_json_text(artifact, "filename");
	size_t size = name ? strlen(name) : 0, end = strlen(BUNDLE_END);

	return size > end && strcmp(name + size - end, BUNDLE_END) == 0;
}

/* The one bundle among all artifacts; NULL: there is none, or more than one. */
static const json_t *find_bundle(const json_t *deployment)
{
	const json_t *chunks = fetch_json_array(deployment, "chunks"), *found = NULL;

	for (size_t i = 0; i < json_array_size(chunks); i++) {
		const json_t *artifacts =
			fetch_json_array(json_array_get(chunks, i), "artifacts");

		for (size_t n = 0; n < json_array_size(artifacts); n++) {
			const json_t *artifact = json_array_get(artifacts, n);

			if (!is_bundle(artifact))
				continue;
			if (found)
				return NULL;
			found = artifact;
		}
	}
	return found;
}

static int take_artifact(const json_t *artifact, struct ddi_deployment *d,
			 struct err *err)
{
	const char *hash =
		fetch_json_text(fetch_json_object(artifact, "hashes"), "sha256");
	struct digest digest;
	int r;

	if (fetch_json_number(artifact, "size", &d->size_bytes) < 0)
		return err_set(err, -EBADMSG, "a bundle without a size");
	if (hash && digest_parse(hash, strlen(hash), &digest) < 0)
		return err_set(err, -EBADMSG, "the bundle's sha256 is none");
	(void)snprintf(d->sha256, sizeof(d->sha256), "%s", hash ? hash : "");
	r = take_link(artifact, "download", d->url, err);
	/* how hawkBit calls an address without TLS */
	if (r == 0 && !d->url[0])
		r = take_link(artifact, "download-http", d->url, err);
	if (r == 0 && !d->url[0])
		r = err_set(err, -EBADMSG, "the bundle has no address");
	return r;
}

static bool is_skipped(const json_t *deployment, const char *key)
{
	const char *text = fetch_json_text(deployment, key);

	return text && strcmp(text, "skip") == 0;
}

int ddi_deployment_parse(const char *bytes, size_t size,
			 struct ddi_deployment *ret_deployment, struct err *err)
{
	__json json_t *json = fetch_json_parse(bytes, size, err);
	const json_t *deployment = fetch_json_object(json, "deployment"), *bundle;
	int r;

	*ret_deployment = (struct ddi_deployment){ .waits = false };
	if (!json)
		return -EBADMSG;
	r = take_id(json, "id", ret_deployment->id, err);
	if (r < 0)
		return r;
	ret_deployment->waits =
		is_skipped(deployment, "update") || is_skipped(deployment, "download");
	bundle = find_bundle(deployment);
	return bundle ? take_artifact(bundle, ret_deployment, err)
		      : err_set(err, -ENOTSUP,
				"what is deployed has not one artifact *" BUNDLE_END);
}

int ddi_cancel_parse(const char *bytes, size_t size, char ret_id[DDI_ID_SIZE],
		     struct err *err)
{
	__json json_t *json = fetch_json_parse(bytes, size, err);

	return json ? take_id(fetch_json_object(json, "cancelAction"), "stopId", ret_id,
			      err)
		    : -EBADMSG;
}

json_t *ddi_feedback(const char *id, const struct ddi_word *word)
{
	char text[TEXT_MOST + 1];
	size_t used = 0;

	/* as one character may be cut in two, or be none, only ASCII is told */
	for (const char *c = word->text; *c && used < TEXT_MOST; c++)
		if (*c >= ' ' && *c < 0x7f)
			text[used++] = *c;
	text[used] = '\0';
	return json_pack("{s:s, s:{s:s, s:{s:s}, s:[s]}}", "id", id, "status",
			 "execution", word->execution, "result", "finished",
			 word->finished, "details", text);
}
