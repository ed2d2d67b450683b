/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cmd.h"

static const struct cmd *find(const struct cmd_program *program, const char *word)
{
	for (const struct cmd *const *cmd = program->commands; *cmd; cmd++)
		if (strcmp((*cmd)->name, word) == 0)
			return *cmd;
	return NULL;
}

static int print_help(const struct cmd_program *program, const char *word,
		      struct err *err)
{
	const struct cmd *cmd = word ? find(program, word) : NULL;

	if (word && !cmd)
		return cmd_usage(err, "no command '%s'", word);
	return cmd ? cmd_print_help(program, cmd, err) : cmd_print_commands(program, err);
}

static int print_version(const struct cmd_program *program, struct err *err)
{
	char text[64];
	struct str s;
	int r;

	str_init(&s, text, sizeof(text));
	str_addf(&s, "%s " LAMINA_VERSION "\n", program->name);
	r = fd_write_all(1, s.buf, s.used);
	return r < 0 ? err_errno(err, r, "standard output") : 0;
}

static int run_command(struct cmd_line *line, struct err *err)
{
	const struct cmd_program *program = line->program;
	int r = program->start ? program->start(err) : 0;

	if (r >= 0)
		r = line->cmd->run(line, err);
	if (r == CMD_HELP)
		r = cmd_print_help(program, line->cmd, err);
	if (r >= 0 && program->finish)
		r = program->finish(err);
	return r;
}

/* The options of every command that stand before its name; then its line begins. */
static int skip_options(struct cmd_line *line, struct err *err)
{
	int option;
	int r = line->program->options ? cmd_next(line, &option, err) : 0;
	int at = line->program->options ? line->at : 1;

	line->argc -= at;
	line->argv += at;
	line->at = 0;
	return r;
}

static int run(struct cmd_line *line, struct err *err)
{
	const char *first = line->argc > 1 ? line->argv[1] : "help";
	int r;

	if (strcmp(first, "--version") == 0)
		return print_version(line->program, err);
	if (!line->program->commands[0]->name[0]) {
		line->cmd = line->program->commands[0];
		return run_command(line, err);
	}
	if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
		return print_help(line->program, line->argv[2], err);
	r = skip_options(line, err);
	if (r == CMD_HELP || (r == 0 && line->argc == 0))
		return print_help(line->program, NULL, err);
	if (r < 0)
		return r;
	if (strcmp(line->argv[0], "help") == 0)
		return print_help(line->program, line->argv[1], err);
	line->cmd = find(line->program, line->argv[0]);
	return line->cmd ? run_command(line, err)
			 : print_help(line->program, line->argv[0], err);
}

static int exit_code(int r)
{
	switch (r) {
	case CMD_USAGE:
		return CMD_EXIT_USAGE;
	case -EAGAIN:
	case -EBUSY:
		return CMD_EXIT_AGAIN;
	default:
		return r < 0 ? CMD_EXIT_FAILED : CMD_EXIT_DONE;
	}
}

int cmd_main(const struct cmd_program *program, int argc, char **argv)
{
	struct cmd_line line = { .program = program, .argc = argc, .argv = argv };
	struct err err = ERR_INIT;
	int r;

	cmd_note_as(program->name);
	r = run(&line, &err);
	if (r < 0)
		cmd_note("%s", err.text[0] ? err.text : err_reason(r));
	if (r == CMD_USAGE && line.cmd)
		cmd_note("`%s%s%s --help` tells how", program->name,
			 line.cmd->name[0] ? " " : "", line.cmd->name);
	else if (r == CMD_USAGE)
		cmd_note("`%s` lists the commands", program->name);
	return exit_code(r);
}
