/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "ctl/ctl.h"
#include "ctl/kept-reader.h"
#include "ctl/log-show.h"
#include "format/ring.h"

#define LOGS "logs"

enum {
	OPT_FOLLOW,
	OPT_LINES,
	OPT_BOOT,
	OPT_JSON,
};

static const struct cmd_option options[] = {
	{ "follow", 'f', NULL, "go on with what comes" },
	{ "lines", 'n', "N", "only the last N" },
	{ "boot", 'b', NULL, "only since this boot" },
	{ "json", 0, NULL, "print JSON, an object each" },
	{ 0 },
};

struct logs {
	const struct ctl *ctl;
	const char *name; /* NULL: there is but one */
	bool follow, json, boot, all;
	unsigned long long lines; /* of the last, unless all */
	char boot_id[KEPT_BOOT_SIZE];
	/* of this boot */
	int fd; /* -EBADF: nothing is supervised */
	struct ring_reader reader;
	uint64_t first;	  /* the oldest record that it has */
	uint64_t end;	  /* where it ended when we began */
	uint64_t told;	  /* lost ones that were */
	int64_t clock_ms; /* from CLOCK_BOOTTIME to the time of day */
	/* and on the store */
	bool is_kept;
	struct kept_reader kept;
	struct log_show show;
};

/* In a container it is a mount of its own. */
static int open_ring(struct logs *logs, struct err *err)
{
	static char only[VOLUME_OWNER_SIZE];
	char path[CTL_PATH_SIZE];
	int r = ctl_path(logs->ctl, LOGS, path, err);

	if (r < 0)
		return r;
	__fd int dir = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	r = dir;
	if (r == -ENOENT)
		return err_set(err, r, "no application is supervised here");
	if (r >= 0 && !logs->name) {
		r = kept_reader_find(dir, NULL, only);
		if (r == 0)
			return err_set(err, -ENOENT, LOGS ": there is none");
		if (r > 1)
			return err_set(err, -EINVAL,
				       "there are several: say which, as ps tells them");
		if (r > 0)
			logs->name = only;
	}
	if (r >= 0)
		r = logs->fd = path_open_own_file(dir, logs->name, NULL, NULL);
	if (r == -ENOENT)
		return err_set(err, r, "nothing of the name %s is supervised here",
			       logs->name);
	return r < 0 ? err_errno(err, r, "%s%s%s", path, logs->name ? "/" : "",
				 logs->name ? logs->name : "")
		     : 0;
}

static int read_ring(void *context, uint64_t offset, void *buf, size_t size)
{
	const struct logs *logs = context;

	return fd_pread_all(logs->fd, buf, size, offset);
}

/* The number of the oldest record: what the store has of this boot before it is wanted. */
static void find_first(struct logs *logs)
{
	static char text[RING_MAX_BYTES];
	struct ring_reader reader = logs->reader;
	struct ring_record record;

	logs->first = reader.head.count;
	if (ring_next(&reader, &record, text) > 0)
		logs->first = record.number;
}

static int start_ring(struct logs *logs, struct err *err)
{
	struct timespec now = { 0 };
	struct stat st;
	int r = sys_fstat(logs->fd, &st);

	if (r == 0)
		r = ring_open(&logs->reader, read_ring, logs, (uint64_t)st.st_size);
	if (r < 0)
		return err_errno(err, r, LOGS);
	(void)sys_clock_gettime(CLOCK_REALTIME, &now);
	logs->clock_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 -
			 (int64_t)(clock_now_us() / 1000);
	logs->end = logs->reader.head.head;
	find_first(logs);
	return 0;
}

static void read_boot_id(struct logs *logs)
{
	__fd int fd = sys_openat(AT_FDCWD, "/proc/sys/kernel/random/boot_id",
				 O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0 || sys_read(fd, logs->boot_id, KEPT_BOOT_SIZE - 1) < 0)
		logs->boot_id[0] = '\0';
}

/* Some of this boot's are in memory, too. */
static bool is_wanted(const struct logs *logs, const struct kept_line *line)
{
	bool this_boot = strcmp(line->boot, logs->boot_id) == 0;

	if (logs->fd >= 0 && this_boot && line->number >= logs->first)
		return false;
	return !logs->boot || this_boot;
}

/* How many lines the store has to show. */
static int count_kept(struct logs *logs, uint64_t *ret_count)
{
	struct kept_line line;
	int r;

	*ret_count = 0;
	kept_reader_rewind(&logs->kept);
	while ((r = kept_reader_next(&logs->kept, &line)) > 0)
		*ret_count += is_wanted(logs, &line);
	kept_reader_rewind(&logs->kept);
	return r;
}

