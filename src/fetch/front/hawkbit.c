/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hawkBit, by its Direct Device Integration API: an action deploys one bundle, of which what lacks is fetched as from
 * any web server. What came of it is told at each look, from what laminactl says, so that a reboot
 * between forgets nothing. The API is spoken with its own server alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "fetch/fetch.h"
#include "fetch/json.h"
#include "fetch/transfer.h"

#define TOLD "told"
#define TOLD_SIZE (DDI_ID_SIZE + 32)
#define ANSWER_MOST 4096
#define ACCEPT "application/hal+json, application/json;q=0.9"

/* One request to the API. The caller frees the body's bytes, also after a failure. */
static int ask(struct fetch *f, struct http_request *request, struct http_body *ret_body,
	       size_t most, struct err *err)
{
	static struct http_answer answer;
	int r;

	request->accept = ACCEPT;
	http_into(request, ret_body, most);
	if (!origin_is_same(request->url, f->origin.host))
		return err_set(err, -EACCES, "names another server for its API: %.120s",
			       request->url);
	r = auth_do(&f->auth, f->http, request, "", &answer, err);
	f->retry_after_s = answer.retry_after_s;
	if (r == 0 && (answer.status < 200 || answer.status > 299))
		r = http_refusal(&answer, err);
	return r < 0 ? r : http_portal(&answer, err);
}

static int get_deployment(struct fetch *f, const char *url, struct err *err)
{
	struct http_request request = { .url = url };
	struct http_body body;
	int r = ask(f, &request, &body, DDI_MOST, err);

	if (r == 0)
		r = ddi_deployment_parse(body.bytes, body.size, &f->ddi.deployment, err);
	free(body.bytes);
	/* such an address would be followed without the TLS that was asked for */
	if (r == 0 && origin_is_private(f->origin.host) &&
	    !origin_is_private(f->ddi.deployment.url))
		r = err_set(err, -EACCES, "the bundle's address is one without TLS");
	return r;
}

/* What is looked at next: its address, and what tells it from any other. */
static int look_at_deployment(struct fetch *f, char ret_version[WORKDIR_VERSION_SIZE],
			      struct err *err)
{
	const struct ddi_deployment *d = &f->ddi.deployment;
	int r = get_deployment(f, f->ddi.base.deployment, err);

	if (d->id[0])
		(void)snprintf(f->ddi.version, sizeof(f->ddi.version),
			       "action %s %llu %s", d->id,
			       (unsigned long long)d->size_bytes, d->sha256);
	if (r < 0)
		return err_wrap(err, r, "deploymentBase");
	if (d->waits)
		return 0;
	(void)snprintf(f->bundle, sizeof(f->bundle), "%s", d->url);
	(void)snprintf(ret_version, WORKDIR_VERSION_SIZE, "%s", f->ddi.version);
	return 0;
}

static int look(struct fetch *f, char ret_version[WORKDIR_VERSION_SIZE], struct err *err)
{
	struct http_request request = { .url = f->origin.url };
	struct http_body body;
	int r;

	f->ddi = (struct fetch_ddi){ .version = "" };
	ret_version[0] = '\0';
	r = ask(f, &request, &body, DDI_MOST, err);
	if (r == 0)
		r = ddi_base_parse(body.bytes, body.size, &f->ddi.base, err);
	free(body.bytes);
	if (r < 0)
		return r == -EBADMSG ? -EAGAIN : r;
	f->interval_ms = f->ddi.base.sleep_ms;
	/* what is to be stopped isn't begun: tell() answers first */
	if (f->ddi.base.cancel[0] || !f->ddi.base.deployment[0])
		return 0;
	r = look_at_deployment(f, ret_version, err);
	return r == -EBADMSG ? -EAGAIN : r;
}

static int send(struct fetch *f, const char *url, json_t *json, bool put, struct err *err)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct http_request request = { .url = url, .post = text, .put = put };
	struct http_body body;
	int r;

	json_decref(json);
	if (!text)
		return err_errno(err, -ENOMEM, "feedback");
	r = ask(f, &request, &body, ANSWER_MOST, err);
	free(body.bytes);
	free(text);
	return r;
}

/* @link is the action's, whose feedback is one step below. */
static int feed_back(struct fetch *f, const char *link, const char *id,
		     const struct ddi_word *word, struct err *err)
{
	char url[ORIGIN_URL_SIZE + 16];
	int r;

	(void)snprintf(url, sizeof(url), "%.*s/feedback", (int)strcspn(link, "?#"), link);
	r = send(f, url, ddi_feedback(id, word), false, err);
	/* the server has closed the action by itself, and wants to hear nothing of it */
	return r == -ENOENT ? 0 : r;
}

static int describe(struct fetch *f, const char *version, struct err *err)
{
	const struct ddi_word word = { "proceeding", "none", "fetching what lacks" };
	struct err unheard = ERR_INIT;

	if (feed_back(f, f->ddi.base.deployment, f->ddi.deployment.id, &word, &unheard) <
	    0)
		cmd_note("feedback: %s", unheard.text);
	return front_web.describe(f, version, err);
}

static int locate(struct fetch *f, const struct digest *digest, uint64_t size_bytes,
		  struct transfer *transfer)
{
	int r = front_web.locate(f, digest, size_bytes, transfer);

	transfer->file_bytes = f->ddi.deployment.size_bytes;
	return r;
}

/* Is @status' image @slot that one? */
static bool is_in(const json_t *status, const char *slot, const struct digest *image)
{
	const char *id = fetch_json_text(fetch_json_object(status, slot), "id");

	return id && strcmp(id, DIGEST_HEX(image)) == 0;
}

