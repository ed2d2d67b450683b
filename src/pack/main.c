/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "pack/cmd.h"
#include "trust/digest.h"

extern const struct cmd cmd_keygen, cmd_pack, cmd_sign, cmd_verify, cmd_inspect,
	cmd_bundle, cmd_unbundle, cmd_initramfs, cmd_disk, cmd_kernel_check, cmd_diff;

/* In the order in which people need them. */
static const struct cmd *const commands[] = {
	&cmd_keygen,  &cmd_pack,	 &cmd_sign,	&cmd_verify,
	&cmd_inspect, &cmd_bundle,	 &cmd_unbundle, &cmd_initramfs,
	&cmd_disk,    &cmd_kernel_check, &cmd_diff,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct cmd *command_find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void print_commands(FILE *out)
{
	fputs("usage: lamina COMMAND [OPTION...] [ARGUMENT...]\n\n"
	      "Turns container images into signed stacks of layers for devices.\n\n",
	      out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-12s %s\n", commands[i]->name, commands[i]->help);
	fputs("\n`lamina COMMAND --help` tells the rest.\n", out);
}

static int print_help(const char *name)
{
	const struct cmd *cmd = name ? command_find(name) : NULL;

	if (name && !cmd) {
		cmd_note("no command '%s'; `lamina` lists them", name);
		return CMD_EXIT_USAGE;
	}
	if (cmd)
		cmd_print_help(cmd);
	else
		print_commands(stdout);
	return CMD_EXIT_DONE;
}

static int asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	       strcmp(word, "help") == 0;
}

static int run_command(int argc, char **argv)
{
	const struct cmd *cmd = command_find(argv[0]);
	struct cmd_line line = { .cmd = cmd, .argc = argc, .argv = argv };
	struct err err = ERR_INIT;
	int r;

	if (!cmd)
		return print_help(argv[0]);
	r = trust_start(&err);
	if (r >= 0)
		r = cmd->run(&line, &err);
	if (r == CMD_HELP)
		r = print_help(cmd->name);
	if (r >= 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = err_errno(&err, -errno, "standard output");
	if (r < 0)
		cmd_note("%s", err.text[0] ? err.text : err_reason(r));
	if (r == CMD_USAGE)
		cmd_note("`lamina %s --help` tells how", cmd->name);
	return cmd_exit_code(r);
}

int main(int argc, char **argv)
{
	/* libarchive turns names into bytes by the locale; in C.UTF-8 no name gets lost
	 */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		(void)setlocale(LC_CTYPE, "C");
	if (argc < 2 || asks_for_help(argv[1]))
		return print_help(argc > 2 ? argv[2] : NULL);
	if (strcmp(argv[1], "--version") == 0) {
		puts("lamina " LAMINA_VERSION);
		return CMD_EXIT_DONE;
	}
	return run_command(argc - 1, argv + 1);
}
