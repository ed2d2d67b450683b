/* SPDX-License-Identifier: Apache-2.0 */
#include "init/trial/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/bounce.h"
#include "init/pid1/console.h"
#include "init/report.h"
#include "init/stores.h"
#include "init/supervise/check.h"
#include "init/supervise/log.h"
#include "slot/confirm.h"
#include "slot/fall.h"

#define CONFIRMED "confirmed" /* of /run/lamina */
#define CHECK_EVERY_S 2
#define RETRY_S 60

struct keeper {
	const struct stage *stage;
	const struct policy *policy;
	struct confirm confirm;
	uint64_t try_at_s; /* of CLOCK_BOOTTIME */
	bool confirmed;
	struct watch watch; /* none where process 1 stays, and feeds it by itself */
	pid_t check;
};

/* Which signal asked it to end, and what the candidate falls with then. */
static volatile sig_atomic_t terminated;

static const struct {
	int signal;
	enum record_reason reason;
} ends[] = {
	{ SIGTERM, RECORD_REASON_NONE }, /* the device is shut down */
	{ SIGUSR1, RECORD_REASON_ENDED },
	{ SIGUSR2, RECORD_REASON_UNHEALTHY },
};

#define END_COUNT (sizeof(ends) / sizeof(ends[0]))

static pid_t started;

static void terminate(int sig)
{
	terminated = sig;
}

static uint64_t now_s(void)
{
	return clock_now_us() / 1000000;
}

static void sleep_s(unsigned int seconds)
{
	struct timespec time = { .tv_sec = (time_t)seconds };

	(void)sys_nanosleep(&time);
}

static bool was_confirmed(const struct stage *stage)
{
	__fd int fd = path_open_own(stage->run, CONFIRMED, O_RDONLY, 0);

	return fd >= 0;
}

/* Before the record says so: a confirm that fails is none, and init has the loader follow the
 * record. */
static int settle_loader(const struct keeper *keeper, struct err *err)
{
	enum boot_slot home =
		record_slot(keeper->stage->record, &keeper->stage->image->id);

	if (!keeper->policy->boot_loader || home == BOOT_SLOT_NONE)
		return 0;
	return bounce_tell(DECIDE_REPAIR, home, err);
}

/* By us. Another image's installation may hold the store for a while, and a disk that
 * can't be written may be better in a minute. */
static void confirm(struct keeper *keeper)
{
	struct err err = ERR_INIT;
	int r = stores_check_state(keeper->policy, &err);

	if (r == 0)
		r = settle_loader(keeper, &err);
	if (r == 0)
		r = confirm_running(&keeper->confirm, &err);
	if (r == 0 || r == -EALREADY) {
		keeper->confirmed = true;
		(void)path_write_own(keeper->stage->run, CONFIRMED, "", 0);
		console_say("image %.12s: confirmed",
			    DIGEST_HEX(&keeper->stage->image->id));
	} else if (r == -EAGAIN) {
		keeper->try_at_s = now_s() + 1;
	} else {
		console_say("image %.12s: not confirmed: %s",
			    DIGEST_HEX(&keeper->stage->image->id), err.text);
		keeper->try_at_s = now_s() + RETRY_S;
	}
}

static _Noreturn void run_check(const struct keeper *keeper)
{
	char *const args[] = { (char *)(uintptr_t)keeper->policy->confirm_check, NULL };
	int r = sys_execve(
		args[0], args,
		(char *const *)(uintptr_t)keeper->stage->parts[0].environment.env);

	console_say("confirm check %s: %s", args[0], err_reason(r));
	sys_exit(127);
}

/* The image's own program says whether it is well. One at a time: one that hangs says
 * nothing. */
/* Beside a supervised application its check finds what that finds, but is root's as
 * elsewhere. Until it is up, there is nothing to be asked. */
static pid_t start_check(const struct keeper *keeper)
{
	pid_t pid;

	if (stage_stays(keeper->stage))
		return check_confirm(keeper->stage, keeper->policy->confirm_check);
	pid = sys_fork();
	if (pid == 0)
		run_check(keeper);
	return pid;
}

static void check(struct keeper *keeper)
{
	if (keeper->check > 0) {
		int status = -1;
		pid_t ended = sys_waitpid(keeper->check, &status, WNOHANG);

		if (ended == 0)
			return;
		keeper->check = 0;
		/* of one that can't be waited for nobody knows how it ended */
		if (ended > 0 && status == 0) {
			confirm(keeper);
			return;
		}
	}
	keeper->try_at_s = now_s() + CHECK_EVERY_S;
	keeper->check = start_check(keeper);
}

/* Process 1 says since when all has been well with the application; without one, it is up
 * as long as the image is. */
static bool is_well(const struct keeper *keeper)
{
	uint64_t need_ms = (uint64_t)keeper->policy->confirm_after_s * 1000;
	uint64_t since_ms = 0;

	if (!stage_stays(keeper->stage))
		return true;
	return report_app_well(keeper->stage->run, &since_ms) == 0 &&
	       clock_now_us() / 1000 >= since_ms + need_ms;
}

static void look(struct keeper *keeper)
{
	if (was_confirmed(keeper->stage)) {
		keeper->confirmed = true;
		return;
	}
	if (now_s() < keeper->try_at_s)
		return;
	if (keeper->policy->confirm == POLICY_CONFIRM_AFTER ||
	    (keeper->policy->confirm == POLICY_CONFIRM_HEALTHY && is_well(keeper)))
		confirm(keeper);
	if (keeper->policy->confirm == POLICY_CONFIRM_CHECK)
		check(keeper);
}

