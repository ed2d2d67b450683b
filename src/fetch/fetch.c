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
#include "fetch/follow.h"
#include "fetch/gather.h"
#include "fetch/report.h"

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

static const struct front *const fronts[] = {
	[ORIGIN_OCI] = &front_oci,
	[ORIGIN_WEB] = &front_web,
#ifdef CONFIG_LAMINA_FETCH_HAWKBIT
	[ORIGIN_HAWKBIT] = &front_hawkbit,
#endif
};

int fetch_init(struct fetch *f, const struct fetch_options *options, struct err *err)
{
	int r;

	f->options = options;
	r = origin_parse(options->source, &f->origin, err);
	if (r < 0)
		return err_wrap(err, r, "%.120s", options->source);
	f->front = fronts[f->origin.kind];
	(void)snprintf(f->bundle, sizeof(f->bundle), "%s", f->origin.url);
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

/* What is there of it, or what the server says; then the state says which it is. @name is what the server calls
 * it, and @version that with the channel's word. */
static int describe(struct fetch *f, const struct workdir *w, struct workdir_state *state,
		    const char *name, const char *version, struct err *err)
{
	int r;

	if (is_known(f, state, version) && digest_is_set(&state->image) &&
	    workdir_read_image(w, &state->image, &f->image) == 0)
		return 0;
	r = f->front->describe(f, name, err);
	if (r == 0)
		r = workdir_put_image(w, &f->image, err);
	if (r < 0)
		return r;
	*state = (struct workdir_state){
		.image = f->image.id,
		.installed = state->installed,
	};
	(void)snprintf(state->source, sizeof(state->source), "%s", f->options->source);
	(void)snprintf(state->version, sizeof(state->version), "%s", version);
	return workdir_write(w, state, err);
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

/* 1: it is installed now; 0: it was before, by another name. */
static int install(struct fetch *f, const struct workdir *w, struct workdir_state *state,
		   struct err *err)
{
	bool again = digest_equal(&state->image, &state->installed);
	int r = again ? 0 : gather_image(f, w, err);

	/* whatever was wrong with it: a layer needs no delta */
	if (r == -EBADMSG) {
		cmd_note("%s: once more, without deltas", err ? err->text : "");
		f->image.deltas_size = 0;
		r = workdir_put_image(w, &f->image, err);
		if (r == 0)
			r = gather_image(f, w, err);
	}
	if (r < 0)
		return r;
	state->done = true;
	state->installed = state->image;
	r = workdir_write(w, state, err);
	if (r == 0)
		r = workdir_keep(w, NULL, err);
	return r < 0 ? r : !again;
}

/* 1: something was installed; 0: there is nothing new, or not yet for this device; -errno. */
static int look(struct fetch *f, const struct workdir *w, struct err *err)
{
	struct workdir_state state;
	char name[WORKDIR_VERSION_SIZE], version[WORKDIR_VERSION_SIZE];
	int r = workdir_read(w, &state, err);

	if (r == 0)
		r = f->front->look(f, name, err);
	if (r < 0 || !name[0])
		return r;
	(void)strcpy(version, name);
	r = follow_get(f, version, err);
	if (r < 0 || (state.done && is_known(f, &state, version)))
		return r;
	r = describe(f, w, &state, name, version, err);
	if (r == 0)
		r = f->options->channel ? follow_word(f, err) : 1;
	return r <= 0 ? r : install(f, w, &state, err);
}

static int update(struct fetch *f, const struct workdir *w, struct err *err)
{
	int r = look(f, w, err);

	return r < 0 ? err_wrap(err, r, "%.120s", f->options->source) : r;
}

/* To those who want to hear of it. */
static void say(struct fetch *f, const struct workdir *w, int r, const char *why)
{
	if (f->front->tell)
		f->front->tell(f, w, r, why);
	if (f->options->report)
		report_send(f, w, r, why);
}

/* Told once more after each failure, for the device may have started anew; that it went well, once. What
 * follows from another program at work is that one's. */
static void note(const struct fetch *f, const struct workdir *w, int r, const char *why)
{
	char told[sizeof(struct err)] = "";
	size_t size = 0;
	bool had =
		workdir_get_text(w, INSTALLER_FAILED, told, sizeof(told) - 1, &size) == 0;

	if (r < 0 && r != -EBUSY && why) {
		if (strcmp(told, why) != 0 &&
		    workdir_put_text(w, INSTALLER_FAILED, why, strlen(why)) < 0)
			return;
		installer_failed(&f->options->installer, true);
	} else if (r >= 0 && had) {
		installer_failed(&f->options->installer, false);
		(void)workdir_put_text(w, INSTALLER_FAILED, "", 0);
	}
}

int fetch_once(struct fetch *f, struct err *err)
{
	struct workdir w;
	int r = workdir_open(&w, f->options->dir, err);

	f->retry_after_s = 0;
	if (r == 0) {
		r = update(f, &w, err);
		note(f, &w, r, err ? err->text : NULL);
		if (r != -EAGAIN && r != -EBUSY)
			say(f, &w, r, r < 0 && err ? err->text : NULL);
	}
	workdir_done(&w);
	if (r == 1)
		tell(f);
	return r;
}
