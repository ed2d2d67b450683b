/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BAD_SHOWN 20
#define SEEN_ROOM (1u << 18)

/* --- one state
 * -------------------------------------------------------------------------- */

/* What was promised by the marks before the cut, and the operation that was under way. */
static const struct mark *set_expected(struct replay *replay, size_t end)
{
	struct judge *judge = &replay->judge;
	const struct mark *mark = replay->marks.list;
	size_t i = 0;

	while (i < replay->marks.count && mark[i].entry < end)
		i++;
	judge->has_before = i > 0 && mark[i - 1].has_record;
	if (judge->has_before)
		judge->before = mark[i - 1].record;
	if (i == replay->marks.count) {
		judge->has_after = judge->has_before;
		judge->after = judge->before;
		return NULL;
	}
	judge->has_after = mark[i].has_record;
	judge->after = mark[i].record;
	return &mark[i];
}

static int look(struct replay *replay, bool look_only, struct err *err)
{
	int r = image_mount(&replay->image, false, err);

	if (r < 0)
		return r;
	r = judge_store(&replay->judge, look_only, err);
	if (r < 0) {
		(void)image_unmount(&replay->image, NULL);
		return r;
	}
	return image_unmount(&replay->image, err);
}

static int run_operation(const char *name, struct err *err)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		execl("/crash/operation", "operation", name, "again", NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return err_errno(err, -errno, "fork");
	if (status != 0)
		return err_set(err, -EIO, "%s again: status %x", name, status);
	return 0;
}

/* The operation that was cut off, once more, as its user would: it must come to the end
 * that it had in the recording. */
static int repeat(struct replay *replay, const struct mark *mark, struct err *err)
{
	int r = image_mount(&replay->image, false, err);

	if (r < 0)
		return r;
	r = run_operation(mark->name, err);
	if (r == 0)
		r = judge_store(&replay->judge, true, err);
	if (r == 0 && !replay->judge.is_after)
		r = err_set(err, -EIO, "%s again: not done", mark->name);
	if (r < 0) {
		(void)image_unmount(&replay->image, NULL);
		return r;
	}
	replay->repeated++;
	return image_unmount(&replay->image, err);
}

/* A start is one more start, and with boot slots one that is counted. */
static bool may_repeat(const struct replay *replay, const struct mark *mark)
{
	const struct judge *judge = &replay->judge;

	/* two disks of one name are here: a Pi's laminactl would not find its own */
	return !judge_has_slots(judge) ||
	       (judge->settings.policy.boot_loader != POLICY_LOADER_RPI &&
		strncmp(mark->name, "start", 5) != 0);
}

/* One copy of the record rots away, which alone must change nothing. */
static int rot(struct replay *replay, unsigned int copy, struct err *err)
{
	static const uint8_t junk[RECORD_SIZE] = { 0x5a };
	int fd, r = image_mount(&replay->image, true, err);

	if (r < 0)
		return r;
	fd = open(JUDGE_STORE "/state", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && pwrite(fd, junk, sizeof(junk), copy * RECORD_STRIDE) < 0)
		r = err_errno(err, -errno, "state");
	if (fd >= 0)
		close(fd);
	if (r == 0)
		r = judge_store(&replay->judge, false, err);
	if (r < 0) {
		(void)image_unmount(&replay->image, NULL);
		return err_wrap(err, r, "copy %u rotten", copy);
	}
	replay->rotten++;
	return image_unmount(&replay->image, err);
}

/* Was this disk seen with the same promises? */
static bool is_new(struct replay *replay, uint64_t key)
{
	uint64_t *seen = replay->seen;
	size_t at = key % SEEN_ROOM;

	if (replay->states > SEEN_ROOM / 2)
		return true; /* what is left may be judged twice */
	key |= 1;
	for (; seen[at]; at = (at + 1) % SEEN_ROOM)
		if (seen[at] == key)
			return false;
	seen[at] = key;
	return true;
}

static int judge_state(struct replay *replay, const struct mark *mark, struct err *err)
{
	int r = look(replay, false, err);

	if (r == 0 && mark && !replay->judge.is_after && replay->repeat &&
	    replay->states % replay->repeat == 0 && may_repeat(replay, mark)) {
		r = image_sync(&replay->image, &replay->disk, err);
		r = r < 0 ? r : repeat(replay, mark, err);
	}
	for (unsigned int copy = 0; r == 0 && copy < RECORD_COPIES; copy++) {
		if (!replay->rot || replay->states % replay->rot != 0)
			break;
		r = image_sync(&replay->image, &replay->disk, err);
		r = r < 0 ? r : rot(replay, copy, err);
	}
	return r;
}

static void count(struct replay *replay, const struct mark *mark)
{
	replay->per_mark[mark ? mark - replay->marks.list : MARK_MAX]++;
	replay->states++;
}

static void visit(void *context, const struct cut *cut)
{
	struct replay *replay = context;
	size_t end = cut_end(cut, &replay->log);
	const struct mark *mark = set_expected(replay, end);
	uint64_t key =
		replay->disk.hash ^ (uint64_t)(uintptr_t)mark * 0x9e3779b97f4a7c15ULL;
	char name[CUT_NAME_SIZE];
	struct err err = { 0 };

	if (!is_new(replay, key) || (replay->only_first && replay->bad > 0))
		return;
	count(replay, mark);
	if (image_sync(&replay->image, &replay->disk, &err) == 0 &&
	    judge_state(replay, mark, &err) == 0)
		return;
	if (replay->bad++ >= BAD_SHOWN)
		return;
	cut_name(cut, name);
	printf("bad %s during %s: %s\n", name, mark ? mark->name : "nothing", err.text);
}

/* --- all of them
 * ------------------------------------------------------------------------ */

static void print_result(const struct replay *replay)
{
	for (size_t i = 0; i < replay->marks.count; i++)
		printf("during %s: %u\n", replay->marks.list[i].name,
		       replay->per_mark[i]);
	printf("after: %u\n", replay->per_mark[MARK_MAX]);
	printf("result states=%u bad=%u repeated=%u rotten=%u\n", replay->states,
	       replay->bad, replay->repeated, replay->rotten);
}

int replay_run(struct replay *replay, struct err *err)
{
	size_t number = 0, end;
	int r = image_open(&replay->image, replay->type, &replay->layout, &replay->disk,
			   &replay->log, err);

	if (r < 0)
		return r;
	replay->seen = calloc(SEEN_ROOM, sizeof(*replay->seen));
	if (!replay->seen)
		return err_set(err, -ENOMEM, "no memory");
	for (size_t start = 0; start < replay->log.count; start = end) {
		end = log_window_end(&replay->log, start);
		if (number++ % replay->shards == replay->shard)
			cut_window(&replay->effort, &replay->log, start, end,
				   &replay->disk, visit, replay);
		else
			disk_put_all(&replay->disk, &replay->log, start, end);
	}
	print_result(replay);
	return 0;
}
