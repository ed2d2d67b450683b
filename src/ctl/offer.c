/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/offer.h"

#include "base/fd.h"
#include "block/ubi.h"
#include "ctl/out.h"

static bool has(int store, const struct digest *digest, uint64_t size_bytes)
{
	__fd int fd = store_open_blob(store, digest, size_bytes, NULL);

	return fd >= 0;
}

/* A delta starts from a file alone. */
static bool is_base(int store, const struct digest *digest, uint64_t size_bytes)
{
	__fd int fd = store_open_blob(store, digest, size_bytes, NULL);

	return fd >= 0 && ubi_is_volume(fd) == 0;
}

static void blob_json(struct out *out, const struct digest *digest, uint64_t size_bytes,
		      const char *where)
{
	json_open(out, NULL, '{');
	json_text(out, "digest", DIGEST_HEX(digest));
	json_number(out, "size", size_bytes);
	json_text(out, "where", where);
	json_close(out, '}');
}

/* The layers of image @id: what a delta can start from. */
static void bases_json(struct out *out, const struct ctl *ctl, int store,
		       const struct digest *id)
{
	static struct manifest base;
	const struct settings *settings = &ctl->settings;

	if (store_load_image(store, id, &settings->keyring, settings->policy.threshold,
			     &base, NULL, NULL) < 0)
		return;
	for (size_t i = 0; i < base.layer_count; i++) {
		const struct manifest_layer *layer = &base.layers[i];

		if (is_base(store, &layer->blob, layer->size_bytes))
			blob_json(out, &layer->blob, layer->size_bytes, "store");
	}
}

static void image_json(struct out *out, const struct ctl *ctl,
		       const struct change *change)
{
	const struct install *install = &ctl->install;
	const struct manifest *manifest = &install->manifest;
	struct manifest_blob blob;

	json_text(out, "name", manifest->name);
	json_number(out, "serial", manifest->serial);
	json_text(out, "slot", ctl_slot_name(change->record, &install->id));
	json_open(out, "blobs", '[');
	for (size_t i = 0; manifest_blob(manifest, i, &blob); i++)
		blob_json(out, blob.digest, blob.size_bytes,
			  has(change->store, blob.digest, blob.size_bytes) ? "store"
			  : install->from.absent[i]			   ? NULL
									   : "source");
	json_close(out, ']');
	json_open(out, "bases", '[');
	bases_json(out, ctl, change->store, &change->record->current);
	bases_json(out, ctl, change->store, &change->record->previous);
	json_close(out, ']');
}

int offer_json(struct ctl *ctl, const struct change *change, int r, struct err *err)
{
	struct out out;
	int told;

	out_init(&out, 1);
	json_open(&out, NULL, '{');
	json_text(&out, "id", DIGEST_HEX(&ctl->install.id));
	json_bool(&out, "holds", r == 0);
	if (r < 0)
		json_text(&out, "reason", err->text);
	/* what is not for this device has no more to say */
	if (ctl->install.total_bytes)
		image_json(&out, ctl, change);
	json_close(&out, '}');
	told = out_done(&out, r < 0 ? NULL : err);
	return r < 0 ? r : told;
}
