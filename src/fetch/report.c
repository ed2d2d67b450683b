/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/utf8.h"
#include "fetch/json.h"
#include "trust/sha256.h"

#define REPORTED "reported"
#define ANSWER_MOST 4096

/* What is worth a report when it changes; bytes free and seconds up are not. */
static const char *const telling[] = { "running",   "next",   "current", "previous",
				       "candidate", "failed", "state" };

static int key_of(json_t *report, struct digest *ret_key)
{
	const json_t *status = json_object_get(report, "status");
	json_t *key = json_object();
	char *text = NULL;
	int r = -ENOMEM;

	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
		(void)json_object_set(key, telling[i],
				      json_object_get(status, telling[i]));
	(void)json_object_set(key, "result", json_object_get(report, "result"));
	(void)json_object_set(key, "reason", json_object_get(report, "reason"));
	text = json_dumps(key, JSON_COMPACT | JSON_SORT_KEYS);
	if (text)
		r = sha256_of(text, strlen(text), ret_key);
	free(text);
	json_decref(key);
	return r;
}

static int post(struct fetch *f, const json_t *report, struct err *err)
{
	static struct http_answer answer;
	char *text = json_dumps(report, JSON_COMPACT);
	struct http_request request = { .url = f->options->report, .post = text };
	struct http_body body;
	int r;

	if (!text)
		return err_errno(err, -ENOMEM, "a report");
	http_into(&request, &body, ANSWER_MOST);
	r = http_do(f->http, &request, &answer, err);
	if (r == 0 && (answer.status < 200 || answer.status > 299))
		r = http_refusal(&answer, err);
	free(body.bytes);
	free(text);
	return r;
}

static int send(struct fetch *f, const struct workdir *w, json_t *report, struct err *err)
{
	char told[DIGEST_HEX_SIZE] = "";
	struct digest key;
	size_t size = 0;
	int r = key_of(report, &key);

	if (r < 0)
		return err_errno(err, r, "a report");
	if (workdir_get_text(w, REPORTED, told, sizeof(told) - 1, &size) == 0 &&
	    strcmp(told, DIGEST_HEX(&key)) == 0)
		return 0;
	r = post(f, report, err);
	if (r < 0)
		return r;
	r = workdir_put_text(w, REPORTED, DIGEST_HEX(&key), DIGEST_HEX_SIZE - 1);
	return r < 0 ? err_errno(err, r, REPORTED) : 0;
}

void report_send(struct fetch *f, const struct workdir *w, int r, const char *why)
{
	struct err err = ERR_INIT;
	json_t *status = installer_status(&f->options->installer, &err);
	char said[sizeof(err.text)] = "";
	__json json_t *report = NULL;

	if (!status) {
		cmd_note("--report: %s", err.text);
		return;
	}
	/* a server's words, which an error may have cut in the middle of a character */
	(void)snprintf(said, sizeof(said), "%s", why ? why : "");
	utf8_clean(said);
	report =
		json_pack("{s:s, s:s, s:s*, s:o}", "source", f->options->source, "result",
			  r == 1  ? "installed"
			  : r < 0 ? "refused"
				  : "unchanged",
			  "reason", why ? said : NULL, "status", status);
	if (!report)
		cmd_note("--report: no memory, or a text that isn't UTF-8");
	else if (send(f, w, report, &err) < 0)
		cmd_note("--report: %s", err.text);
}
