/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "ctl/ctl.h"
#include "ctl/out.h"
#include "format/ring.h"

#define LOGS "logs"

enum {
	OPT_FOLLOW,
	OPT_LINES,
	OPT_JSON,
};

static const struct cmd_option options[] = {
	{ "follow", 'f', NULL, "go on with what comes" },
	{ "lines", 'n', "N", "only the last N" },
	{ "json", 0, NULL, "print JSON, an object each" },
	{ 0 },
};

struct logs {
	bool follow, json, all;
	unsigned long long lines; /* of the last, unless all */
	int fd;
	struct ring_reader reader;
	struct out out;
	uint64_t end;	  /* where it ended when we began */
	uint64_t told;	  /* lost ones that were */
	int64_t clock_ms; /* from CLOCK_BOOTTIME to the time of day */
	int open;	  /* stream whose line has not ended yet, -1: none */
};

/* The only one there is, unless it has a name. */
static int open_log(const struct ctl *ctl, const char *name, struct err *err)
{
	char path[CTL_PATH_SIZE];
	int r = ctl_path(ctl, LOGS, path, err);
	const struct dirent *entry;
	struct dir list;

	if (r < 0)
		return r;
	/* in a container, a mount of its own */
	__fd int logs = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	r = logs;
	if (r == -ENOENT)
		return err_set(err, r, "no application is supervised here");
	if (r >= 0 && !name) {
		dir_init(&list, logs);
		r = dir_next(&list, &entry);
		if (r == 0)
			return err_set(err, -ENOENT, LOGS ": there is none");
		if (r > 0)
			name = entry->d_name;
	}
	if (r >= 0)
		r = path_open_own_file(logs, name, NULL, NULL);
	return r < 0 ? err_errno(err, r, LOGS "/%s", name ? name : "") : r;
}

static int read_ring(void *context, uint64_t offset, void *buf, size_t size)
{
	const struct logs *logs = context;

	return fd_pread_all(logs->fd, buf, size, offset);
}

/* "2026-11-30T15:20:01.123Z", of the Gregorian calendar, whose years begin in March here:
 * the leap day is the last one. */
static void time_text(uint64_t time_ms, char *ret_text, size_t size)
{
	uint64_t second = time_ms / 1000 % 86400, days = time_ms / 86400000 + 719468;
	uint64_t era = days / 146097, day = days % 146097;
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	month = month < 10 ? month + 3 : month - 9;
	year += 400 * era + (month <= 2);
	(void)snprintf(ret_text, size, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
		       (unsigned int)year, (unsigned int)month, (unsigned int)day + 1,
		       (unsigned int)(second / 3600), (unsigned int)(second / 60 % 60),
		       (unsigned int)(second % 60), (unsigned int)(time_ms % 1000));
}

static const char *stream_name(uint8_t stream)
{
	return stream == 0 ? "stdout" : "stderr";
}

/* NUL ends no line here, and a tab is no command to a terminal. */
static void make_text(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\0')
			text[i] = '?';
		else if (text[i] == '\t')
			text[i] = ' ';
	}
	text[size] = '\0';
}

static void show_text(struct logs *logs, const struct ring_record *record,
		      const char *time, const char *text)
{
	struct out *out = &logs->out;

	if (logs->open != record->stream) {
		if (logs->open >= 0)
			out_add(out, "\n");
		out_addf(out, "%s %s ", time, stream_name(record->stream));
	}
	out_clean(out, text);
	logs->open = record->open ? record->stream : -1;
	if (!record->open)
		out_add(out, "\n");
}

static void show_json(struct logs *logs, const struct ring_record *record,
		      const char *time, const char *text)
{
	struct out *out = &logs->out;

	out->more = false; /* each stands by itself */
	json_open(out, NULL, '{');
	json_text(out, "time", time);
	json_number(out, "sinceBoot", record->time_ms);
	json_text(out, "stream", stream_name(record->stream));
	json_text(out, "text", text);
	json_bool(out, "continues", record->open);
	json_close(out, '}');
}

static void show(struct logs *logs, const struct ring_record *record, char *text)
{
	char time[40];

	make_text(text, record->size);
	time_text(record->time_ms + (uint64_t)logs->clock_ms, time, sizeof(time));
	(logs->json ? show_json : show_text)(logs, record, time, text);
}

static void tell_lost(struct logs *logs)
{
	uint64_t lost = logs->reader.lost - logs->told;

	logs->told = logs->reader.lost;
	if (lost == 0)
		return;
	if (logs->json) {
		logs->out.more = false;
		json_open(&logs->out, NULL, '{');
		json_number(&logs->out, "lost", lost);
		json_close(&logs->out, '}');
	} else {
		cmd_note("%" PRIu64 " line%s lost", lost, lost == 1 ? " was" : "s were");
	}
}

/* All that is there, but no more than was when we began unless more is waited for. */
static int show_all(struct logs *logs, struct err *err)
{
	static char text[RING_MAX_BYTES + 1];
	struct ring_reader *reader = &logs->reader;
	struct ring_record record;
	int r = 0;

	while ((logs->follow || reader->at < logs->end) &&
	       (r = ring_next(reader, &record, text)) > 0) {
		bool wanted =
			logs->all || record.number + logs->lines >= reader->head.count;

		if (!wanted) {
			logs->told = reader->lost;
			continue;
		}
		logs->all = true;
		tell_lost(logs);
		show(logs, &record, text);
	}
	if (r == -EAGAIN)
		r = 0;
	return r < 0 ? err_errno(err, r, LOGS) : out_done(&logs->out, err);
}

static int run(struct logs *logs, struct err *err)
{
	const struct timespec pause = { .tv_nsec = 200000000 };
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
	if (logs->lines > logs->reader.head.count)
		logs->lines = logs->reader.head.count;
	out_init(&logs->out, 1);
	do {
		r = show_all(logs, err);
		if (r == 0 && logs->follow)
			(void)sys_nanosleep(&pause);
	} while (r == 0 && logs->follow);
	if (r == 0 && logs->open >= 0)
		out_add(&logs->out, "\n");
	return r < 0 ? r : out_done(&logs->out, err);
}

static int logs_run(struct cmd_line *line, struct err *err)
{
	static struct logs logs = { .all = true, .open = -1 };
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		logs.follow |= option == OPT_FOLLOW;
		logs.json |= option == OPT_JSON;
		logs.all &= option != OPT_LINES;
		r = option == OPT_LINES
			    ? cmd_number(line, option, 0, 1000000, &logs.lines, err)
			    : 0;
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 0, 1, err);
	if (r < 0)
		return r;
	logs.fd = open_log(ctl_of(line), line->argv[line->at], err);
	return logs.fd < 0 ? logs.fd : run(&logs, err);
}

const struct cmd cmd_logs = {
	.name = "logs",
	.args = "[NAME]",
	.help = "What the application said last",
	.options = options,
	.run = logs_run,
};
