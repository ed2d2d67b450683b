/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/end.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>

#include "base/err.h"
#include "base/loop.h"
#include "base/sys.h"
#include "init/pid1/console.h"
#include "init/supervise/saver.h"
#include "init/trial/keeper.h"

/* For the keeper to write a record of two sectors. */
#define KEEPER_MS 10000

static const struct {
	int command;
	const char *word;
} ways[] = {
	[END_NONE] = { RB_AUTOBOOT, "" },
	[END_REBOOT] = { RB_AUTOBOOT, "reboot" },
	[END_POWEROFF] = { RB_POWER_OFF, "power off" },
	[END_HALT] = { RB_HALT_SYSTEM, "halt" },
};

void end_begin(struct end *end, enum end_how how, uint64_t allowed_ms, uint64_t now_ms)
{
	if (end->how == END_NONE) {
		end->deadline_ms = now_ms + allowed_ms;
		end->due_ms = end->deadline_ms;
		console_say("%s", ways[how].word);
	}
	end->how = how;
}

static void detach(const char *path)
{
	int r = sys_umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);

	if (r < 0 && r != -EINVAL && r != -ENOENT)
		console_say("unmounting %s: %s", path, err_reason(r));
}

/* The stack with its volumes, then what it stands on; the last user of each takes its
 * mapping and its loop device along. */
static void drop_stack(const struct stage *stage)
{
	char path[32];

	for (size_t i = 0; i < stage->part_count; i++) {
		const struct part *part = &stage->parts[i];

		detach(stage_there(part->top));
		detach(stage_there(part->rw));
	}
	for (size_t i = stage->image->manifest.layer_count; i-- > 0;) {
		(void)snprintf(path, sizeof(path), "/layers/%zu", i);
		detach(path);
	}
}

/* Read-only marks it clean; who still has a file of it open keeps it from that. A file that was
 * mounted is let go of by the kernel a moment after it no longer is. */
static void drop_store(const char *path)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	int r, tries = 100;

	for (;;) {
		r = sys_mount(NULL, path, NULL,
			      MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			      NULL);
		if (r != -EBUSY || --tries <= 0)
			break;
		(void)sys_nanosleep(&pause);
	}
	if (r < 0 && r != -EINVAL && r != -ENOENT)
		console_say("%s: making it read-only: %s", path, err_reason(r));
	detach(path);
}

/* Beside process 1, which goes on: a disk may never answer. */
static _Noreturn void clean(const struct stage *stage)
{
	(void)sys_close_range(3, ~0U, 0);
	(void)sys_chdir("/");
	(void)sys_sync();
	drop_stack(stage);
	detach(SAVER_DIR);
	drop_store(STAGE_VAULT);
	drop_store(STAGE_STORE);
	drop_store(STAGE_FACTORY);
	(void)sys_sync();
	sys_exit(0);
}

static _Noreturn void end_now(const struct end *end)
{
	int r = sys_reboot(ways[end->how].command);

	console_say("%s: %s; the machine stays as it is", ways[end->how].word,
		    err_reason(r));
	for (;;)
		(void)sys_nanosleep(&(struct timespec){ .tv_sec = 3600 });
}

void end_turn(struct end *end, uint64_t now_ms)
{
	if (now_ms >= end->deadline_ms) {
		console_say("%s: not all could be stopped in time", ways[end->how].word);
		end_now(end);
	}
	if (end->cleaner > 0 || (end->keeper > 0 && now_ms < end->due_ms))
		return;
	if (end->cleaner < 0)
		end_now(end);
	if (end->keeper == 0) {
		end->keeper = keeper_give_up(end->fell);
		end->due_ms = now_ms + KEEPER_MS;
		if (end->keeper > 0)
			return;
	}
	end->keeper = -1;
	end->due_ms = end->deadline_ms;
	end->cleaner = sys_fork();
	if (end->cleaner == 0)
		clean(end->stage);
	if (end->cleaner < 0)
		end_now(end);
}

bool end_ended(struct end *end, pid_t pid)
{
	if (pid != end->keeper && pid != end->cleaner)
		return false;
	if (pid == end->keeper)
		end->keeper = -1;
	else
		end->cleaner = -1;
	return true;
}

uint64_t end_next(const struct end *end)
{
	if (end->how == END_NONE)
		return UINT64_MAX;
	return end->due_ms < end->deadline_ms ? end->due_ms : end->deadline_ms;
}
