/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "cli/utf8.h"

#define BAR 24

static uint64_t now_ms(void)
{
	return clock_now_us() / 1000;
}

void progress_init(struct progress *progress)
{
	struct winsize size;

	/* only a terminal has one */
	*progress = (struct progress){ .terminal = sys_ioctl(2, TIOCGWINSZ, &size) >= 0 };
}

void progress_share(struct progress *progress, const uint32_t *turn, uint32_t own)
{
	progress->turn = turn;
	progress->own = own;
}

static bool is_shown(const struct progress *progress)
{
	return !progress->turn ||
	       __atomic_load_n(progress->turn, __ATOMIC_RELAXED) == progress->own;
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

	if (sys_ioctl(2, TIOCGWINSZ, &size) < 0 || size.ws_col < 40)
		return 80;
	return size.ws_col;
}

/* How much of the bar; nothing when nobody knows of how much. */
static size_t filled_of(uint64_t done, uint64_t total)
{
	for (; total > UINT64_MAX / BAR; total >>= 1)
		done >>= 1;
	if (done >= total)
		return total ? BAR : 0;
	return (size_t)(done * BAR / total);
}

/* "[#####....] 12 MiB of 40 MiB  reading sha256:..." cut to the terminal's width */
static void draw(const struct progress *p)
{
	char done[16], total[16], text[512], line[sizeof(text) + 8];
	size_t filled = filled_of(p->done_bytes, p->total_bytes);
	size_t width = (size_t)columns() - 1;
	struct str s;

	str_init(&s, text, width < sizeof(text) ? width + 1 : sizeof(text));
	str_add(&s, "[");
	for (size_t i = 0; i < BAR; i++)
		str_add(&s, i < filled ? "#" : ".");
	str_addf(&s, "] %s", str_size(p->done_bytes, done));
	if (p->total_bytes)
		str_addf(&s, " of %s", str_size(p->total_bytes, total));
	str_addf(&s, "  %s ", p->verb);
	for (const char *c = p->name; *c; c++)
		str_add_bytes(&s, c, 1);
	/* a name of anybody's, or half a character of it */
	utf8_clean(text);
	str_init(&s, line, sizeof(line));
	str_addf(&s, "\r%s\033[K", text);
	(void)fd_write_all(2, s.buf, s.used);
}

void progress_add(struct progress *progress, uint64_t bytes)
{
	uint64_t now;

	if (!progress || !progress->terminal)
		return;
	progress->done_bytes += bytes;
	now = now_ms();
	if (!is_shown(progress))
		return;
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
		(void)fd_write_all(2, "\r\033[K", 4);
	if (progress)
		progress->drawn = false;
}
