/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "ctl/app.h"
#include "ctl/ask.h"
#include "ctl/terminal.h"

#define WORDS 62 /* and what comes before them */
#define KIND_SIZE 64

static const struct cmd_option options[] = {
	{ "tty", 't', NULL, "with a terminal of its own" },
	{ 0 },
};

/* The terminal's kind, as its user has it. */
static const char *kind_of(char ret_text[KIND_SIZE])
{
	const char *kind = getenv("TERM");
	struct str s;

	str_init(&s, ret_text, KIND_SIZE);
	str_addf(&s, "TERM=%s", kind && strlen(kind) < KIND_SIZE / 2 ? kind : "xterm");
	return ret_text;
}

/* As large as ours, where the application is. */
static int open_terminal(const struct ctl *ctl, const char *name,
			 struct terminal *terminal, struct err *err)
{
	static char text[ASK_SIZE];
	struct app app = { .pid = 0 };
	int r = terminal_check(err);

	if (r == 0)
		r = ask_word(ctl, "ps", NULL, text, err);
	/* several: of a set, the first word is a member's name */
	if (r == 0 && strstr(text, "\n\n"))
		r = ask_word(ctl, "ps", name, text, err);
	if (r < 0)
		return r;
	(void)app_parse(text, &app);
	if (app.pid == 0)
		return err_set(err, -ESRCH, "the application does not run");
	return terminal_open(terminal, ctl, app.pid, err);
}

static int run(const struct ctl *ctl, const char *const *words, struct terminal *terminal,
	       struct err *err)
{
	static const int standard[] = { 0, 1, 2 };
	static char text[ASK_SIZE];
	const int there[] = { terminal->slave, terminal->slave, terminal->slave };
	bool is_terminal = terminal->slave >= 0;
	__fd int fd = ask_open(ctl, err);
	int r = fd < 0 ? fd : ask_send(fd, words, is_terminal ? there : standard, err);

	fd_close(fd_take(&terminal->slave));
	if (r == 0 && is_terminal)
		r = terminal_pass(terminal, fd, err);
	if (r == 0)
		r = ask_receive(fd, text, err);
	return r < 0 ? r : ask_status(text);
}

static int exec_run(struct cmd_line *line, struct err *err)
{
	struct terminal terminal = { -EBADF, -EBADF };
	const char *words[WORDS + 3] = { "exec" };
	bool tty = false;
	bool *const flags[] = { &tty };
	char kind[KIND_SIZE];
	size_t count = 1;
	int r = ctl_flags(line, flags, -1, err);

	if (r == 0)
		r = cmd_operands(line, 1, WORDS, err);
	if (r == 0 && tty) {
		words[0] = "terminal";
		words[count++] = kind_of(kind);
		r = open_terminal(ctl_of(line), line->argv[line->at], &terminal, err);
	}
	for (int i = line->at; r == 0 && i < line->argc; i++)
		words[count++] = line->argv[i];
	if (r == 0)
		r = run(ctl_of(line), words, &terminal, err);
	terminal_close(&terminal);
	if (r < 0)
		return r;
	exit(r);
}

const struct cmd cmd_exec = {
	.name = "exec",
	.args = "[NAME] CMD [ARG...]",
	.help = "Run a program beside the application, as its user",
	.options = options,
	.in_order = true,
	.run = exec_run,
};
