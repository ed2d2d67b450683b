/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/reboot.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/loop.h"
#include "base/page.h"
#include "base/sys.h"
#include "init/pid1/console.h"
#include "init/report.h"
#include "init/run.h"
#include "init/supervise/app.h"
#include "init/supervise/command.h"
#include "init/supervise/control.h"
#include "init/supervise/end.h"
#include "init/supervise/host.h"
#include "init/supervise/network.h"
#include "init/timeline.h"
#include "init/trial/keeper.h"

#define MOST_FEED_MS 10000
#define BOOT_STACK 131072 /* as deep as it may have been */

struct supervise {
	struct loop loop;
	struct app app;
	struct network network;
	struct end end;
	struct command command;
	struct control control;
	enum member_state told; /* and of which start */
	enum health_state told_health;
	uint64_t told_starts;
	uint64_t feed_ms; /* when the watchdog is due again */
};

/* All that have ended: the signals of several deaths may have become one. */
static void reap(struct supervise *supervise)
{
	uint64_t now_ms = loop_now_ms();
	int status;
	pid_t pid;

	while ((pid = sys_waitpid(-1, &status, WNOHANG)) > 0) {
		keeper_ended(pid);
		if (!app_ended(&supervise->app, pid, status, now_ms) &&
		    !network_ended(&supervise->network, pid, now_ms) &&
		    !control_ended(&supervise->control, pid, status))
			(void)end_ended(&supervise->end, pid);
	}
}

static void take_signals(void *context, int fd)
{
	struct supervise *supervise = context;
	int signal;

	while ((signal = loop_next_signal(fd)) > 0) {
		if (signal == SIGCHLD)
			reap(supervise);
		else if (signal == SIGPWR || signal == SIGUSR2)
			command_down(&supervise->command, END_POWEROFF);
		else if (signal == SIGTERM || signal == SIGINT)
			command_down(&supervise->command, END_REBOOT);
	}
}

static void give_up(struct supervise *supervise, enum record_reason reason)
{
	console_say("image %.12s: given up: %s", supervise->end.stage->image->id,
		    record_reason_words(reason));
	supervise->end.fell = reason;
	command_down(&supervise->command, END_REBOOT);
}

/* As many restarts as may help; then the device itself is to start anew. */
#define UNWELL 3

static void look_at_health(struct supervise *supervise)
{
	struct app *app = &supervise->app;
	enum manifest_unhealthy then = app->container.manifest->unhealthy;

	if (app->check.health.state == HEALTH_HEALTHY)
		app->unwell = 0;
	if (app->check.health.state != HEALTH_UNHEALTHY ||
	    supervise->end.how != END_NONE || app->member.state != MEMBER_RUNNING)
		return;
	if (keeper_tries(supervise->end.stage)) {
		give_up(supervise, RECORD_REASON_UNHEALTHY);
	} else if (then == MANIFEST_UNHEALTHY_REBOOT ||
		   (then == MANIFEST_UNHEALTHY_RESTART && app->unwell == UNWELL)) {
		console_say("%s: unhealthy: the device reboots",
			    app->container.manifest->name);
		command_down(&supervise->command, END_REBOOT);
	} else if (then == MANIFEST_UNHEALTHY_RESTART) {
		console_say("%s: unhealthy: starts again", app->container.manifest->name);
		app->unwell++;
		app_stop(app, true, loop_now_ms());
	}
}

/* What it means for the device that the application fails: back to the image before, as
 * long as this one is on trial. */
static void look_at_member(struct supervise *supervise)
{
	const struct app *app = &supervise->app;
	const struct stage *stage = supervise->end.stage;

	if (supervise->end.how != END_NONE)
		return;
	if (member_is_hopeless(&app->member) && keeper_tries(stage)) {
		give_up(supervise, RECORD_REASON_ENDED);
	} else if (app->member.state == MEMBER_EXHAUSTED &&
		   app->container.manifest->exhausted == MANIFEST_EXHAUSTED_REBOOT) {
		command_down(&supervise->command, END_REBOOT);
	}
}

/* For those who look from outside, and for the keeper. */
static void tell(struct supervise *supervise, uint64_t now_ms)
{
	const struct member *member = &supervise->app.member;

	const struct health *health = &supervise->app.check.health;

	if (supervise->told == member->state && supervise->told_health == health->state &&
	    supervise->told_starts == member->restart.count)
		return;
	supervise->told = member->state;
	supervise->told_health = health->state;
	supervise->told_starts = member->restart.count;
	(void)report_app(supervise->end.stage->run, supervise->app.pid, member, health,
			 now_ms);
}

/* By the loop itself: one that stalls is reset. A candidate that is not confirmed in its
 * time is, too; one that is unhealthy is not: that has its own ways. */
