/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "init/pid1/console.h"
#include "init/report.h"
#include "init/supervise/host.h"

#define SAID "health" /* of /run/lamina: what the last check said */

/* What is more than there is room for is taken all the same: nobody waits. */
static void take(void *context, int fd)
{
	struct check *check = context;
	char rest[512];

	for (int turn = 0; turn < 16; turn++) {
		size_t room = sizeof(check->said) - check->said_size;
		ssize_t size = room ? sys_read(fd, check->said + check->said_size, room)
				    : sys_read(fd, rest, sizeof(rest));

		if (size <= 0)
			return;
		check->said_size += room ? (size_t)size : 0;
	}
}

int check_init(struct check *check, const struct part *part, struct loop *loop,
	       struct err *err)
{
	int ends[2], r;

	health_init(&check->health, part->manifest);
	check->loop = loop;
	check->part = part;
	check->pid = 0;
	check->from = check->to = -EBADF;
	if (!check->health.wanted)
		return 0;
	r = sys_pipe2(ends, O_CLOEXEC);
	if (r < 0)
		return err_errno(err, r, "the health check's output");
	check->from = ends[0];
	check->to = ends[1];
	r = sys_fcntl(check->from, F_SETFL, O_NONBLOCK);
	if (r == 0)
		r = loop_add(loop, check->from, take, check);
	return r < 0 ? err_errno(err, r, "the health check's output") : 0;
}

void check_tell(const struct check *check)
{
	if (!check->told)
		(void)path_write_own(check->part->stage->run, SAID, check->said,
				     check->said_size);
}

static void fail(struct check *check, const struct err *err, uint64_t now_ms)
{
	health_result(&check->health, false, now_ms);
	check->said_size = strlen(err->text);
	memcpy(check->said, err->text, check->said_size);
	check_tell(check);
}

static void start(struct check *check, const struct container *container, pid_t pid,
		  uint64_t now_ms)
{
	const struct container_joiner joiner = {
		.args = container->manifest->health_args,
		.input = -EBADF,
		.output = check->to,
		.errors = check->to,
	};
	struct container joined = *container;
	struct err err = ERR_INIT;
	__fd int cgroup = host_cgroup_there(check->part->group);
	pid_t started;

	joined.cgroup = cgroup;
	check->said_size = 0;
	started = container_join(&joined, pid, &joiner, &err);
	if (started < 0) {
		fail(check, &err, now_ms);
		return;
	}
	check->pid = started;
	health_checking(&check->health, now_ms);
}

void check_turn(struct check *check, const struct container *container, pid_t pid,
		uint64_t now_ms)
{
	enum health_act act;

	while ((act = health_due(&check->health, now_ms)) != HEALTH_NOTHING) {
		if (act == HEALTH_CHECK)
			start(check, container, pid, now_ms);
		else
			(void)sys_kill(check->pid, SIGKILL);
	}
}

bool check_ended(struct check *check, pid_t pid, int status, uint64_t now_ms)
{
	if (pid != check->pid)
		return false;
	check->pid = 0;
	take(check, check->from);
	check_tell(check);
	health_result(&check->health, status == 0, now_ms);
	return true;
}

pid_t check_confirm(const struct stage *stage, const char *program)
{
	static const struct identity root = { .home = "/" };
	const char *const args[] = { program, NULL };
	const struct part *part = &stage->parts[0];
	__fd int null = sys_openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
	__fd int cgroup = host_cgroup_there(part->group);
	const struct container container = { .manifest = part->manifest,
					     .identity = &root,
					     .environment = &part->environment,
					     .cgroup = cgroup };
	const struct container_joiner joiner = {
		.args = args, .input = null, .output = 1, .errors = 2
	};
	struct err err = ERR_INIT;
	pid_t app = report_first_pid(stage->run), pid;

	if (app <= 0 || null < 0)
		return -ESRCH;
	pid = container_join(&container, app, &joiner, &err);
	if (pid < 0)
		console_say("confirm check %s: %s", program, err.text);
	return pid;
}
