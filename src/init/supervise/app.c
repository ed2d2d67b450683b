/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/app.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/sys.h"
#include "container/limits.h"
#include "init/pid1/console.h"
#include "init/report.h"
#include "init/supervise/host.h"
#include "init/supervise/saver.h"

#define SHM "/dev/shm"
/* So long a line `needs` holds an application, whatever it is that does not come. */
#define NEEDS_MS 30000

/* Of a `volume /dev/shm`, which counts more than `shm`; NULL: as engines have it. */
static const char *shm_options(struct app *app, const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->volume_count; i++) {
		if (strcmp(manifest->volumes[i].path, SHM) == 0)
			return manifest->volumes[i].options;
	}
	(void)snprintf(app->shm, sizeof(app->shm), "mode=1777,size=%s", manifest->shm);
	return *manifest->shm ? app->shm : NULL;
}

static const char *control_of(const struct manifest *manifest)
{
	static const char *const paths[] = {
		[MANIFEST_CONTROL_NONE] = NULL,
		[MANIFEST_CONTROL_STATUS] = APP_CONTROL_STATUS,
		[MANIFEST_CONTROL_MANAGE] = APP_CONTROL,
	};

	return paths[manifest->control];
}

static bool needs_something(const struct part *part)
{
	const struct manifest *set = &part->stage->image->manifest;
	struct set_need need;

	for (size_t i = 0; stage_is_set(part->stage) && i < set->need_count; i++) {
		(void)set_need(set, i, &need);
		if (set->members[need.who].name == part->name)
			return true;
	}
	return part->manifest->need_count > 0;
}

bool app_has_come(const struct app *app, enum set_how how)
{
	enum member_state state = app->member.state;
	bool runs = state == MEMBER_RUNNING && app->report < 0;

	if (how == SET_DONE || state == MEMBER_DONE)
		return state == MEMBER_DONE;
	if (how == SET_HEALTHY && app->check.health.wanted)
		return runs && app->check.health.state == HEALTH_HEALTHY;
	return runs;
}

int app_init(struct app *app, const struct part *part, const struct network *network,
	     const char *hosts, struct loop *loop, struct err *err)
{
	const struct manifest *manifest = part->manifest;
	int run = part->stage->run, r;

	app->part = part;
	app->loop = loop;
	app->pid = 0;
	app->report = -EBADF;
	r = streams_open(&app->streams, part->name, &manifest->log, run, loop, err);
	if (r < 0)
		return r;
	r = check_init(&app->check, part, loop, err);
	if (r < 0)
		return r;
	app->container = (struct container){
		.manifest = manifest,
		.identity = &part->identity,
		.environment = &part->environment,
		.program = part->program,
		.hostname = part->hostname,
		.root = stage_there(part->top),
		/* the others are not where it is */
		.hosts = manifest->network ? NULL : hosts,
		.net = network->wanted && !manifest->network ? NETWORK_DIR : NULL,
		.control = control_of(manifest),
		.shm = shm_options(app, manifest),
		.cgroup = -EBADF,
		.output = app->streams.ends[STREAM_OUT].to,
		.errors = app->streams.ends[STREAM_ERR].to,
	};
	member_init(&app->member, manifest);
	app->saver = 0;
	if (manifest->log.persist_bytes)
		app->saver = saver_start(part);
	if (needs_something(part))
		member_wait(&app->member, loop_now_ms() + NEEDS_MS);
	return 0;
}

static const char *name_of(const struct app *app)
{
	return app->part->name;
}

/* The start's process said what came of it, or is not there any more. */
static void take_report(struct app *app)
{
	int report = fd_take(&app->report);

	if (report < 0)
		return;
	loop_remove(app->loop, report);
	if (container_report(report, &app->failure) < 0)
		console_say("%s: not started: %s", name_of(app), app->failure.text);
	else
		app->container.again = true; /* what comes is not the first start */
	fd_close(report);
}

static void reported(void *context, int fd)
{
	(void)fd;
	take_report(context);
}

static void start(struct app *app, uint64_t now_ms)
{
	struct container *container = &app->container;
	pid_t pid;

	if (app->member.needs)
		console_say("%s: %s", name_of(app),
			    stage_is_set(app->part->stage)
				    ? "waits no longer for what it needs"
				    : "there is no network yet");
	app->member.needs = false;
	app->failure.text[0] = '\0';
	container->cgroup = host_cgroup(app->part->group);
	pid = limits_set(container->manifest, container->cgroup, &app->failure);
	if (pid == 0)
		pid = container_start(container, &app->report, &app->failure);
	fd_close(fd_take(&container->cgroup));
	if (pid < 0) {
		console_say("%s: not started: %s", name_of(app), app->failure.text);
		member_ended(&app->member, pid, now_ms);
		return;
	}
	app->pid = pid;
	member_began(&app->member, now_ms);
	health_begin(&app->check.health, now_ms);
	/* with no room for it, it is read when the process ends */
	(void)loop_add(app->loop, app->report, reported, app);
}

void app_turn(struct app *app, uint64_t now_ms)
{
	enum member_act act;

	if (app->pid > 0)
		check_turn(&app->check, &app->container, app->pid, now_ms);
	while ((act = member_due(&app->member, now_ms)) != MEMBER_NOTHING) {
		if (act == MEMBER_START) {
			start(app, now_ms);
		} else {
			console_say("%s: does not stop: killed", name_of(app));
			(void)sys_kill(app->pid, SIGKILL);
		}
	}
}

bool app_is_news(struct app *app)
{
	const struct member *member = &app->member;
	enum health_state health = app->check.health.state;

	if (app->told.state == member->state && app->told.health == health &&
	    app->told.starts == member->restart.count)
		return false;
	app->told.state = member->state;
	app->told.health = health;
	app->told.starts = member->restart.count;
	return true;
}

static void say_end(const struct app *app, uint64_t now_ms)
{
	const struct member *member = &app->member;
	char how[REPORT_END_SIZE], then[48] = "";

	report_end_words(member->status, how);
	if (member->state == MEMBER_WAITING)
		(void)snprintf(then, sizeof(then), ", starts again in %u ms",
			       (unsigned int)(member->due_ms - now_ms));
	else if (member->state == MEMBER_EXHAUSTED)
		(void)snprintf(then, sizeof(then), ", is not started again");
	console_say("%s: %s after %" PRIu64 " ms%s", name_of(app), how,
		    now_ms - member->began_ms, then);
}

bool app_ended(struct app *app, pid_t pid, int status, uint64_t now_ms)
{
	if (check_ended(&app->check, pid, status, now_ms))
		return true;
	if (pid == app->saver) {
		app->saver = 0;
		return true;
	}
	if (pid != app->pid)
		return false;
	app->pid = 0;
	health_end(&app->check.health, now_ms);
	take_report(app);
	streams_drain(&app->streams);
	saver_tell(app->saver);
	member_ended(&app->member, status, now_ms);
	say_end(app, now_ms);
	return true;
}

bool app_lives(const struct app *app)
{
	return member_lives(&app->member) || saver_end(app->saver);
}

uint64_t app_next(const struct app *app)
{
	uint64_t member_ms = member_next(&app->member);
	uint64_t health_ms = health_next(&app->check.health);

	return member_ms < health_ms ? member_ms : health_ms;
}

void app_stop(struct app *app, bool restarting, uint64_t now_ms)
{
	const char *name = app->container.manifest->stop_signal;

	/* as process 1 of its namespace, it gets only what it has a handler for */
	if (member_stop(&app->member, restarting, now_ms))
		(void)sys_kill(app->pid, manifest_signal(name));
}
