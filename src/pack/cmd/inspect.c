/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "cli/utf8.h"
#include "pack/cmd/inspect-boot.h"
#include "pack/cmd/inspect-members.h"
#include "pack/cmd/show-keys.h"
#include "pack/host/document.h"
#include "pack/image/input.h"
#include "pack/image/place.h"
#include "pack/image/superblock.h"

enum {
	OPT_KEY,
	OPT_KEYRING,
	OPT_IMAGE,
	OPT_JSON
};

static const struct cmd_option options[] = {
	{ "key", 'k', "FILE", "also tell whether this key's signature (PEM) holds" },
	{ "keyring", 0, "FILE", "the same for the keys of a keyring" },
	{ "image", 0, "ID", "which image, if the store holds several; may be shortened" },
	{ "json", 0, NULL, "print JSON" },
	{ 0 },
};

struct request {
	const char *place, *prefix;
	struct keyring ring;
	bool json;
};

/* 0 also when the layer is no squashfs, or isn't there: that is what is then shown. */
static int read_facts(const struct place *place, size_t n,
		      struct superblock_facts *ret_facts, struct err *err)
{
	uint8_t bytes[SUPERBLOCK_FACTS_SIZE];
	uint64_t offset;
	__fd int fd = place_open_blob(place, n, &offset, err);
	int r = fd < 0 ? fd : fd_pread_all(fd, bytes, sizeof(bytes), offset);

	if (fd >= 0 && r < 0)
		return err_errno(err, r, "reading it");
	return r < 0 ? r : superblock_facts_read(bytes, ret_facts, err);
}

static const char *signature_word(const struct image *image, size_t n,
				  const struct keyring *ring)
{
	if (ring->count == 0)
		return "not checked";
	switch (image_check_signature(image, n, ring)) {
	case 0:
		return "holds";
	case -ENOKEY:
		return "unknown key";
	default:
		return "does not hold";
	}
}

/* What a blob takes on a device, counted once. */
static uint64_t total_size(const struct image *image)
{
	struct manifest_blob blob;
	uint64_t total = 0;

	for (size_t n = 0; manifest_blob(&image->manifest, n, &blob); n++)
		if (!image_blob_again(image, n))
			total += blob.size_bytes;
	return total;
}

/* --- for people
 * -------------------------------------------------------------------------- */

static void print_head(const struct image *image, const struct keyring *ring)
{
	printf("  %-12s %s\n", "image", DIGEST_HEX(&image->id));
	for (size_t i = 0; i < image->signatures.count; i++)
		printf("  %-12s %s (%s)\n", i == 0 ? "signed by" : "",
		       image->signatures.lines[i].id, signature_word(image, i, ring));
	if (image->signatures.count == 0)
		printf("  %-12s nobody\n", "signed by");
}

static void print_layer(const struct place *place, size_t n)
{
	const struct manifest_layer *layer = &place->image->manifest.layers[n];
	char hex[DIGEST_HEX_SIZE], size[16], tree[16], block[16];
	struct superblock_facts facts;
	struct err err = ERR_INIT;

	digest_hex(&layer->blob, hex);
	printf("  layer %-6zu %s\n", n, hex);
	digest_hex(&layer->root, hex);
	printf("    root hash  %s\n", hex);
	printf("  %-12s %s, of which %s for dm-verity\n", "",
	       str_size(layer->size_bytes, size),
	       str_size(layer->size_bytes - layer->data_bytes, tree));
	if (read_facts(place, n, &facts, &err) < 0) {
		utf8_clean(err.text);
		printf("  %-12s %s\n", "", err.text);
	} else {
		printf("  %-12s squashfs, %s, %" PRIu32
		       " files and directories, blocks of %s\n",
		       "", facts.compression, facts.inodes,
		       str_size(facts.block_bytes, block));
	}
	inspect_members_print_owners(place, n);
}

