/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/facts.h"
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
	bool json;
	size_t bad;
};

static void show_layer(struct verify *v, size_t n, const struct err *reason, int r)
{
	const struct manifest_layer *layer = &v->ctl->manifest.layers[n];
	char digest[7 + DIGEST_HEX_SIZE] = "sha256:", size[16];

	digest_hex(&layer->blob, digest + 7);
	if (!v->json) {
		out_addf(&v->out, "layer %zu %.19s: ", n, digest);
		out_clean(&v->out,
			  r < 0 ? reason->text : str_size(layer->size_bytes, size));
		out_add(&v->out, r < 0 ? "\n" : ", every block holds\n");
		return;
	}
	json_open(&v->out, NULL, '{');
	json_text(&v->out, "digest", digest);
	json_number(&v->out, "size", layer->size_bytes);
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

static void check_layers(struct verify *v, struct facts *facts)
{
	const struct manifest *manifest = &v->ctl->manifest;
	struct scrub scrub = { .progress = show_progress, .context = &v->progress };

	if (v->json)
		json_open(&v->out, "checked", '[');
	for (size_t n = 0; n < manifest->layer_count; n++) {
		struct err err = ERR_INIT;
		int r = scrub_layer(&scrub, v->store, &manifest->layers[n], &err);

		progress_end(&v->progress);
		show_layer(v, n, &err, r);
		blame(facts, r, manifest, n, &err);
	}
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
		check_layers(v, &facts);
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
