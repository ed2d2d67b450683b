/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts, replayed. In the guest that records: `mark` after each operation, `start`
 * in place of a boot; with flash, `attach` before all and `loader` as the loader's program, and `put` what NAND holds.
 * In the guest that judges: `judge`. In the one with failing disks: `save` the record, `check` what an operation made
 * of it; where UBI cuts the power, also `get` what NAND holds, and `boot` it. On the workstation, over
 * files: `list` what was recorded, `sample` some cuts, `cut` for the disk of one.
 * tests/crash/run uses it all.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "crash/firmware-ubi.h"
#include "crash/flash.h"
#include "crash/nand.h"
#include "crash/replay.h"
#include "crash/sample.h"
#include "store/store.h"

/* A file or block device as memory; what is written there stays ours. */
static int map(const char *path, uint8_t **ret_bytes, size_t *ret_size, struct err *err)
{
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	void *bytes;

	if (size < 0)
		return err_errno(err, -errno, "%s", path);
	bytes = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return err_errno(err, -errno, "%s", path);
	*ret_bytes = bytes;
	*ret_size = (size_t)size;
	return 0;
}

/* LOG, and MARKS, the byte of the disk where they begin. */
static int open_log(char **argv, struct replay *replay, struct err *err)
{
	uint8_t *bytes;
	size_t size;
	int r = map(argv[0], &bytes, &size, err);

	if (r == 0)
		r = log_read(bytes, size, &replay->log, err);
	replay->disk.size = strtoul(argv[1], NULL, 10);
	if (r == 0)
		r = mark_find(&replay->log, replay->disk.size, &replay->marks, err);
	return r < 0 ? err_wrap(err, r, "%s", argv[0]) : 0;
}

static int open_base(const char *path, struct replay *replay, struct err *err)
{
	size_t size;
	int r = map(path, &replay->disk.bytes, &size, err);

	if (r == 0 && size < replay->disk.size)
		r = err_set(err, -EINVAL, "%s: shorter than its file system", path);
	return r;
}

/* "quick", "whole", or "first": quick, and only until a state is bad; "rotten": the same, and
 * at each state one copy of the record rots. */
static void set_effort(struct replay *replay, const char *effort)
{
	bool rotten = strcmp(effort, "rotten") == 0;
	/* what is torn there is all that there is: it keeps every order */
	bool is_flash = strcmp(replay->type, "ubifs") == 0;

	replay->only_first = rotten || strcmp(effort, "first") == 0;
	replay->effort = (struct cut_effort){ 2, 4, 0, is_flash ? 2 : 1 };
	replay->judge.all =
		!replay->only_first; /* without a sync, half of one may be left */
	replay->repeat = rotten ? 0 : 50;
	replay->rot = rotten ? 1 : 20;
	if (strcmp(effort, "whole") != 0)
		return;
	replay->effort = (struct cut_effort){ 7, 100, 30, is_flash ? 3 : 15 };
	replay->repeat = 25;
	replay->rot = 10;
}

static int run_judge(char **argv, struct replay *replay, struct err *err)
{
	int r = open_log(argv, replay, err);

	if (r == 0)
		r = open_base(argv[2], replay, err);
	if (r == 0)
		r = judge_init(&replay->judge, err);
	replay->type = argv[3];
	replay->shard = (unsigned int)atoi(argv[4]);
	replay->shards = (unsigned int)atoi(argv[5]);
	set_effort(replay, argv[6]);
	if (r >= 0)
		r = layout_parse(argv[7], &replay->layout, err);
	return r < 0 ? r : replay_run(replay, err);
}

static int run_mark(char **argv, struct replay *replay, struct err *err)
{
	__fd int store = store_open(JUDGE_STORE, err);

	(void)replay;
	return store < 0 ? store
			 : mark_write(argv[0], strtoul(argv[1], NULL, 10), store, argv[2],
				      err);
}

static int run_start(char **argv, struct replay *replay, struct err *err)
{
	int r = judge_init(&replay->judge, err);

	(void)argv;
	return r < 0 ? r : judge_start(&replay->judge, err);
}

static int read_record(const char *path, struct record *ret_record, struct err *err)
{
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t bytes[RECORD_SIZE];
	int r = fd < 0 ? -errno : fd_pread_all(fd, bytes, sizeof(bytes), 0);

	return r < 0 ? err_errno(err, r, "%s", path)
		     : record_decode(bytes, ret_record, err);
}

static int run_save(char **argv, struct replay *replay, struct err *err)
{
	__fd int store = store_open(JUDGE_STORE, err);
	__fd int out = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	uint8_t bytes[RECORD_SIZE];
	struct record record;
	bool has;
	int r = store < 0 ? store : mark_read_record(store, &record, &has, err);

	(void)replay;
	if (r < 0 || !has || out < 0)
		return r < 0 ? r : err_set(err, -ENODATA, "no record to save");
	record_encode(&record, bytes);
	return fd_write_all(out, bytes, sizeof(bytes));
}

