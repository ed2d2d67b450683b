/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define CMD_MAX_OPTIONS 64

int cmd_usage(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
		va_end(ap);
	}
	return CMD_USAGE;
}

/* getopt_long()'s tables from ours; its value for a long option is 256 + its place. */
static void getopt_tables(const struct cmd *cmd, struct option *ret_longs,
			  struct str *letters)
{
	size_t n = 0;

	str_add(letters, ":");
	for (const struct cmd_option *o = cmd->options; o && o->name; o++, n++) {
		ret_longs[n] = (struct option){
			.name = o->name,
			.has_arg = o->arg ? required_argument : no_argument,
			.val = 256 + (int)n,
		};
		if (o->letter)
			str_addf(letters, "%c%s", o->letter, o->arg ? ":" : "");
	}
	ret_longs[n] = (struct option){ 0 };
}

static int place_of(const struct cmd *cmd, int got)
{
	if (got >= 256)
		return got - 256;
	for (int n = 0; cmd->options[n].name; n++)
		if (cmd->options[n].letter == got)
			return n;
	return -1;
}

int cmd_next(struct cmd_line *line, int *ret_option, struct err *err)
{
	struct option longs[CMD_MAX_OPTIONS + 1];
	char letters_text[3 * CMD_MAX_OPTIONS];
	struct str letters;
	int got;

	str_init(&letters, letters_text, sizeof(letters_text));
	getopt_tables(line->cmd, longs, &letters);
	if (line->at == 0) {
		opterr = 0;
		optind = 0; /* starts afresh, with glibc and musl */
		line->at = 1;
	}
	got = getopt_long(line->argc, line->argv, letters_text, longs, NULL);
	if (got == -1) {
		line->at = optind;
		return 0;
	}
	if (got == ':')
		return cmd_usage(err, "%s: %s needs a value", line->cmd->name,
				 line->argv[optind - 1]);
	if (got == '?' && optopt && optopt < 256)
		return cmd_usage(err, "%s: unknown option -%c", line->cmd->name, optopt);
	if (got == '?')
		return cmd_usage(err, "%s: unknown or ambiguous option %s",
				 line->cmd->name, line->argv[optind - 1]);
	line->value = optarg;
	*ret_option = place_of(line->cmd, got);
	return 1;
}

int cmd_operands(const struct cmd_line *line, int least, int most, struct err *err)
{
	int count = line->argc - line->at;

	if (count < least)
		return cmd_usage(err, "%s: %s missing", line->cmd->name, line->cmd->args);
	if (most >= 0 && count > most)
		return cmd_usage(err, "%s: what is '%s'?", line->cmd->name,
				 line->argv[line->at + most]);
	return 0;
}

int cmd_number(const struct cmd_line *line, int option, unsigned long long least,
	       unsigned long long most, unsigned long long *ret_value, struct err *err)
{
	uint64_t value;

	if (str_number(line->value, strlen(line->value), &value) < 0 || value < least ||
	    value > most)
		return cmd_usage(err, "%s: --%s: '%s' is not a number from %llu to %llu",
				 line->cmd->name, line->cmd->options[option].name,
				 line->value, least, most);
	*ret_value = value;
	return 0;
}

void cmd_note(const char *fmt, ...)
{
	va_list ap;

	flockfile(stderr);
	fputs("lamina: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	funlockfile(stderr);
}

int cmd_exit_code(int r)
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

void cmd_print_help(const struct cmd *cmd)
{
	printf("usage: lamina %s %s%s\n\n%s.\n", cmd->name,
	       cmd->options ? "[OPTION...] " : "", cmd->args, cmd->help);
	if (cmd->options && cmd->options->name)
		putchar('\n');
	for (const struct cmd_option *o = cmd->options; o && o->name; o++) {
		char text[40];

		(void)snprintf(text, sizeof(text), "--%s%s%s", o->name, o->arg ? " " : "",
			       o->arg ? o->arg : "");
		if (o->letter)
			printf("  -%c, %-22s %s\n", o->letter, text, o->help);
		else
			printf("      %-22s %s\n", text, o->help);
	}
}
