/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define BAR 24

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void progress_init(struct progress *progress)
{
	*progress = (struct progress){ .terminal = isatty(STDERR_FILENO) == 1 };
}

void progress_begin(struct progress *progress, const char *verb, const char *name,
		    uint64_t total_bytes)
{
	if (!progress || !progress->terminal)
		return;
	progress->start_ms = now_ms();
	progress->last_ms = progress->start_ms;
	progress->verb = verb;
	progress->name = name;
	progress->done_bytes = 0;
	progress->total_bytes = total_bytes;
}

static int columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 40)
		return 80;
	return size.ws_col;
}

/* "[#####....] 12 MiB of 40 MiB  reading sha256:..." cut to the terminal's width */
static void draw(const struct progress *p)
{
	char bar[BAR + 1], done[16], total[16], line[512];
	uint64_t part = p->total_bytes ? p->done_bytes : 0;
	size_t filled = 0;
	int n, width = columns() - 1;

	if (part > p->total_bytes)
		part = p->total_bytes;
	if (p->total_bytes)
		filled = (size_t)((double)part / (double)p->total_bytes * BAR);
	memset(bar, '.', BAR);
	memset(bar, '#', filled);
	bar[BAR] = '\0';
	(void)str_size(p->done_bytes, done);
	(void)str_size(p->total_bytes, total);
	n = snprintf(line, sizeof(line), "[%s] %s%s%s  %s %s", bar, done,
		     p->total_bytes ? " of " : "", p->total_bytes ? total : "", p->verb,
		     p->name);
	if (n > width)
		line[width] = '\0';
	fprintf(stderr, "\r%s\033[K", line);
}

void progress_add(struct progress *progress, uint64_t bytes)
{
	uint64_t now;

	if (!progress || !progress->terminal)
		return;
	progress->done_bytes += bytes;
	now = now_ms();
	if (now - progress->start_ms < 1000 || now - progress->last_ms < 100)
		return;
	progress->last_ms = now;
	progress->drawn = true;
	draw(progress);
}

void progress_verb(struct progress *progress, const char *verb)
{
	if (!progress || !progress->terminal)
		return;
	progress->verb = verb;
	if (progress->drawn)
		draw(progress);
}

void progress_end(struct progress *progress)
{
	if (progress && progress->drawn)
		fputs("\r\033[K", stderr);
	if (progress)
		progress->drawn = false;
}
