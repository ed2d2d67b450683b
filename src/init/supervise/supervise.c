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
#include "base/str.h"
#include "base/sys.h"
#include "format/set.h"
#include "init/pid1/console.h"
#include "init/report.h"
#include "init/run.h"
#include "init/supervise/app.h"
#include "init/supervise/command.h"
#include "init/supervise/control.h"
#include "init/supervise/end.h"
#include "init/supervise/host.h"
#include "init/supervise/leave.h"
#include "init/supervise/network.h"
#include "init/supervise/saver.h"
#include "init/supervise/verdict.h"
#include "init/timeline.h"
#include "init/trial/keeper.h"

#define MOST_FEED_MS 10000

struct supervise {
	struct loop loop;
	size_t count;
	char hosts[FILES_HOSTS_SIZE]; /* lines of /etc/hosts that name a set's members */
	struct network network;
	struct end end;
	struct command command;
	struct verdict verdict;
	struct control control;
	uint64_t feed_ms; /* when the watchdog is due again */
	struct app apps[STAGE_PARTS];
};

static bool app_of_any_ended(struct supervise *supervise, pid_t pid, int status,
			     uint64_t now_ms)
{
	for (size_t i = 0; i < supervise->count; i++) {
		if (app_ended(&supervise->apps[i], pid, status, now_ms))
			return true;
	}
	return false;
}

/* All that have ended: the signals of several deaths may have become one. */
static void reap(struct supervise *supervise)
{
	uint64_t now_ms = loop_now_ms();
	int status;
	pid_t pid;

	while ((pid = sys_waitpid(-1, &status, WNOHANG)) > 0) {
		keeper_ended(pid);
		if (!app_of_any_ended(supervise, pid, status, now_ms) &&
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

/* For those who look from outside, and for the keeper. Whether there was news. */
static bool tell(struct supervise *supervise, uint64_t now_ms)
{
	struct report_app apps[STAGE_PARTS];
	size_t blamed = supervise->count;
	bool new = false;

	for (size_t i = 0; i < supervise->count; i++) {
		struct app *app = &supervise->apps[i];

		new = app_is_news(app) || new;
		apps[i] = (struct report_app){ .name = app->part->name,
					       .pid = app->pid,
					       .member = &app->member,
					       .health = &app->check.health };
		if (app == supervise->verdict.blamed)
			blamed = i;
	}
	if (new)
		(void)report_apps(supervise->end.stage->run, apps, supervise->count,
				  blamed, now_ms);
	return new;
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

static void take_down(struct supervise *supervise, uint64_t now_ms)
{
	struct end *end = &supervise->end;

	if (end->how == END_NONE)
		return;
	command_stop(&supervise->command, now_ms);
	if (!command_any_lives(&supervise->command) || now_ms >= end->deadline_ms)
		end_turn(end, now_ms);
}

static uint64_t sooner(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

static uint64_t next(const struct supervise *supervise)
{
	uint64_t next_ms =
		sooner(network_next(&supervise->network), end_next(&supervise->end));

	for (size_t i = 0; i < supervise->count; i++)
		next_ms = sooner(app_next(&supervise->apps[i]), next_ms);
	return sooner(supervise->feed_ms, next_ms);
}

/* What member @index needs of the network, and of others. */
static bool has_its_needs(const struct supervise *supervise, size_t index)
{
	const struct stage *stage = supervise->end.stage;
	const struct manifest *set = &stage->image->manifest;
	struct set_need need;

	if (stage->parts[index].manifest->need_count > 0 && !supervise->network.ready)
		return false;
	for (size_t i = 0; stage_is_set(stage) && i < set->need_count; i++) {
		(void)set_need(set, i, &need);
		if (need.who == index &&
		    !app_has_come(&supervise->apps[need.on], need.how))
			return false;
	}
	return true;
}

static void turn(struct supervise *supervise)
{
	uint64_t now_ms = loop_now_ms();

	network_turn(&supervise->network, now_ms);
	for (size_t i = 0; i < supervise->count; i++) {
		struct app *app = &supervise->apps[i];

		if (app->member.needs && has_its_needs(supervise, i))
			member_hurry(&app->member, now_ms);
		app_turn(app, now_ms);
	}
	for (size_t i = 0; i < supervise->count; i++)
		verdict_on_app(&supervise->verdict, &supervise->apps[i]);
	if (tell(supervise, now_ms) || control_was_asked(&supervise->control))
		leave_pages();
	feed(supervise, now_ms);
	take_down(supervise, now_ms);
	(void)loop_turn(&supervise->loop, next(supervise));
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

/* Inside, what an image asks for is shown under the name that it has here. */
static int listen_for_people(struct supervise *supervise, struct err *err)
{
	bool status = false;
	int r;

	for (size_t i = 0; i < supervise->count; i++)
		status = status || supervise->apps[i].part->manifest->control ==
					   MANIFEST_CONTROL_STATUS;
	supervise->command = (struct command){ .apps = supervise->apps,
					       .count = supervise->count,
					       .end = &supervise->end };
	supervise->verdict = (struct verdict){ .command = &supervise->command };
	control_init(&supervise->control, &supervise->loop, command_answer,
		     &supervise->command);
	r = control_listen(&supervise->control, APP_CONTROL, true, err);
	if (r == 0 && status)
		r = control_listen(&supervise->control, APP_CONTROL_STATUS, false, err);
	return r;
}

/* They share the network, but for one that has none: each finds the others by name, here. */
static void name_members(struct supervise *supervise, const struct stage *stage)
{
	struct str text;

	str_init(&text, supervise->hosts, sizeof(supervise->hosts));
	for (size_t i = 0; stage_is_set(stage) && i < stage->part_count; i++) {
		if (!stage->parts[i].manifest->network)
			str_addf(&text, "127.0.0.1\t%s\n", stage->parts[i].name);
	}
}

static int begin_app(struct supervise *supervise, const struct part *part,
		     struct err *err)
{
	int r = app_init(&supervise->apps[supervise->count], part, &supervise->network,
			 supervise->hosts[0] ? supervise->hosts : NULL, &supervise->loop,
			 err);

	supervise->count += r == 0;
	return r;
}

static int prepare(struct supervise *supervise, struct stage *stage, struct err *err)
{
	uint64_t start_us = clock_now_us();
	int r;

	supervise->loop.count = 0;
	supervise->end = (struct end){ .stage = stage };
	supervise->feed_ms = 0;
	host_prepare();
	name_members(supervise, stage);
	network_init(&supervise->network, stage, &supervise->loop);
	saver_mount(stage);
	r = keeper_start(stage, err);
	for (supervise->count = 0; r == 0 && supervise->count < stage->part_count;)
		r = begin_app(supervise, &stage->parts[supervise->count], err);
	if (r == 0)
		r = listen_for_people(supervise, err);
	if (r == 0)
		r = wait_for_signals(supervise, err);
	if (r < 0)
		return r;
	leave_stage(stage);
	timeline_add(start_us, "supervise");
	r = timeline_write(stage->run);
	if (r < 0)
		console_say(STAGE_RUN "/boot: %s", err_reason(r));
	run_announce(stage);
	/* from here on a console that takes nothing loses words, and holds nobody */
	(void)sys_fcntl(2, F_SETFL, O_RDWR | O_NONBLOCK);
	leave_memory(stage);
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
