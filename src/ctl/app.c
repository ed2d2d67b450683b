/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/app.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "ctl/ctl.h"

static uint64_t number(const char *text, const char *key)
{
	char value[24];
	uint64_t n = 0;

	ctl_value(text, key, value, sizeof(value));
	(void)str_number(value, strlen(value), &n);
	return n;
}

bool app_parse(const char *text, struct app *ret_app)
{
	char status[16], confine[8];
	bool minus;
	uint64_t n;

	*ret_app = (struct app){ .pid = number(text, "pid"),
				 .members = number(text, "members"),
				 .since_ms = number(text, "since"),
				 .restarts = number(text, "restarts"),
				 .unshown = number(text, "unshown"),
				 .init_kib = number(text, "init") };
	ctl_value(text, "name", ret_app->name, sizeof(ret_app->name));
	ctl_value(text, "state", ret_app->state, sizeof(ret_app->state));
	ctl_value(text, "health", ret_app->health, sizeof(ret_app->health));
	ctl_value(text, "failure", ret_app->failure, sizeof(ret_app->failure));
	ctl_value(text, "confine", confine, sizeof(confine));
	ret_app->unconfined = strcmp(confine, "no") == 0;
	ctl_value(text, "status", status, sizeof(status));
	minus = status[0] == '-';
	ret_app->ended = str_number(status + minus, strlen(status + minus), &n) == 0;
	if (ret_app->ended)
		ret_app->status = minus ? -(int)n : (int)n;
	return ret_app->state[0] != '\0';
}

static uint64_t seconds(const struct app *app)
{
	uint64_t now_ms = clock_now_us() / 1000;

	return now_ms > app->since_ms ? (now_ms - app->since_ms) / 1000 : 0;
}

static void add_duration(struct out *out, uint64_t s)
{
	static const struct {
		unsigned int seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	/* two of the smaller one say more than one of the larger */
	while (s < 2 * (uint64_t)units[i].seconds && i < 3)
		i++;
	out_addf(out, "%" PRIu64 " %s", s / units[i].seconds, units[i].unit);
}

static void add_end(struct out *out, const struct app *app)
{
	int status = app->status;

	if (status < 0 && app->failure[0])
		out_add(out, ", not started: ");
	else if (status < 0)
		out_addf(out, ", not started: %s", err_reason(status));
	else if (WIFSIGNALED(status))
		out_addf(out, ", last killed by signal %d", WTERMSIG(status));
	else
		out_addf(out, ", last ended with status %d", WEXITSTATUS(status));
	if (status >= 0 && app->failure[0])
		out_add(out, ": ");
	out_clean(out, app->failure);
}

void app_text(struct out *out, const struct app *app)
{
	out_clean(out, app->state);
	out_add(out, " for ");
	add_duration(out, seconds(app));
	out_addf(out, ", %" PRIu64 " restart%s", app->restarts,
		 app->restarts == 1 ? "" : "s");
	if (app->health[0] && strcmp(app->health, "none") != 0) {
		out_add(out, ", ");
		out_clean(out, app->health);
	}
	if (app->unconfined)
		out_add(out, ", not confined");
	if (app->ended)
		add_end(out, app);
}

void app_json(struct out *out, const struct app *app)
{
	json_text(out, "state", app->state);
	json_number(out, "seconds", seconds(app));
	json_number(out, "restarts", app->restarts);
	json_text(out, "health", app->health);
	json_bool(out, "confined", !app->unconfined);
	if (!app->ended) {
		json_text(out, "lastEnd", NULL);
		return;
	}
	json_open(out, "lastEnd", '{');
	if (app->status < 0)
		json_text(out, "reason",
			  app->failure[0] ? app->failure : err_reason(app->status));
	else if (WIFSIGNALED(app->status))
		json_number(out, "signal", (uint64_t)WTERMSIG(app->status));
	else
		json_number(out, "status", (uint64_t)WEXITSTATUS(app->status));
	json_close(out, '}');
}