static void print_text(const struct place *place, const struct keyring *ring)
{
	const struct image *image = place->image;
	char size[16];

	print_head(image, ring);
	show_keys(&image->manifest);
	inspect_members_print(place);
	for (size_t n = 0; n < image->manifest.layer_count; n++)
		print_layer(place, n);
	inspect_boot_print(place);
	printf("  %-12s %zu layer%s, %s\n", "total", image->manifest.layer_count,
	       image->manifest.layer_count == 1 ? "" : "s",
	       str_size(total_size(image), size));
}

/* --- for programs
 * ------------------------------------------------------------------------ */

static json_t *signatures_json(const struct image *image, const struct keyring *ring)
{
	json_t *list = json_array();

	for (size_t i = 0; i < image->signatures.count; i++)
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s}", "key", image->signatures.lines[i].id,
				  "state", signature_word(image, i, ring)));
	return list;
}

static json_t *layer_json(const struct place *place, size_t n)
{
	const struct manifest_layer *layer = &place->image->manifest.layers[n];
	struct err err = ERR_INIT;
	struct superblock_facts facts;
	json_t *json;

	json = json_pack(
		"{s:s+, s:I, s:I, s:s}", "digest", "sha256:", DIGEST_HEX(&layer->blob),
		"size", (json_int_t)layer->size_bytes, "data",
		(json_int_t)layer->data_bytes, "rootHash", DIGEST_HEX(&layer->root));
	if (read_facts(place, n, &facts, &err) < 0)
		(void)json_object_set_new(json, "problem", show_text_json(err.text));
	else
		(void)json_object_set_new(
			json, "squashfs",
			json_pack("{s:s, s:I, s:I, s:I, s:I}", "compression",
				  facts.compression, "inodes", (json_int_t)facts.inodes,
				  "blockSize", (json_int_t)facts.block_bytes, "used",
				  (json_int_t)facts.used_bytes, "time",
				  (json_int_t)facts.time));
	(void)inspect_members_json_owners(place, n, json);
	return json;
}

static json_t *layers_json(const struct place *place)
{
	json_t *list = json_array();

	for (size_t n = 0; n < place->image->manifest.layer_count; n++)
		(void)json_array_append_new(list, layer_json(place, n));
	return list;
}

static int print_json(const struct place *place, const struct keyring *ring)
{
	const struct image *image = place->image;
	json_t *json = json_pack("{s:s, s:o}", "image", DIGEST_HEX(&image->id),
				 "signatures", signatures_json(image, ring));
	int r = json ? show_keys_json(&image->manifest, json) : -ENOMEM;

	if (r == 0)
		r = inspect_members_json(place, json);
	if (r == 0)
		r = inspect_boot_json(place, json);
	if (r == 0)
		r = json_object_set_new(json, "layers", layers_json(place));
	if (r == 0)
		r = json_object_set_new(json, "size",
					json_integer((json_int_t)total_size(image)));
	if (r == 0)
		return document_print(json);
	json_decref(json);
	return -ENOMEM;
}

static int request_read(struct cmd_line *line, struct request *q, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		if (option == OPT_KEY)
			r = input_add_key(&q->ring, line->value, err);
		else if (option == OPT_KEYRING)
			r = input_keyring(&q->ring, line->value, err);
		else if (option == OPT_IMAGE)
			q->prefix = line->value;
		else
			q->json = true;
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 1, 1, err);
	if (r == 0)
		q->place = line->argv[line->at];
	return r;
}

static int inspect_run(struct cmd_line *line, struct err *err)
{
	struct request q = { .json = false };
	__place struct place place = PLACE_INIT;
	int r = request_read(line, &q, err);

	if (r == 0)
		r = place_open(&place, q.place, q.prefix, err);
	if (r < 0)
		return r;
	inspect_members_read(&place);
	if (q.json)
		return print_json(&place, &q.ring);
	print_text(&place, &q.ring);
	return 0;
}

const struct cmd cmd_inspect = {
	.name = "inspect",
	.args = "STORE|BUNDLE",
	.help = "Tell what an image holds, layer by layer, and who signed it",
	.options = options,
	.run = inspect_run,
};
