/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"

#define HELP_SIZE 8192 /* of the longest help */

static int print(const struct str *s, struct err *err)
{
	int r = str_done(s);

	if (r == 0)
		r = fd_write_all(1, s->buf, s->used);
	return r < 0 ? err_errno(err, r, "standard output") : 0;
}

/* An option as its line of the help begins: "--output FILE". */
static int option_text(const struct cmd_option *option, char *ret_text, size_t size)
{
	return snprintf(ret_text, size, "--%s%s%s", option->name, option->arg ? " " : "",
			option->arg ? option->arg : "");
}

static void add_options(struct str *s, const struct cmd_option *options)
{
	char text[64];
	int width = 0;

	for (const struct cmd_option *o = options; o && o->name; o++) {
		int size = option_text(o, text, sizeof(text));

		width = size > width ? size : width;
	}
	for (const struct cmd_option *o = options; o && o->name; o++) {
		(void)option_text(o, text, sizeof(text));
		if (o->letter)
			str_addf(s, "  -%c, %-*s  %s\n", o->letter, width, text, o->help);
		else
			str_addf(s, "      %-*s  %s\n", width, text, o->help);
	}
}

int cmd_print_help(const struct cmd_program *program, const struct cmd *cmd,
		   struct err *err)
{
	char text[HELP_SIZE];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_addf(&s, "usage: %s%s%s%s%s%s\n\n%s.\n", program->name,
		 cmd->name[0] ? " " : "", cmd->name,
		 cmd->options || program->options ? " [OPTION...]" : "",
		 cmd->args[0] ? " " : "", cmd->args, cmd->help);
	if (cmd->more)
		str_addf(&s, "\n%s", cmd->more);
	if (cmd->options && cmd->options->name)
		str_add(&s, "\n");
	add_options(&s, cmd->options);
	if (program->options)
		str_add(&s, "\nOptions of every command:\n");
	add_options(&s, program->options);
	return print(&s, err);
}

int cmd_print_commands(const struct cmd_program *program, struct err *err)
{
	char text[HELP_SIZE];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_addf(&s, "usage: %s COMMAND [OPTION...] [ARGUMENT...]\n\n%s\n\n",
		 program->name, program->help);
	for (const struct cmd *const *cmd = program->commands; *cmd; cmd++)
		str_addf(&s, "  %-12s %s\n", (*cmd)->name, (*cmd)->help);
	if (program->options)
		str_add(&s, "\nOptions of every command:\n");
	add_options(&s, program->options);
	str_addf(&s, "\n`%s COMMAND --help` tells the rest.\n", program->name);
	return print(&s, err);
}