/* How it ended, and what it said before. */
static void add_last_words(const struct keeper *keeper, const char *end, char *ret_why,
			   size_t size)
{
	char line[160], name[REPORT_NAME_SIZE];
	struct str s;

	report_app_name(keeper->stage->run, name);
	log_last(keeper->stage->run, name, line, sizeof(line));
	str_init(&s, ret_why, size);
	str_add(&s, end);
	if (line[0])
		str_addf(&s, ", and said last: %s", line);
}

static int give_up(const struct keeper *keeper, enum record_reason reason,
		   struct err *err)
{
	struct confirm fall = keeper->confirm;
	char why[256] = "", end[REPORT_END_SIZE], check[FALL_CHECK_SIZE];

	if (reason == RECORD_REASON_ENDED) {
		report_app_end(keeper->stage->run, end);
		add_last_words(keeper, end, why, sizeof(why));
	}
	fall_read_check(keeper->stage->run, check);
	fall.reason = reason;
	fall.why = why;
	fall.check = check;
	return confirm_fall(&fall, err);
}

/* A reboot on purpose, or the end of the candidate. */
static void end_trial(const struct keeper *keeper)
{
	enum record_reason reason = RECORD_REASON_NONE;
	struct err err = ERR_INIT;
	int r;

	/* of an application that is process 1 nobody here sees the end */
	for (size_t i = 0; i < END_COUNT && stage_stays(keeper->stage); i++) {
		if (ends[i].signal == terminated)
			reason = ends[i].reason;
	}
	if (reason == RECORD_REASON_NONE)
		r = confirm_reboot(&keeper->confirm, &err);
	else
		r = give_up(keeper, reason, &err);
	if (r < 0)
		console_say("image %.12s: %s", DIGEST_HEX(&keeper->stage->image->id),
			    err.text);
}

/* Until the image is confirmed or the device shut down: then a try is given back. */
static void try_candidate(struct keeper *keeper)
{
	while (!terminated) {
		look(keeper);
		if (keeper->confirmed)
			return;
		watch_feed(&keeper->watch, false);
		sleep_s(1);
	}
	end_trial(keeper);
	sys_exit(0);
}

/* Nothing that the application may want to give up stays in use. */
static void leave_stage(const struct stage *stage)
{
	(void)sys_setsid();
	(void)sys_chdir("/");
	for (size_t i = 0; i < stage->part_count; i++) {
		fd_close(stage->parts[i].root);
		fd_close(stage->parts[i].cwd);
	}
	fd_close(stage->initramfs);
	fd_close(stage->store);
	fd_close(stage->vault);
	fd_close(stage->factory);
}

static _Noreturn void keep(struct keeper *keeper)
{
	struct sigaction action = { .sa_handler = terminate };
	terminated = 0;
	for (size_t i = 0; i < END_COUNT; i++)
		(void)sys_sigaction(ends[i].signal, &action);
	leave_stage(keeper->stage);
	if (stage_stays(keeper->stage))
		fd_close(fd_take(&keeper->watch.fd));
	if (keeper->stage->image->slot == DECIDE_CANDIDATE)
		try_candidate(keeper);
	while (watch_stop(&keeper->watch) < 0 && !terminated) {
		watch_feed(&keeper->watch, true);
		sleep_s(1);
	}
	sys_exit(0);
}

static int say_pid(const struct stage *stage)
{
	char text[16];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_addf(&s, "%d\n", (int)started);
	return path_write_own(stage->run, "keeper", text, s.used);
}

int keeper_start(const struct stage *stage, struct err *err)
{
	static struct manifest scratch;
	struct keeper keeper = {
		.stage = stage,
		.policy = &stage->settings->policy,
		.watch = stage->watch,
		.confirm = { .store = STAGE_STORE,
			     .device = stage->state,
			     .settings = stage->settings,
			     .scratch = &scratch },
		.try_at_s = now_s() + stage->settings->policy.confirm_after_s,
	};
	int r;

	if (stage->image->slot != DECIDE_CANDIDATE &&
	    (stage->watch.fd < 0 || stage_stays(stage)))
		return 0;
	keeper.confirm.running = stage->image->id;
	started = sys_fork();
	if (started == 0)
		keep(&keeper);
	r = started < 0 ? started : say_pid(stage);
	return r < 0 ? err_errno(err, r, "keeper") : 0;
}

bool keeper_is_confirmed(const struct stage *stage)
{
	return stage->image->slot != DECIDE_CANDIDATE || was_confirmed(stage);
}

bool keeper_tries(const struct stage *stage)
{
	return stage->image->slot == DECIDE_CANDIDATE && started > 0 &&
	       !was_confirmed(stage);
}

pid_t keeper_give_up(enum record_reason reason)
{
	size_t i = 0;

	while (i + 1 < END_COUNT && ends[i].reason != reason)
		i++;
	if (started <= 0 || sys_kill(started, ends[i].signal) < 0)
		return 0;
	return started;
}

void keeper_ended(pid_t pid)
{
	if (pid == started)
		started = 0;
}

void keeper_end(void)
{
	if (started > 0)
		(void)sys_kill(started, SIGKILL);
	started = 0;
}
