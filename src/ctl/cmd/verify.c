/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/facts.h"
#include "ctl/slots.h"
#include "install/scrub.h"
#include "store/images.h"
#include "store/judge.h"
#include "store/store.h"

static const struct cmd_option options[] = {
	{ "json", 0, NULL, "print JSON" },
	{ 0 },
};

struct verify {
	struct ctl *ctl;
	int store;
	struct record record;
	struct out out;
	struct progress progress;
	struct slots slots;
	bool json;
	size_t bad;
};

/* @what: "layer 2". @holds goes on behind the size where @r is 0. */
static void show_blob(struct verify *v, const char *what,
		      const struct manifest_blob *blob, const char *holds, int r,
		      const struct err *reason)
{
	char digest[7 + DIGEST_HEX_SIZE] = "sha256:", size[16];

	digest_hex(blob->digest, digest + 7);
	if (!v->json) {
		out_addf(&v->out, "%s %.19s: ", what, digest);
		out_clean(&v->out,
			  r < 0 ? reason->text : str_size(blob->size_bytes, size));
		out_addf(&v->out, "%s\n", r < 0 ? "" : holds);
		return;
	}
	json_open(&v->out, NULL, '{');
	json_text(&v->out, "digest", digest);
	json_number(&v->out, "size", blob->size_bytes);
	json_bool(&v->out, "holds", r == 0);
	if (r < 0)
		json_text(&v->out, "reason", reason->text);
	json_close(&v->out, '}');
}

static void show_progress(void *context, uint64_t size_bytes)
{
	progress_add(context, size_bytes);
}

/* The first one that is bad is the image's reason, if it had none. */
static void blame(struct facts *facts, int r, const struct manifest *manifest, size_t n,
		  const struct err *reason)
{
	if (r == 0 || facts->r < 0)
		return;
	facts->err = *reason;
	facts->r = judge_wrap_blob(&facts->err, r, manifest, n);
}

/* In the store, and where the record says that it is, on this device. */
static int check_boot(struct verify *v, const struct digest *image,
		      const struct manifest_blob *blob, struct err *err)
{
	enum boot_slot home =
		v->slots.loader.ops ? record_slot(&v->record, image) : BOOT_SLOT_NONE;
	__fd int fd = store_open_blob(v->store, blob->digest, blob->size_bytes, err);
	struct digest hash;
	int r = fd < 0 ? fd : sha256_of_fd(fd, blob->size_bytes, &hash);

	if (fd < 0)
		return fd;
	progress_add(&v->progress, blob->size_bytes);
	if (r < 0)
		return err_errno(err, r, "reading it");
	if (!digest_equal(&hash, blob->digest))
		return err_set(err, -EBADMSG, "its sha256 is not what its name says");
	r = home ? slots_holds(&v->slots, home, &v->ctl->manifest.boot, err) : 1;
	return r == 0  ? err_set(err, -EBADMSG, "boot slot %s has something else",
				 boot_slot_name(home))
	       : r < 0 ? r
		       : 0;
}

/* Members of a set were read when the facts were. */
static void check_blob(struct verify *v, struct facts *facts, size_t n,
		       const struct manifest_blob *blob)
{
	struct scrub scrub = { .progress = show_progress, .context = &v->progress };
	const struct manifest *manifest = &v->ctl->manifest;
	bool boot = manifest_blob_kind(manifest, n) == MANIFEST_BLOB_BOOT;
	char what[8 + BOOT_ID_SIZE];
	struct err err = ERR_INIT;
	int r = boot ? check_boot(v, &facts->id, blob, &err)
		     : scrub_layer(&scrub, v->store, &manifest->layers[n], &err);

	progress_end(&v->progress);
	if (boot)
		(void)snprintf(what, sizeof(what), "boot %s", manifest->boot.id);
	else
		(void)snprintf(what, sizeof(what), "layer %zu", n);
	show_blob(v, what, blob, boot ? ", its sha256 holds" : ", every block holds", r,
		  &err);
	blame(facts, r, manifest, n, &err);
}

static void check_blobs(struct verify *v, struct facts *facts)
{
	struct manifest_blob blob;

	if (v->json)
		json_open(&v->out, "checked", '[');
	for (size_t n = 0; manifest_blob(&v->ctl->manifest, n, &blob); n++)
		if (manifest_blob_kind(&v->ctl->manifest, n) != MANIFEST_BLOB_MEMBER)
			check_blob(v, facts, n, &blob);
	if (v->json)
		json_close(&v->out, ']');
}

/* What the facts say of an image comes first, then its layers: they are read whole even if
 * a boot would refuse the image for another reason. */
static void verify_image(struct verify *v, const struct digest *id)
{
	struct facts facts;

	facts_read(&v->ctl->settings, v->store, id, ctl_floor(v->ctl, &v->record),
		   &v->ctl->manifest, &facts);
	if (v->json) {
		json_open(&v->out, NULL, '{');
	} else {
		out_add(&v->out, "image ");
		facts_text(&v->out, &facts);
		out_add(&v->out, "\n");
	}
	if (facts.known) {
		progress_begin(&v->progress, "reading", facts.name, facts.size_bytes);
		check_blobs(v, &facts);
		progress_end(&v->progress);
	}
	if (v->json) {
		facts_json(&v->out, &facts);
		json_close(&v->out, '}');
	}
	v->bad += facts.r < 0;
}

/* @word is what the record calls an image, or how its id begins. */
static bool named(const struct verify *v, const char *word, const struct digest *id)
{
	const char *slot = ctl_slot_name(&v->record, id);

	return !word || (slot && strcmp(slot, word) == 0) ||
	       strncmp(DIGEST_HEX(id), word, strlen(word)) == 0;
}

static int verify_images(struct verify *v, const char *word, struct err *err)
{
	struct images images;
	struct digest id;
	size_t count = 0;
	int r;

	images_init(&images, v->store);
	out_init(&v->out, 1);
	progress_init(&v->progress);
	if (v->json)
		json_open(&v->out, NULL, '[');
	while ((r = images_next(&images, &id, err)) > 0) {
		if (!named(v, word, &id))
			continue;
		verify_image(v, &id);
		count++;
	}
	if (v->json)
		json_close(&v->out, ']');
	if (r < 0)
		return r;
	if (count == 0 && word)
		return err_set(err, -ENOENT, "no image '%s' in the store", word);
	r = out_done(&v->out, err);
	if (r == 0 && v->bad > 0)
		r = count == 1
			    ? err_set(err, -EBADMSG, "the image doesn't hold")
			    : err_set(err, -EBADMSG, "%zu of %zu images %s hold", v->bad,
				      count, v->bad == 1 ? "doesn't" : "don't");
	return r;
}

static int verify_run(struct cmd_line *line, struct err *err)
{
	static struct verify v;
	bool *const flags[] = { &v.json };
	int r = ctl_flags(line, flags, 1, err);
	__fd int store = -EBADF;

	v.ctl = ctl_of(line);
	if (r == 0)
		r = ctl_open(v.ctl, err);
	if (r == 0)
		r = ctl_read(v.ctl, &store, &v.record, err);
	if (r == 0)
		r = slots_open(v.ctl, &v.slots, err);
	v.store = store;
	return r < 0 ? r : verify_images(&v, line->argv[line->at], err);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.args = "[IMAGE]",
	.help = "Read every block of the images, or of one, and check it",
	.options = options,
	.run = verify_run,
};