static int check(char **argv, struct replay *replay, bool look_only, struct err *err)
{
	struct judge *judge = &replay->judge;
	int r = judge_init(judge, err);

	if (r == 0)
		r = read_record(argv[0], &judge->before, err);
	if (r == 0)
		r = read_record(argv[1], &judge->after, err);
	judge->has_before = judge->has_after = true;
	if (r == 0)
		r = judge_store(judge, look_only, err);
	if (r == 0)
		printf("%s\n", judge->is_after ? "after" : "before");
	return r;
}

static int run_check(char **argv, struct replay *replay, struct err *err)
{
	return check(argv, replay, true, err);
}

static int run_boot(char **argv, struct replay *replay, struct err *err)
{
	replay->judge.all = true;
	return check(argv, replay, false, err);
}

static int run_list(char **argv, struct replay *replay, struct err *err)
{
	int r = open_log(argv, replay, err);
	size_t flushes = 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < replay->log.count; i++)
		flushes += replay->log.entries[i].flags & LOG_FLUSH;
	for (size_t i = 0; i < replay->marks.count; i++)
		printf("%zu %s\n", replay->marks.list[i].entry,
		       replay->marks.list[i].name);
	printf("%zu writes, %zu flushes\n", replay->log.count - flushes, flushes);
	if (replay->log.count > 0)
		printf("last window %zu\n",
		       log_window_start(&replay->log, replay->log.count - 1));
	return 0;
}

static int run_cut(char **argv, struct replay *replay, struct err *err)
{
	struct cut cut;
	int r = open_log(argv, replay, err);

	if (r == 0)
		r = open_base(argv[2], replay, err);
	if (r == 0)
		r = cut_parse(argv[3], &cut, err);
	if (r < 0)
		return r;
	if (cut.at > replay->log.count)
		return err_set(err, -EINVAL, "%s: past the last write", argv[3]);
	disk_put_all(&replay->disk, &replay->log, 0, cut.at);
	cut_put(&cut, &replay->log, &replay->disk);
	__fd int out = open(argv[4], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (out < 0)
		return err_errno(err, -errno, "%s", argv[4]);
	return fd_pwrite_all(out, replay->disk.bytes, replay->disk.size, 0);
}

static int run_sample(char **argv, struct replay *replay, struct err *err)
{
	int r = open_log(argv, replay, err);

	if (r < 0)
		return r;
	sample_print(&replay->log, &replay->marks, (unsigned int)atoi(argv[2]),
		     (unsigned int)atoi(argv[3]));
	return 0;
}

static int run_attach(char **argv, struct replay *replay, struct err *err)
{
	(void)argv;
	(void)replay;
	return flash_attach(err);
}

static int run_detach(char **argv, struct replay *replay, struct err *err)
{
	(void)argv;
	(void)replay;
	return flash_detach(err);
}

static int run_put(char **argv, struct replay *replay, struct err *err)
{
	size_t size;
	int r = map(argv[0], &replay->disk.bytes, &size, err);

	return r < 0 ? r : nand_put(replay->disk.bytes, size, err);
}

static int run_get(char **argv, struct replay *replay, struct err *err)
{
	(void)replay;
	return nand_get(argv[0], err);
}

static int run_loader(char **argv, struct replay *replay, struct err *err)
{
	(void)replay;
	return firmware_ubi_helper(FIRMWARE_STATE, argv[0], argv[1], err);
}

static const struct {
	const char *name, *args;
	int count;
	int (*run)(char **argv, struct replay *replay, struct err *err);
} commands[] = {
	{ "judge", "LOG MARKS BASE TYPE SHARD SHARDS quick|first|rotten|whole LAYOUT", 8,
	  run_judge },
	{ "mark", "DISK MARKS NAME", 3, run_mark },
	{ "start", "", 0, run_start },
	{ "attach", "", 0, run_attach },
	{ "detach", "", 0, run_detach },
	{ "put", "FILE", 1, run_put },
	{ "get", "FILE", 1, run_get },
	{ "loader", "VERB WORD", 2, run_loader },
	{ "save", "RECORD", 1, run_save },
	{ "check", "RECORD-BEFORE RECORD-AFTER", 2, run_check },
	{ "boot", "RECORD-BEFORE RECORD-AFTER", 2, run_boot },
	{ "list", "LOG MARKS", 2, run_list },
	{ "sample", "LOG MARKS COUNT SEED", 4, run_sample },
	{ "cut", "LOG MARKS BASE CUT OUT", 5, run_cut },
};

int main(int argc, char **argv)
{
	static struct replay replay;
	struct err err = { 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (argc < 2 || strcmp(argv[1], commands[i].name) != 0 ||
		    argc - 2 != commands[i].count)
			continue;
		if (commands[i].run(argv + 2, &replay, &err) >= 0)
			return 0;
		fprintf(stderr, "crash: %s: %s\n", argv[1], err.text);
		return 1;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(stderr, "usage: crash %s %s\n", commands[i].name,
			commands[i].args);
	return 2;
}
