/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/verdict.h"

#include "base/loop.h"
#include "init/pid1/console.h"
#include "init/trial/keeper.h"

static void give_up(struct verdict *verdict, const struct app *app,
		    enum record_reason reason)
{
	const struct command *command = verdict->command;

	verdict->blamed = app;
	/* what its check said last is what counts, whatever others' say from now on */
	check_tell(&app->check);
	for (size_t i = 0; i < command->count; i++)
		command->apps[i].check.told = true;
	console_say("image %.12s: given up: %s",
		    DIGEST_HEX(&command->end->stage->image->id),
		    record_reason_words(reason));
	command->end->fell = reason;
	command_down(command, END_REBOOT);
}

/* As many restarts as may help; then the device itself is to start anew. */
#define UNWELL 3

static void look_at_health(struct verdict *verdict, struct app *app)
{
	const struct command *command = verdict->command;
	enum manifest_unhealthy then = app->container.manifest->unhealthy;

	if (app->check.health.state == HEALTH_HEALTHY)
		app->unwell = 0;
	if (app->check.health.state != HEALTH_UNHEALTHY ||
	    command->end->how != END_NONE || app->member.state != MEMBER_RUNNING)
		return;
	if (keeper_tries(command->end->stage)) {
		give_up(verdict, app, RECORD_REASON_UNHEALTHY);
	} else if (then == MANIFEST_UNHEALTHY_REBOOT ||
		   (then == MANIFEST_UNHEALTHY_RESTART && app->unwell == UNWELL)) {
		console_say("%s: unhealthy: the device reboots", app->part->name);
		command_down(command, END_REBOOT);
	} else if (then == MANIFEST_UNHEALTHY_RESTART) {
		console_say("%s: unhealthy: starts again", app->part->name);
		app->unwell++;
		app_stop(app, true, loop_now_ms());
	}
}

/* What it means for the device that an application fails: back to the image before, as
 * long as this one is on trial. */
static void look_at_member(struct verdict *verdict, const struct app *app)
{
	const struct command *command = verdict->command;
	const struct stage *stage = command->end->stage;

	if (command->end->how != END_NONE)
		return;
	if (member_is_hopeless(&app->member) && keeper_tries(stage)) {
		give_up(verdict, app, RECORD_REASON_ENDED);
	} else if (app->member.state == MEMBER_EXHAUSTED &&
		   app->container.manifest->exhausted == MANIFEST_EXHAUSTED_REBOOT) {
		command_down(command, END_REBOOT);
	}
}

void verdict_on_app(struct verdict *verdict, struct app *app)
{
	look_at_member(verdict, app);
	look_at_health(verdict, app);
}
