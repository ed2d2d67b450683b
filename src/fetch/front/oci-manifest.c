/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/front/oci-manifest.h"

#include <errno.h>
#include <string.h>

#include "fetch/json.h"
#include "format/channel.h"
#include "format/manifest.h"
#include "format/media.h"

#define SIGNATURE_KEY "org.lamina.signature"
#define DELTA_FROM_KEY "org.lamina.delta.from"
#define DELTA_TO_KEY "org.lamina.delta.to"

static bool is_manifest(const json_t *descriptor)
{
	const char *type = fetch_json_text(descriptor, "mediaType");

	return type && strcmp(type, MEDIA_MANIFEST) == 0;
}

/* The first layer, or, as it was at first, the config. */
static const json_t *find_manifest(const json_t *json)
{
	const json_t *config = fetch_json_object(json, "config");
	const json_t *first = json_array_get(fetch_json_array(json, "layers"), 0);

	if (is_manifest(config))
		return config;
	return is_manifest(first) ? first : NULL;
}

static int read_descriptor(const json_t *json, struct oci_manifest *m, struct err *err)
{
	if (fetch_json_digest(json, "digest", &m->manifest) < 0)
		return err_set(err, -EBADMSG, "the manifest's digest is none");
	if (fetch_json_number(json, "size", &m->size_bytes) < 0 ||
	    m->size_bytes > MANIFEST_MAX_SIZE)
		return err_set(err, -EBADMSG, "the manifest's size is none");
	return 0;
}

static int read_signature(const json_t *json, struct oci_manifest *m, struct err *err)
{
	const json_t *annotations = fetch_json_object(json, "annotations");
	const char *text = fetch_json_text(annotations, SIGNATURE_KEY);
	size_t size = text ? strlen(text) : 0;

	if (size == 0)
		return err_set(err, -ENOKEY,
			       "has no annotation " SIGNATURE_KEY ": not signed");
	if (size > sizeof(m->signature))
		return err_set(err, -EBADMSG, SIGNATURE_KEY ": too long");
	memcpy(m->signature, text, size);
	m->signature_size = size;
	return 0;
}

/* One that can't be read is none: there are the layers. */
static void take_delta(const json_t *json, struct oci_manifest *m)
{
	const json_t *notes = fetch_json_object(json, "annotations");
	const char *type = fetch_json_text(json, "mediaType");
	struct deltas_line line;

	if (!type || strcmp(type, MEDIA_DELTA) != 0 ||
	    fetch_json_digest(json, "digest", &line.delta) < 0 ||
	    fetch_json_digest(notes, DELTA_FROM_KEY, &line.base) < 0 ||
	    fetch_json_digest(notes, DELTA_TO_KEY, &line.layer) < 0 ||
	    fetch_json_number(json, "size", &line.size_bytes) < 0 ||
	    m->deltas_size + DELTAS_LINE_SIZE > sizeof(m->deltas))
		return;
	m->deltas_size += (size_t)deltas_write(&line, m->deltas + m->deltas_size);
}

/* The same of a channel's word: who asks for it finds none. */
static void take_word(const json_t *json, struct oci_manifest *m)
{
	const char *type = fetch_json_text(json, "mediaType");

	if (type && strcmp(type, MEDIA_CHANNEL) == 0 &&
	    (fetch_json_number(json, "size", &m->word_bytes) < 0 ||
	     m->word_bytes > CHANNEL_MAX_SIZE ||
	     fetch_json_digest(json, "digest", &m->word) < 0))
		m->word = (struct digest){ 0 };
}

static void read_layers(const json_t *json, struct oci_manifest *m)
{
	const json_t *layers = fetch_json_array(json, "layers");

	m->deltas_size = 0;
	m->word = (struct digest){ 0 };
	for (size_t i = 0; i < json_array_size(layers); i++) {
		take_delta(json_array_get(layers, i), m);
		take_word(json_array_get(layers, i), m);
	}
}

int oci_manifest_parse(const char *bytes, size_t size, struct oci_manifest *ret_manifest,
		       struct err *err)
{
	__json json_t *json = fetch_json_parse(bytes, size, err);
	const json_t *manifest = find_manifest(json);
	int r;

	if (!json)
		return -EBADMSG;
	if (!manifest && fetch_json_array(json, "manifests"))
		return err_set(err, -ENOTSUP, "is a list of images, not one");
	if (!manifest)
		return err_set(err, -ENOTSUP,
			       "no Lamina image: `lamina pack` makes one of it");
	read_layers(json, ret_manifest);
	r = read_descriptor(manifest, ret_manifest, err);
	return r < 0 ? r : read_signature(json, ret_manifest, err);
}
