/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/fd.h"
#include "ctl/ask.h"

#define WORDS 63 /* and exec itself */

static int exec_run(struct cmd_line *line, struct err *err)
{
	static char text[ASK_SIZE];
	const char *words[WORDS + 2] = { "exec" };
	size_t count = 1;
	int r = ctl_flags(line, NULL, -1, err);

	if (r == 0)
		r = cmd_operands(line, 1, WORDS, err);
	if (r < 0)
		return r;
	for (int i = line->at; i < line->argc; i++)
		words[count++] = line->argv[i];
	__fd int fd = ask_open(ctl_of(line), err);

	r = fd < 0 ? fd : ask_send(fd, words, true, err);
	if (r == 0)
		r = ask_receive(fd, text, err);
	if (r < 0)
		return r;
	exit(ask_status(text));
}

const struct cmd cmd_exec = {
	.name = "exec",
	.args = "CMD [ARG...]",
	.help = "Run a program beside the application, as its user",
	.in_order = true,
	.run = exec_run,
};
