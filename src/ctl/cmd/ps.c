/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "ctl/app.h"
#include "ctl/ask.h"

static const struct cmd_option options[] = {
	{ "json", 0, NULL, "print JSON" },
	{ 0 },
};

/* The options, which are --json alone, and the answer. */
static int ask(struct cmd_line *line, bool *ret_json, char ret_text[ASK_SIZE],
	       struct err *err)
{
	bool *const flags[] = { ret_json };
	int r = ctl_flags(line, flags, 1, err);

	*ret_json = r == 0 && *ret_json;
	return r < 0 ? r
		     : ask_word(ctl_of(line), line->cmd->name, line->argv[line->at],
				ret_text, err);
}

static void show_text(struct out *out, const struct app *app)
{
	out_clean(out, app->name);
	if (app->pid)
		out_addf(out, " (process %" PRIu64 ")", app->pid);
	out_add(out, ": ");
	app_text(out, app);
	out_add(out, "\n");
	if (app->unshown)
		out_addf(out,
			 "%" PRIu64 " bytes of its output the console did not take\n",
			 app->unshown);
}

static void show_json(struct out *out, const struct app *app)
{
	json_open(out, NULL, '{');
	json_text(out, "name", app->name);
	json_number(out, "pid", app->pid);
	app_json(out, app);
	json_number(out, "unshown", app->unshown);
	json_number(out, "initKib", app->init_kib);
	json_close(out, '}');
}

/* Of a set there are several, an empty line between two. */
static bool show_all(struct out *out, bool json, char *text)
{
	bool known = true;

	if (json)
		json_open(out, NULL, '[');
	for (char *next = text; next && known; text = next) {
		struct app app;

		next = strstr(text, "\n\n");
		if (next) {
			next[1] = '\0';
			next += 2;
		}
		known = app_parse(text, &app);
		if (known)
			(json ? show_json : show_text)(out, &app);
	}
	if (json)
		json_close(out, ']');
	return known;
}

static int ps_run(struct cmd_line *line, struct err *err)
{
	static char text[ASK_SIZE];
	bool json = false;
	struct out out;
	int r = ask(line, &json, text, err);

	if (r < 0)
		return r;
	out_init(&out, 1);
	if (!show_all(&out, json, text))
		return err_set(err, -EPROTO, "init's answer is none");
	return out_done(&out, err);
}

const struct cmd cmd_ps = {
	.name = "ps",
	.args = "[NAME]",
	.help = "How the applications are that init supervises",
	.options = options,
	.run = ps_run,
};

static int health_run(struct cmd_line *line, struct err *err)
{
	static char text[ASK_SIZE];
	char health[16], failures[24];
	bool json = false;
	uint64_t count = 0;
	const char *said;
	struct out out;
	int r = ask(line, &json, text, err);

	if (r < 0)
		return r;
	ctl_value(text, "health", health, sizeof(health));
	ctl_value(text, "failures", failures, sizeof(failures));
	said = strstr(text, "\nsaid=");
	said = said ? said + strlen("\nsaid=") : "";
	(void)str_number(failures, strlen(failures), &count);
	out_init(&out, 1);
	if (json) {
		json_open(&out, NULL, '{');
		json_text(&out, "health", health);
		json_number(&out, "failures", count);
		json_text(&out, "said", said);
		json_close(&out, '}');
	} else {
		out_clean(&out, health);
		if (strcmp(health, "none") == 0)
			out_add(&out, ": the image has no check of it");
		out_add(&out, "\n");
		for (const char *end; *said; said = end + (*end == '\n')) {
			struct err part = ERR_INIT;

			end = said + strcspn(said, "\n");
			(void)err_set(&part, 0, "%.*s", (int)(end - said), said);
			out_clean(&out, part.text);
			out_add(&out, "\n");
		}
	}
	return out_done(&out, err);
}

const struct cmd cmd_health = {
	.name = "health",
	.args = "[NAME]",
	.help = "What the last check of its health said",
	.options = options,
	.run = health_run,
};