static int show_kept(struct logs *logs, uint64_t skip)
{
	struct kept_line line;
	int r;

	while ((r = kept_reader_next(&logs->kept, &line)) > 0) {
		const struct log_show_line shown = {
			.time = line.time,
			.stream = line.stream,
			.open = line.open,
			.text = (char *)(uintptr_t)line.text,
			.size = line.size,
		};

		if (!is_wanted(logs, &line))
			continue;
		if (skip == 0 && logs->kept.lost)
			log_show_lost(&logs->show, logs->kept.lost);
		logs->kept.lost = 0;
		logs->show.boot = line.boot;
		if (skip > 0)
			skip--;
		else
			log_show_line(&logs->show, &shown);
	}
	/* what of this boot is neither here nor there */
	if (strcmp(logs->kept.boot, logs->boot_id) == 0)
		logs->reader.number =
			logs->kept.number < logs->first ? logs->kept.number : logs->first;
	return r;
}

static int start_kept(struct logs *logs, struct err *err)
{
	uint64_t there = logs->fd < 0 ? 0 : logs->reader.head.count - logs->first, count;
	int r = count_kept(logs, &count);

	if (r == 0)
		r = show_kept(logs, logs->all || count + there <= logs->lines ? 0
				    : logs->lines <= there		      ? count
							   : count + there - logs->lines);
	return r < 0 ? err_errno(err, r, "the log of the store") : 0;
}

static void show_record(struct logs *logs, const struct ring_record *record, char *text)
{
	char time[KEPT_TIME_SIZE];
	const struct log_show_line line = {
		.time = time,
		.boot_ms = &record->time_ms,
		.stream = record->stream,
		.open = record->open,
		.text = text,
		.size = record->size,
	};

	kept_time(record->time_ms + (uint64_t)logs->clock_ms, time);
	log_show_line(&logs->show, &line);
}

/* All that is there, but no more than was when we began unless more is waited for. */
static int show_ring(struct logs *logs, struct err *err)
{
	static char text[RING_MAX_BYTES + 1];
	struct ring_reader *reader = &logs->reader;
	struct ring_record record;
	int r = 0;

	logs->show.boot = logs->boot_id;
	while ((logs->follow || reader->at < logs->end) &&
	       (r = ring_next(reader, &record, text)) > 0) {
		bool wanted =
			logs->all || record.number + logs->lines >= reader->head.count;

		if (wanted && reader->lost > logs->told)
			log_show_lost(&logs->show, reader->lost - logs->told);
		logs->told = reader->lost;
		logs->all |= wanted;
		if (wanted)
			show_record(logs, &record, text);
	}
	if (r == -EAGAIN)
		r = 0;
	return r < 0 ? err_errno(err, r, LOGS) : log_show_flush(&logs->show, err);
}

static int run(struct logs *logs, struct err *err)
{
	const struct timespec pause = { .tv_nsec = 200000000 };
	int r = logs->fd < 0 ? 0 : start_ring(logs, err);

	if (r < 0)
		return r;
	log_show_init(&logs->show, logs->json);
	if (logs->fd >= 0 && logs->lines > logs->reader.head.count && !logs->is_kept)
		logs->lines = logs->reader.head.count;
	if (logs->is_kept)
		r = start_kept(logs, err);
	while (r == 0 && logs->fd >= 0) {
		r = show_ring(logs, err);
		if (r < 0 || !logs->follow)
			break;
		(void)sys_nanosleep(&pause);
	}
	return r < 0 ? r : log_show_done(&logs->show, err);
}

/* Of a store that is named, there is nothing in memory. */
static int open_all(struct logs *logs, struct err *err)
{
	struct err why = ERR_INIT;
	int r = logs->ctl->store ? -ENOENT : open_ring(logs, err), kept;

	if (r < 0 && r != -ENOENT)
		return r;
	read_boot_id(logs);
	kept = kept_reader_open(&logs->kept, logs->ctl, logs->name, &why);
	logs->is_kept = kept > 0;
	if (kept < 0 && logs->boot && r == 0)
		return 0;
	if (kept < 0)
		return err_set(err, kept, "%s", why.text);
	if (kept == 0 && logs->ctl->store)
		return err_set(err, -ENOENT, "%s: no log is kept there",
			       logs->ctl->store);
	return kept > 0 ? 0 : r;
}

static int logs_run(struct cmd_line *line, struct err *err)
{
	static struct logs logs; /* large, and no part of the program's file */
	int option, r;

	logs.all = true;
	logs.fd = -EBADF;
	while ((r = cmd_next(line, &option, err)) > 0) {
		logs.follow |= option == OPT_FOLLOW;
		logs.json |= option == OPT_JSON;
		logs.boot |= option == OPT_BOOT;
		logs.all &= option != OPT_LINES;
		r = option == OPT_LINES
			    ? cmd_number(line, option, 0, 1000000, &logs.lines, err)
			    : 0;
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 0, 1, err);
	logs.ctl = ctl_of(line);
	logs.name = line->argv[line->at];
	if (r == 0)
		r = open_all(&logs, err);
	return r < 0 ? r : run(&logs, err);
}

const struct cmd cmd_logs = {
	.name = "logs",
	.args = "[NAME]",
	.help = "What the application said",
	.options = options,
	.run = logs_run,
};
