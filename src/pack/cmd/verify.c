/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "pack/host/document.h"
#include "pack/image/input.h"
#include "pack/image/place.h"
#include "trust/hash-tree.h"
#include "trust/key.h"

enum {
	OPT_KEY,
	OPT_KEYRING,
	OPT_THRESHOLD,
	OPT_IMAGE,
	OPT_JSON
};

static const struct cmd_option options[] = {
	{ "key", 'k', "FILE", "a public key (PEM) to trust; may be repeated" },
	{ "keyring", 0, "FILE", "a keyring to trust, as a device has it" },
	{ "threshold", 0, "N", "how many of the keys must sign (default: 1)" },
	{ "image", 0, "ID", "which image, if the store holds several; may be shortened" },
	{ "json", 0, NULL, "print JSON" },
	{ 0 },
};

struct request {
	const char *place, *prefix;
	struct keyring ring;
	unsigned long long threshold;
	bool json;
};

/* What was found out; reasons are "" where something holds. */
struct findings {
	struct key_signers signers;
	struct err *blobs;
	size_t count;
	size_t bad;
};

static int check_layer(const struct place *place, size_t n, struct err *err)
{
	const struct manifest_layer *layer = &place->image->manifest.layers[n];
	__fd int fd = place_open_blob_checked(place, n, err);

	if (fd < 0)
		return fd;
	return hash_tree_check(fd, layer->size_bytes, layer->data_bytes, &layer->root,
			       err);
}

static int check_boot(const struct place *place, size_t n, struct err *err)
{
	__fd int fd = place_open_blob_checked(place, n, err);

	return fd < 0 ? fd : 0;
}

static int check_blob(const struct place *place, size_t n, struct err *err)
{
	static struct image member;
	const struct manifest *manifest = &place->image->manifest;

	switch (manifest_blob_kind(manifest, n)) {
	case MANIFEST_BLOB_LAYER:
		return check_layer(place, n, err);
	case MANIFEST_BLOB_MEMBER:
		return place_load_member(place, n - manifest->layer_count, &member, err);
	default:
		return check_boot(place, n, err);
	}
}

static void check_blobs(const struct place *place, struct findings *found)
{
	for (size_t n = 0; n < found->count; n++) {
		struct err *reason = &found->blobs[n];

		if (check_blob(place, n, reason) == 0) {
			reason->text[0] = '\0';
			continue;
		}
		if (!reason->text[0])
			(void)err_set(reason, 0, "does not hold");
		found->bad++;
	}
}

static bool is_signer(const struct findings *found, const char *id)
{
	for (size_t i = 0; i < found->signers.count; i++)
		if (strcmp(found->signers.ids[i], id) == 0)
			return true;
	return false;
}

static void print_text(const struct image *image, const struct findings *found)
{
	const struct manifest *m = &image->manifest;
	char hex[DIGEST_HEX_SIZE], size[16];

	printf("image %s: %s, serial %llu\n", DIGEST_HEX(&image->id), m->name,
	       (unsigned long long)m->serial);
	for (size_t i = 0; i < image->signatures.count; i++) {
		const char *id = image->signatures.lines[i].id;

		printf("signature %s: %s\n", id,
		       is_signer(found, id) ? "holds" : "not counted");
	}
	for (size_t n = 0; n < m->layer_count; n++) {
		const char *bad = found->blobs[n].text;

		digest_hex(&m->layers[n].blob, hex);
		printf("layer %zu sha256:%.12s: %s%s%s\n", n, hex,
		       *bad ? "" : str_size(m->layers[n].size_bytes, size),
		       *bad ? "" : ", size, sha256 and verity tree hold", bad);
	}
	for (size_t n = 0; n < m->member_count; n++) {
		const char *bad = found->blobs[m->layer_count + n].text;

		digest_hex(&m->members[n].digest, hex);
		printf("member %s sha256:%.12s: %s\n", m->members[n].name, hex,
		       *bad ? bad : "size and sha256 hold, its layers are the set's");
	}
	if (m->boot.id[0]) {
		const char *bad = found->blobs[found->count - 1].text;

		printf("boot %s sha256:%.12s: %s\n", m->boot.id,
		       digest_hex(&m->boot.blob, hex),
		       *bad ? bad : "size and sha256 hold");
	}
}

static json_t *layer_json(const struct manifest_layer *layer, const struct err *reason)
{
	return json_pack("{s:s+, s:I, s:s, s:b, s:s*}", "digest",
			 "sha256:", DIGEST_HEX(&layer->blob), "size",
			 (json_int_t)layer->size_bytes, "rootHash",
			 DIGEST_HEX(&layer->root), "holds", !reason->text[0], "reason",
			 reason->text[0] ? reason->text : NULL);
}

