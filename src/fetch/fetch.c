/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "cli/progress.h"
#include "fetch/report.h"
#include "fetch/transfer.h"

/* What the clock can't be before: when this program was made, and when it wrote its state. */
static uint64_t floor_of(const char *dir)
{
	char path[4096];
	const char *const files[] = { "/proc/self/exe", path };
	uint64_t floor = 0;
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/lamina-fetch", dir);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (stat(files[i], &st) == 0 && st.st_mtime > 0 &&
		    (uint64_t)st.st_mtime > floor)
			floor = (uint64_t)st.st_mtime;
	return floor;
}

/* What libcurl would say of them names none of them. */
static int check_files(const struct http_options *o, struct err *err)
{
	const char *const files[] = { o->cacert, o->cert, o->key };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i] && access(files[i], R_OK) < 0)
			return err_errno(err, -errno, "%s", files[i]);
	return 0;
}

int fetch_init(struct fetch *f, const struct fetch_options *options, struct err *err)
{
	int r;

	f->options = options;
	r = origin_parse(options->source, &f->origin, err);
	if (r < 0)
		return err_wrap(err, r, "%.120s", options->source);
	f->front = f->origin.kind == ORIGIN_OCI ? &front_oci : &front_web;
	(void)snprintf(f->scope, sizeof(f->scope), "repository:%s:pull", f->origin.name);
	r = check_files(&options->http, err);
	if (r == 0)
		r = auth_read(&f->auth, f->origin.host, options->auth_file, err);
	if (r < 0)
		return r;
	f->http_options = options->http;
	f->http_options.home = f->origin.host;
	f->http_options.floor_s = floor_of(options->dir);
	f->http = http_new(&f->http_options, err);
	return f->http ? 0 : -ENOMEM;
}

void fetch_done(struct fetch *f)
{
	auth_done(&f->auth);
	http_free(f->http);
	f->http = NULL;
}

static bool is_known(const struct fetch *f, const struct workdir_state *state,
		     const char *version)
{
	return strcmp(state->source, f->options->source) == 0 &&
	       strcmp(state->version, version) == 0;
}

/* What is there of it, or what the server says; then the state says which it is. */
static int describe(struct fetch *f, const struct workdir *w, struct workdir_state *state,
		    const char *version, struct err *err)
{
	int r;

	if (is_known(f, state, version) && digest_is_set(&state->image) &&
	    workdir_read_image(w, &state->image, &f->image) == 0)
		return 0;
	r = f->front->describe(f, version, err);
	if (r == 0)
		r = workdir_put_image(w, &f->image, err);
	if (r < 0)
		return r;
	*state = (struct workdir_state){ .image = f->image.id };
	(void)snprintf(state->source, sizeof(state->source), "%s", f->options->source);
	(void)snprintf(state->version, sizeof(state->version), "%s", version);
	return workdir_write(w, state, err);
}

static void show(void *context, uint64_t bytes)
{
	progress_add(context, bytes);
}

static int get_blob(struct fetch *f, const struct workdir *w, const struct digest *digest,
		    uint64_t size_bytes, struct progress *progress, struct err *err)
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
	int r = f->front->locate(f, digest, size_bytes, &transfer);

	if (r < 0)
		err_set(err, r, "the server has it as a delta only, of what isn't here");
	else
		r = part_open(&part, w->incoming, digest, size_bytes, err);
	if (r == 0) {
		progress_begin(progress, "fetching", part.name, size_bytes);
		progress_add(progress, part.have_bytes);
		r = transfer_run(&transfer, w->blobs, err);
		progress_end(progress);
	}
	part_done(&part);
	f->retry_after_s = transfer.retry_after_s;
	return r < 0 ? err_wrap(err, r, "sha256:%.12s", DIGEST_HEX(digest)) : 0;
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

