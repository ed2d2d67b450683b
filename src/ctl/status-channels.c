/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "ctl/status.h"

static void read_fetch(const struct ctl *ctl, struct status *status)
{
	__fd int fd = ctl_open_run(ctl, STATUS_FETCH, O_RDONLY);

	uint64_t then_s, now_s = clock_now_us() / 1000000;

	if (fd < 0 || fd_pread_all(fd, &then_s, sizeof(then_s), 0) < 0)
		return;
	/* what is behind it is NUL */
	(void)sys_pread(fd, status->fetch, sizeof(status->fetch) - 1, sizeof(then_s));
	status->fetch_age_s = now_s > then_s ? now_s - then_s : 0;
}

/* In the largest unit that it has two of. */
static void add_age(struct out *out, uint64_t age_s)
{
	static const struct {
		uint32_t seconds;
		char name[5];
	} units[] = { { 86400, "days" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	while (i < 3 && age_s < 2 * units[i].seconds)
		i++;
	out_addf(out, "%" PRIu64 " %s", age_s / units[i].seconds, units[i].name);
}

/* Those that are signed; what else lies there is nobody's word. */
void status_read_channels(const struct ctl *ctl, int store, struct status *status)
{
	static struct word word;
	__fd int dir = path_open_own(store, "channel", O_RDONLY | O_DIRECTORY, 0);
	const struct dirent *entry;
	struct timespec now = { 0 };
	struct dir list;

	(void)sys_clock_gettime(CLOCK_REALTIME, &now);
	status->now_s = (uint64_t)now.tv_sec;
	read_fetch(ctl, status);
	dir_init(&list, dir);
	while (dir >= 0 && status->channel_count < STATUS_CHANNELS &&
	       dir_next(&list, &entry) > 0)
		if (word_kept(&ctl->settings.policy, store, entry->d_name, &word, NULL) ==
		    0)
			status->channels[status->channel_count++] = word.says;
}

void status_channels_text(struct out *out, const struct status *status)
{
	for (size_t i = 0; i < status->channel_count; i++) {
		const struct channel *c = &status->channels[i];

		out_addf(out, "channel    %s, word %" PRIu64 ", %" PRIu64 " days old\n",
			 c->channel, c->counter,
			 status->now_s < c->issued ? 0
						   : (status->now_s - c->issued) / 86400);
	}
	if (!status->fetch[0])
		return;
	out_add(out, "fetch      failed ");
	add_age(out, status->fetch_age_s);
	out_add(out, " ago: ");
	out_clean(out, status->fetch);
	out_add(out, "\n");
}

void status_channels_json(struct out *out, const struct status *status)
{
	if (status->fetch[0]) {
		json_text(out, STATUS_FETCH, status->fetch);
		json_number(out, "fetchAge", status->fetch_age_s);
	}
	if (status->channel_count == 0)
		return;
	json_open(out, "channels", '[');
	for (size_t i = 0; i < status->channel_count; i++) {
		const struct channel *c = &status->channels[i];

		json_open(out, NULL, '{');
		json_text(out, "channel", c->channel);
		json_number(out, "counter", c->counter);
		json_number(out, "issued", c->issued);
		json_close(out, '}');
	}
	json_close(out, ']');
}