static void feed(struct supervise *supervise, uint64_t now_ms)
{
	const struct stage *stage = supervise->end.stage;
	bool confirmed = keeper_is_confirmed(stage);
	uint64_t every_ms = (uint64_t)stage->watch.timeout_s * 250;

	if (stage->watch.fd < 0) {
		supervise->feed_ms = UINT64_MAX;
	} else if (now_ms >= supervise->feed_ms) {
		if (every_ms > MOST_FEED_MS)
			every_ms = MOST_FEED_MS;
		/* when it is confirmed there may not be much time left */
		if (!confirmed && every_ms > 1000)
			every_ms = 1000;
		watch_feed(&stage->watch, confirmed);
		supervise->feed_ms = now_ms + every_ms;
	}
}

static void turn(struct supervise *supervise)
{
	struct app *app = &supervise->app;
	uint64_t now_ms = loop_now_ms(), next_ms;

	network_turn(&supervise->network, now_ms);
	if (supervise->network.ready)
		member_hurry(&app->member, now_ms);
	app_turn(app, now_ms);
	look_at_member(supervise);
	look_at_health(supervise);
	tell(supervise, now_ms);
	feed(supervise, now_ms);
	if (supervise->end.how != END_NONE && !member_lives(&app->member))
		end_turn(&supervise->end, now_ms);
	else if (now_ms >= supervise->end.deadline_ms && supervise->end.how != END_NONE)
		end_now(&supervise->end);
	next_ms = app_next(app);
	if (network_next(&supervise->network) < next_ms)
		next_ms = network_next(&supervise->network);
	if (end_next(&supervise->end) < next_ms)
		next_ms = end_next(&supervise->end);
	if (supervise->feed_ms < next_ms)
		next_ms = supervise->feed_ms;
	(void)loop_turn(&supervise->loop, next_ms);
}

/* SIGPWR and SIGUSR2 power off, as they do to other inits. */
static int wait_for_signals(struct supervise *supervise, struct err *err)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGINT,  SIGPWR, SIGUSR1,
				       SIGUSR2, SIGHUP,	 SIGPIPE, SIGQUIT };
	__fd int fd = loop_signals(signals, sizeof(signals) / sizeof(signals[0]), err);
	int r;

	if (fd < 0)
		return fd;
	r = loop_add(&supervise->loop, fd, take_signals, supervise);
	if (r < 0)
		return err_errno(err, r, "signals");
	(void)TAKE_FD(fd);
	/* Ctrl-Alt-Del is a SIGINT from now on, not a reset */
	(void)sys_reboot(RB_DISABLE_CAD);
	return 0;
}

/* The stack and the store are in use by their mounts alone. */
static void close_stage(struct stage *stage)
{
	fd_close(fd_take(&stage->cwd));
	fd_close(fd_take(&stage->root));
	fd_close(fd_take(&stage->initramfs));
	fd_close(fd_take(&stage->store));
	fd_close(fd_take(&stage->factory));
}

/* Inside, what its image asks for is shown under the name that it has here. */
static int listen_for_people(struct supervise *supervise, struct err *err)
{
	const struct manifest *manifest = supervise->app.container.manifest;
	int r;

	supervise->command =
		(struct command){ .app = &supervise->app, .end = &supervise->end };
	control_init(&supervise->control, &supervise->loop, command_answer,
		     &supervise->command);
	r = control_listen(&supervise->control, APP_CONTROL, true, err);
	if (r == 0 && manifest->control == MANIFEST_CONTROL_STATUS)
		r = control_listen(&supervise->control, APP_CONTROL_STATUS, false, err);
	return r;
}

/* What the boot alone used. Of the code it is no use: the kernel maps 16 pages of a file at a
 * time, and so all of it again. */
static void give_back(const struct manifest *manifest)
{
	uintptr_t stack = (uintptr_t)__builtin_frame_address(0);

	page_give_back(manifest->layers, sizeof(manifest->layers));
	/* no more than a page below here is in use now */
	page_give_back((const void *)(stack - BOOT_STACK), BOOT_STACK - 4096);
}

static int prepare(struct supervise *supervise, struct stage *stage, struct err *err)
{
	uint64_t start_us = clock_now_us();
	int r;

	supervise->loop.count = 0;
	supervise->end = (struct end){ .stage = stage };
	supervise->feed_ms = 0;
	host_prepare();
	network_init(&supervise->network, stage, &supervise->loop);
	r = keeper_start(stage, err);
	if (r == 0)
		r = app_init(&supervise->app, stage, &supervise->network,
			     &supervise->loop, err);
	if (r == 0)
		r = listen_for_people(supervise, err);
	if (r == 0)
		r = wait_for_signals(supervise, err);
	if (r < 0)
		return r;
	close_stage(stage);
	timeline_add(start_us, "supervise");
	r = timeline_write(stage->run);
	if (r < 0)
		console_say(STAGE_RUN "/boot: %s", err_reason(r));
	run_announce(stage);
	/* from here on a console that takes nothing loses words, and holds nobody */
	(void)sys_fcntl(2, F_SETFL, O_RDWR | O_NONBLOCK);
	give_back(&stage->image->manifest);
	return 0;
}

int supervise_run(struct stage *stage, struct err *err)
{
	static struct supervise supervise;
	int r = prepare(&supervise, stage, err);

	if (r < 0) {
		keeper_end();
		return r;
	}
	for (;;)
		turn(&supervise);
}