static json_t *member_json(const struct manifest_member *member, const struct err *reason)
{
	return json_pack("{s:s, s:s+, s:b, s:s*}", "name", member->name, "digest",
			 "sha256:", DIGEST_HEX(&member->digest), "holds",
			 !reason->text[0], "reason",
			 reason->text[0] ? reason->text : NULL);
}

/* NULL: it has none. */
static json_t *boot_json(const struct manifest_boot *boot, const struct err *reason)
{
	if (!boot->id[0])
		return NULL;
	return json_pack("{s:s, s:s+, s:b, s:s*}", "id", boot->id, "digest",
			 "sha256:", DIGEST_HEX(&boot->blob), "holds", !reason->text[0],
			 "reason", reason->text[0] ? reason->text : NULL);
}

static int print_json(const struct image *image, const struct findings *found)
{
	json_t *layers = json_array(), *signatures = json_array(), *json;
	json_t *members = json_array();

	for (size_t i = 0; i < image->signatures.count; i++) {
		const char *id = image->signatures.lines[i].id;

		(void)json_array_append_new(signatures,
					    json_pack("{s:s, s:b}", "key", id, "holds",
						      is_signer(found, id)));
	}
	for (size_t n = 0; n < image->manifest.layer_count; n++)
		(void)json_array_append_new(
			layers, layer_json(&image->manifest.layers[n], &found->blobs[n]));
	for (size_t n = 0; n < image->manifest.member_count; n++)
		(void)json_array_append_new(
			members,
			member_json(&image->manifest.members[n],
				    &found->blobs[image->manifest.layer_count + n]));
	json = json_pack(
		"{s:s, s:s, s:I, s:b, s:o, s:o, s:o, s:o*}", "image",
		DIGEST_HEX(&image->id), "name", image->manifest.name, "serial",
		(json_int_t)image->manifest.serial, "holds", found->bad == 0,
		"signatures", signatures, "layers", layers, "members", members, "boot",
		boot_json(&image->manifest.boot, &found->blobs[found->count - 1]));
	return document_print(json);
}

static int verify(const struct request *q, const struct place *place, struct err *err)
{
	const struct image *image = place->image;
	struct findings found = { .bad = 0 };
	struct manifest_blob blob;
	int r = image->signatures.count == 0
			? err_set(err, -ENOKEY, "not signed")
			: key_verify(image->text, image->size, &image->signatures,
				     &q->ring, (uint32_t)q->threshold, &found.signers,
				     err);

	if (r < 0)
		return err_wrap(err, r, "image %.12s", DIGEST_HEX(&image->id));
	while (manifest_blob(&image->manifest, found.count, &blob))
		found.count++;
	found.blobs = calloc(found.count, sizeof(*found.blobs));
	if (!found.blobs)
		return -ENOMEM;
	check_blobs(place, &found);
	if (q->json)
		r = print_json(image, &found);
	else
		print_text(image, &found);
	if (r == 0 && found.bad > 0)
		r = err_set(err, -EBADMSG, "image %.12s: %zu of %zu %s %s not hold",
			    DIGEST_HEX(&image->id), found.bad, found.count,
			    image->manifest.member_count ? "layers and members"
			    : image->manifest.boot.id[0] ? "blobs"
							 : "layers",
			    found.bad == 1 ? "does" : "do");
	free(found.blobs);
	return r;
}

static int request_option(struct request *q, const struct cmd_line *line, int option,
			  struct err *err)
{
	switch (option) {
	case OPT_KEY:
		return input_add_key(&q->ring, line->value, err);
	case OPT_KEYRING:
		return input_keyring(&q->ring, line->value, err);
	case OPT_THRESHOLD:
		return cmd_number(line, option, 1, SIGNATURE_MAX_COUNT, &q->threshold,
				  err);
	case OPT_IMAGE:
		q->prefix = line->value;
		return 0;
	default:
		q->json = true;
		return 0;
	}
}

static int request_read(struct cmd_line *line, struct request *q, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		r = request_option(q, line, option, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 1, 1, err);
	if (r < 0)
		return r;
	q->place = line->argv[line->at];
	if (q->ring.count == 0)
		return cmd_usage(
			err, "verify: --key is missing: whose signature should hold?");
	return 0;
}

static int verify_run(struct cmd_line *line, struct err *err)
{
	struct request q = { .threshold = 1 };
	__place struct place place = PLACE_INIT;
	int r = request_read(line, &q, err);

	if (r < 0)
		return r;
	r = place_open(&place, q.place, q.prefix, err);
	if (r < 0)
		return r;
	r = verify(&q, &place, err);
	return r < 0 ? err_wrap(err, r, "%s", cmd_input_name(q.place)) : 0;
}

const struct cmd cmd_verify = {
	.name = "verify",
	.args = "STORE|BUNDLE --key FILE...",
	.help = "Check an image: signatures, sizes, digests and verity trees",
	.options = options,
	.run = verify_run,
};