static struct ddi_word failed_word(const json_t *status, struct err *words)
{
	const json_t *failed = fetch_json_object(status, "failed");
	const char *reason = fetch_json_text(failed, "reason"),
		   *why = fetch_json_text(failed, "why");

	(void)err_set(words, 0, "it fell, and the device is back: %s%s%s",
		      reason ? reason : "", why ? ": " : "", why ? why : "");
	return (struct ddi_word){ "closed", "failure", words->text };
}

/* What became of an action: in its execution NULL where nothing is to be told. */
static struct ddi_word outcome(const struct workdir_state *state, const json_t *status,
			       int r, const char *why, struct err *words)
{
	bool known = digest_is_set(&state->image);

	if (known && is_in(status, "current", &state->image))
		return (struct ddi_word){ "closed", "success",
					  "it is the current image" };
	if (known && is_in(status, "candidate", &state->image))
		return (struct ddi_word){ "proceeding", "none",
					  "installed: it is current when a boot of it "
					  "was confirmed" };
	if (known && is_in(status, "failed", &state->image))
		return failed_word(status, words);
	if (r < 0 && r != -EAGAIN && r != -EBUSY)
		return (struct ddi_word){ "closed", "failure", why ? why : "refused" };
	if (known && state->done)
		return (struct ddi_word){ "closed", "failure",
					  "it was installed, and given up for another" };
	return (struct ddi_word){ NULL, NULL, NULL };
}

/* Each word once. 1: told; 0: it was told before. */
static int tell_once(struct fetch *f, const struct workdir *w,
		     const struct ddi_word *word, struct err *err)
{
	const char *id = f->ddi.deployment.id;
	char told[TOLD_SIZE], now[TOLD_SIZE];
	size_t size = 0;
	int r;

	(void)snprintf(now, sizeof(now), "%s %s %s", id, word->execution, word->finished);
	if (workdir_get_text(w, TOLD, told, sizeof(told) - 1, &size) == 0 &&
	    size == strlen(now) && memcmp(told, now, size) == 0)
		return 0;
	r = feed_back(f, f->ddi.base.deployment, id, word, err);
	if (r == 0)
		r = workdir_put_text(w, TOLD, now, strlen(now));
	return r < 0 ? r : 1;
}

/* For the lists of the server's users. */
static int tell_config(struct fetch *f, const json_t *status, struct err *err)
{
	const json_t *current = fetch_json_object(status, "current");
	const char *url = f->ddi.base.config;
	uint64_t serial = 0;
	char text[24];

	if (!url[0])
		return 0;
	(void)fetch_json_number(current, "serial", &serial);
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)serial);
	return send(f, url,
		    json_pack("{s:s, s:{s:s*, s:s*, s:s*, s:s, s:s*}}", "mode", "merge",
			      "data", "image", fetch_json_text(current, "id"), "name",
			      fetch_json_text(current, "name"), "version",
			      fetch_json_text(current, "version"), "serial", text,
			      "state", fetch_json_text(status, "state")),
		    true, err);
}

/* An action that was only begun is forgotten; one that is installed is the device's own by now. */
static int cancel(struct fetch *f, const struct workdir *w, struct workdir_state *state,
		  struct err *err)
{
	const char *url = f->ddi.base.cancel;
	struct http_request request = { .url = url };
	char id[DDI_ID_SIZE], prefix[DDI_ID_SIZE + 16];
	struct ddi_word word = { "closed", "success", "given up" };
	struct http_body body;
	int r = ask(f, &request, &body, DDI_MOST, err);

	if (r == 0)
		r = ddi_cancel_parse(body.bytes, body.size, id, err);
	free(body.bytes);
	if (r < 0)
		return r;
	(void)snprintf(prefix, sizeof(prefix), "action %s ", id);
	if (strncmp(state->version, prefix, strlen(prefix)) == 0 && state->done) {
		word = (struct ddi_word){ "rejected", "none", "it is installed" };
	} else if (strncmp(state->version, prefix, strlen(prefix)) == 0) {
		*state = (struct workdir_state){ .installed = state->installed };
		r = workdir_write(w, state, err);
		if (r == 0)
			r = workdir_keep(w, NULL, err);
	}
	return r < 0 ? r : feed_back(f, url, id, &word, err);
}

/* What is to be told of this look. */
static int tell_all(struct fetch *f, const struct workdir *w, int r, const char *why,
		    struct err *err)
{
	__json json_t *status = installer_status(&f->options->installer, err);
	struct workdir_state state;
	struct ddi_word word;
	struct err words;

	if (!status)
		return -EAGAIN;
	if (workdir_read(w, &state, err) < 0)
		return -EIO;
	if (f->ddi.base.cancel[0])
		return cancel(f, w, &state, err);
	/* what is there is of another action */
	if (strncmp(state.version, f->ddi.version, strlen(f->ddi.version)) != 0)
		state = (struct workdir_state){ .source = "" };
	word = outcome(&state, status, r, why, &words);
	if (f->ddi.version[0] && word.execution) {
		r = tell_once(f, w, &word, err);
		if (r < 0)
			return r;
	}
	return tell_config(f, status, err);
}

static void tell(struct fetch *f, const struct workdir *w, int r, const char *why)
{
	struct err err = ERR_INIT;

	if (tell_all(f, w, r, why, &err) < 0)
		cmd_note("feedback: %s", err.text);
}

const struct front front_hawkbit = {
	.look = look,
	.describe = describe,
	.locate = locate,
	.tell = tell,
};