/* Which deltas take the place of which layers. */
static void plan(struct fetch *f, const struct workdir *w)
{
	struct workdir_needs *needs = &f->needs;
	struct deltas_line line;

	needs->offer = &f->offer;
	needs->deltas_size = 0;
	for (size_t i = 0; i < f->offer.count; i++)
		if (lacks(w, &f->offer.blobs[i]) &&
		    choose(f, &f->offer.blobs[i], &line) &&
		    needs->deltas_size + DELTAS_LINE_SIZE <= sizeof(needs->deltas))
			needs->deltas_size += (size_t)deltas_write(
				&line, needs->deltas + needs->deltas_size);
}

static int get_blobs(struct fetch *f, const struct workdir *w, struct err *err)
{
	struct progress progress;
	struct deltas_line line;
	int r = 0;

	progress_init(&progress);
	for (size_t i = 0; r == 0 && i < f->offer.count; i++) {
		struct installer_blob blob = f->offer.blobs[i];

		if (!lacks(w, &blob))
			continue;
		if (choose(f, &blob, &line)) {
			blob.digest = line.delta;
			blob.size_bytes = line.size_bytes;
		}
		if (!workdir_has(w, &blob))
			r = get_blob(f, w, &blob.digest, blob.size_bytes, &progress, err);
	}
	return r;
}

/* All that laminactl needs, and then it installs. */
static int gather(struct fetch *f, const struct workdir *w, struct err *err)
{
	int r = installer_check(&f->options->installer, &f->offer, err);

	if (r < 0)
		return r;
	plan(f, w);
	r = workdir_keep(w, &f->needs, err);
	if (r == 0)
		r = get_blobs(f, w, err);
	if (r < 0)
		return r;
	r = installer_install(&f->options->installer, err);
	return r == -EPERM && f->needs.deltas_size ? -EBADMSG : r;
}

/* It may be its program that reboots: what comes before is on the medium. */
static void tell(const struct fetch *f)
{
	pid_t pid;
	int status = 0;

	if (!f->options->on_installed)
		return;
	pid = fork();
	if (pid == 0) {
		if (setenv("LAMINA_IMAGE", DIGEST_HEX(&f->image.id), 1) == 0)
			(void)execl("/bin/sh", "sh", "-c", f->options->on_installed,
				    (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		cmd_note("--on-installed: the command failed");
}

static int install(struct fetch *f, const struct workdir *w, struct workdir_state *state,
		   struct err *err)
{
	int r = gather(f, w, err);

	/* whatever was wrong with it: a layer needs no delta */
	if (r == -EBADMSG) {
		cmd_note("%s: once more, without deltas", err ? err->text : "");
		f->image.deltas_size = 0;
		r = workdir_put_image(w, &f->image, err);
		if (r == 0)
			r = gather(f, w, err);
	}
	if (r < 0)
		return r;
	state->done = true;
	r = workdir_write(w, state, err);
	return r < 0 ? r : workdir_keep(w, NULL, err);
}

static int update(struct fetch *f, const struct workdir *w, struct err *err)
{
	struct workdir_state state;
	char version[WORKDIR_VERSION_SIZE];
	int r = workdir_read(w, &state, err);

	if (r == 0)
		r = f->front->look(f, version, err);
	if (r < 0)
		return err_wrap(err, r, "%.120s", f->options->source);
	if (state.done && is_known(f, &state, version))
		return 0;
	r = describe(f, w, &state, version, err);
	if (r == 0)
		r = install(f, w, &state, err);
	return r < 0 ? err_wrap(err, r, "%.120s", f->options->source) : 1;
}

int fetch_once(struct fetch *f, struct err *err)
{
	struct workdir w;
	int r = workdir_open(&w, f->options->dir, err);

	f->retry_after_s = 0;
	if (r == 0) {
		r = update(f, &w, err);
		if (f->options->report && r != -EAGAIN && r != -EBUSY)
			report_send(f, &w, r, r < 0 && err ? err->text : NULL);
	}
	workdir_done(&w);
	if (r == 1)
		tell(f);
	return r;
}
