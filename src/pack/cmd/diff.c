/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/diff/diff.h"
#include "cli/cmd.h"
#include "pack/diff/show.h"

enum {
	OPT_BEFORE,
	OPT_AFTER,
	OPT_TIMES,
	OPT_JSON
};

static const struct cmd_option options[] = {
	{ "before", 0, "ID", "which image of the first store, when it holds several" },
	{ "after", 0, "ID", "which image of the second" },
	{ "times", 0, NULL, "another modification time is a change too" },
	{ "json", 0, NULL, "print JSON" },
	{ 0 },
};

struct request {
	const char *before, *before_prefix, *after, *after_prefix;
	bool times, json;
};

static int ask_for_two(const struct cmd_line *line, struct err *err)
{
	if (line->at == line->argc)
		return cmd_usage(err, "diff: which two images, before and after? "
				      "STORE|BUNDLE STORE|BUNDLE");
	return cmd_usage(err, "diff: compare %s with what? say a second STORE|BUNDLE",
			 line->argv[line->at]);
}

static int request_read(struct cmd_line *line, struct request *q, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		if (option == OPT_BEFORE)
			q->before_prefix = line->value;
		else if (option == OPT_AFTER)
			q->after_prefix = line->value;
		else if (option == OPT_TIMES)
			q->times = true;
		else
			q->json = true;
	}
	if (r == 0)
		r = line->argc - line->at < 2 ? ask_for_two(line, err)
					      : cmd_operands(line, 2, 2, err);
	if (r < 0)
		return r;
	q->before = line->argv[line->at];
	q->after = line->argv[line->at + 1];
	return 0;
}

static int diff_run(struct cmd_line *line, struct err *err)
{
	struct request q = { .json = false };
	__diff struct diff diff = { .before.place = PLACE_INIT,
				    .after.place = PLACE_INIT };
	int r = request_read(line, &q, err);

	if (r == 0)
		r = diff_open(&diff, q.before, q.before_prefix, q.after, q.after_prefix,
			      err);
	if (r == 0)
		r = diff_read(&diff, err);
	if (r < 0)
		return r;
	return diff_show(&diff, q.times, q.json, err);
}

const struct cmd cmd_diff = {
	.name = "diff",
	.args = "STORE|BUNDLE STORE|BUNDLE",
	.help = "Tell what changed between two images, and what a device fetches",
	.options = options,
	.run = diff_run,
};
