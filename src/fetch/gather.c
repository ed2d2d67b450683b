/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/gather.h"

#include <errno.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/progress.h"
#include "fetch/transfer.h"

static void show(void *context, uint64_t bytes)
{
	progress_add(context, bytes);
}

static int get_blob(struct fetch *f, const struct workdir *w,
		    const struct installer_blob *blob, struct progress *progress,
		    struct err *err)
{
	struct part part = PART_INIT;
	struct transfer transfer = {
		.http = f->http,
		.auth = &f->auth,
		.part = &part,
		.pause_ms = f->options->pause_ms,
		.progress = show,
		.context = progress,
	};
	int r = f->front->locate(f, &blob->digest, blob->size_bytes, &transfer);

	if (r < 0)
		err_set(err, r, "the server has it as a delta only, of what isn't here");
	else
		r = part_open(&part, w->incoming, &blob->digest, blob->size_bytes, err);
	if (r == 0) {
		progress_begin(progress, "fetching", part.name, blob->size_bytes);
		progress_add(progress, part.have_bytes);
		r = transfer_run(&transfer, w->blobs, err);
		progress_end(progress);
	}
	part_done(&part);
	f->retry_after_s = transfer.retry_after_s;
	return r < 0 ? err_wrap(err, r, "sha256:%.12s", DIGEST_HEX(&blob->digest)) : 0;
}

static bool is_base(const struct fetch *f, const struct digest *digest)
{
	for (size_t i = 0; i < f->offer.base_count; i++)
		if (digest_equal(&f->offer.bases[i], digest))
			return true;
	return false;
}

/* The smallest delta that makes the layer of one that is there; false: the whole is less. */
static bool choose(const struct fetch *f, const struct installer_blob *blob,
		   struct deltas_line *ret_line)
{
	const char *at = f->image.deltas, *end = at + f->image.deltas_size;
	uint64_t least = blob->size_bytes;
	struct deltas_line line;

	while (deltas_next(&at, end, &line) > 0) {
		if (!digest_equal(&line.layer, &blob->digest) ||
		    line.size_bytes >= least || !is_base(f, &line.base))
			continue;
		least = line.size_bytes;
		*ret_line = line;
	}
	return least < blob->size_bytes;
}

static bool lacks(const struct workdir *w, const struct installer_blob *blob)
{
	return blob->lacks && !workdir_has(w, blob);
}

/* What is fetched: deltas take the place of layers. */
static void plan(struct fetch *f, const struct workdir *w)
{
	struct workdir_needs *needs = &f->needs;
	struct deltas_line line;

	needs->offer = &f->offer;
	needs->deltas_size = 0;
	f->want_count = 0;
	for (size_t i = 0; i < f->offer.count; i++) {
		struct installer_blob *want = &f->wants[f->want_count];

		*want = f->offer.blobs[i];
		if (!lacks(w, want))
			continue;
		f->want_count++;
		if (needs->deltas_size + DELTAS_LINE_SIZE > sizeof(needs->deltas) ||
		    !choose(f, want, &line))
			continue;
		needs->deltas_size +=
			(size_t)deltas_write(&line, needs->deltas + needs->deltas_size);
		want->digest = line.delta;
		want->size_bytes = line.size_bytes;
	}
}

static int get_blobs(struct fetch *f, const struct workdir *w, struct err *err)
{
	struct progress progress;
	int r = 0;

	progress_init(&progress);
	for (size_t i = 0; r == 0 && i < f->want_count; i++)
		if (!workdir_has(w, &f->wants[i]))
			r = get_blob(f, w, &f->wants[i], &progress, err);
	return r;
}

static int get_and_install(struct fetch *f, const struct workdir *w, struct err *err)
{
	int r;

	plan(f, w);
	r = workdir_keep(w, &f->needs, err);
	if (r == 0)
		r = get_blobs(f, w, err);
	return r < 0 ? r : installer_install(&f->options->installer, err);
}

int gather_image(struct fetch *f, const struct workdir *w, struct err *err)
{
	const struct installer *installer = &f->options->installer;
	int r = installer_check(installer, &f->offer, err);

	if (r < 0)
		return r;
	r = get_and_install(f, w, err);
	/* it was to be installed: may be that layers which the store has, by name and size, are no more what
	 * they were */
	if (r == -EPERM && installer_find_damage(installer, &f->offer, NULL) > 0) {
		cmd_note("layers of the store are damaged, and fetched anew");
		r = get_and_install(f, w, err);
	}
	return r == -EPERM && f->needs.deltas_size ? -EBADMSG : r;
}
