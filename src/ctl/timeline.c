/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/timeline.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"

static char text[32768]; /* what init has room for, with 500 layers */

struct step {
	uint64_t start_us, end_us;
	const char *name; /* ended */
};

/* Cuts a line "START END NAME" apart. false: it is something else. */
static bool read_step(char *line, struct step *ret_step)
{
	char *end = strchr(line, ' '), *name = end ? strchr(end + 1, ' ') : NULL;

	if (!name || str_number(line, (size_t)(end - line), &ret_step->start_us) < 0 ||
	    str_number(end + 1, (size_t)(name - end - 1), &ret_step->end_us) < 0 ||
	    ret_step->end_us < ret_step->start_us)
		return false;
	ret_step->name = name + 1;
	return true;
}

static void show_text(struct out *out, const struct step *step)
{
	uint64_t took_us = step->end_us - step->start_us;

	out_addf(out, "%8" PRIu64 ".%03u ms %8" PRIu64 ".%03u ms  ",
		 step->start_us / 1000, (unsigned int)(step->start_us % 1000),
		 took_us / 1000, (unsigned int)(took_us % 1000));
	out_clean(out, step->name);
	out_add(out, "\n");
}

static void show_json(struct out *out, const struct step *step)
{
	json_open(out, NULL, '{');
	json_text(out, "step", step->name);
	json_number(out, "start", step->start_us);
	json_number(out, "end", step->end_us);
	json_close(out, '}');
}

int timeline_show(struct out *out, const struct ctl *ctl, bool json, struct err *err)
{
	__fd int fd = ctl_open_run(ctl, "boot", O_RDONLY);
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, text, sizeof(text) - 1);
	struct step step;

	if (size < 0)
		return err_errno(err, (int)size, "%s/boot",
				 ctl->run ? ctl->run : CTL_RUN);
	text[size] = '\0';
	if (json)
		json_open(out, "boot", '[');
	else
		out_addf(out, "%15s %15s  step\n", "began at", "took");
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (!read_step(line, &step))
			continue;
		if (json)
			show_json(out, &step);
		else
			show_text(out, &step);
	}
	if (json)
		json_close(out, ']');
	return 0;
}
