/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/status.h"
#include "install/incoming.h"
#include "install/remove.h"

static const struct cmd_option options[] = {
	{ "failed", 0, NULL, "it is why a fetch failed; or nothing" },
	{ 0 },
};

static struct word word, kept;

static int keep(int store, struct err *err)
{
	static const char name[] = "channel";
	__fd int incoming = incoming_dir(store, "incoming", err);
	__fd int dir = incoming < 0 ? incoming : incoming_dir(store, name, err);
	int r = dir < 0 ? dir : remove_entry(incoming, name, incoming, err);

	if (r == 0)
		r = incoming_put(incoming, name, word.text, word.size, err);
	if (r < 0)
		return r;
	r = path_move(incoming, name, dir, word.says.channel);
	return r < 0 ? err_errno(err, r, "%s", name) : 0;
}

/* What was said once is not said again in other words: only the counter tells which is newer. Devices that
 * joined an image stay with it. */
static int take(struct change *change, struct err *err)
{
	const struct policy *policy = &change->settings->policy;
	int r = word_read(policy, &word, err);

	if (r < 0)
		return r;
	if (word_kept(policy, change->store, word.says.channel, &kept, NULL) == 0) {
		if (kept.size == word.size &&
		    memcmp(kept.text, word.text, word.size) == 0)
			return 0;
		if (kept.says.counter >= word.says.counter)
			return err_set(err, -ESTALE,
				       "word %" PRIu64 " of channel %s, and %" PRIu64
				       " is known already",
				       word.says.counter, word.says.channel,
				       kept.says.counter);
		if (digest_equal(&kept.says.image, &word.says.image) &&
		    word.says.percent && word.says.percent < kept.says.percent)
			return err_set(err, -ESTALE, "percent falls");
	}
	r = change_writable(change, err);
	return r < 0 ? r : keep(change->store, err);
}

static int tell(struct ctl *ctl, struct change *change, void *name, struct err *err)
{
	struct out out;
	int r = take(change, err);

	(void)ctl;
	if (r < 0)
		return err_wrap(err, r, "%s", cmd_input_name(name));
	word.text[word.says.body_size] = '\0';
	out_init(&out, 1);
	out_add(&out, word.text);
	return out_done(&out, err);
}

/* Until the device is started anew, with the second since that: nobody sets that clock. */
static int note(const struct ctl *ctl, struct err *err)
{
	__fd int fd = ctl_open_run(ctl, STATUS_FETCH, O_WRONLY | O_CREAT | O_TRUNC);
	uint64_t now_s = clock_now_us() / 1000000;
	int r = fd;

	if (r >= 0 && word.size)
		r = fd_write_all(fd, &now_s, sizeof(now_s));
	if (r >= 0)
		r = fd_write_all(fd, word.text, word.size);
	return r < 0 ? err_errno(err, r, STATUS_FETCH) : 0;
}

static int channel_run(struct cmd_line *line, struct err *err)
{
	__fd int fd = -EBADF;
	ssize_t size;
	char *name;
	bool failed = false, *const flags[] = { &failed };
	int r = ctl_flags(line, flags, 1, err);

	if (r == 0)
		r = cmd_operands(line, 1, 1, err);
	if (r < 0)
		return r;
	name = line->argv[line->at];
	fd = ctl_open_input(name, err);
	if (fd < 0)
		return fd;
	size = fd_read_file(fd, word.text, CHANNEL_MAX_SIZE);
	if (size < 0)
		return err_errno(err, (int)size, "%s", cmd_input_name(name));
	word.size = (size_t)size;
	return failed ? note(ctl_of(line), err)
		      : ctl_change(ctl_of(line), tell, name, err);
}

const struct cmd cmd_channel = {
	.name = "channel",
	.args = "FILE|-",
	.help = "Take a channel's word: which image is to run",
	.options = options,
	.run = channel_run,
};
