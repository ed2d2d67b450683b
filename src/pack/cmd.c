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

/* getopt_long()'s tables from ours; its value for a long option is 256 + its place. The
 * help is found here, not by a look at the words: `--arg --help` is no call for it. */
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
	ret_longs[n++] = (struct option){ .name = "help", .val = 'h' };
	ret_longs[n] = (struct option){ 0 };
	str_add(letters, "h");
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
	struct option longs[CMD_MAX_OPTIONS + 2];
	char letters_text[2 * CMD_MAX_OPTIONS + 4];
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
	if (got == 'h')
		return CMD_HELP;
	if (got == ':')
		return cmd_usage(err, "%s: %s needs a value", line->cmd->name,
				 line->argv[optind - 1]);
	if (got == '?' && optopt == 'h')
		return cmd_usage(err, "%s: --help takes no value", line->cmd->name);
	if (got == '?' && optopt && optopt < 256)
		return cmd_usage(err, "%s: unknown option -%c", line->cmd->name, optopt);
	if (got == '?' && optopt)
		return cmd_usage(err, "%s: --%s takes no value", line->cmd->name,
				 line->cmd->options[optopt - 256].name);
	if (got == '?')
		return cmd_usage(err, "%s: unknown or ambiguous option %s",
				 line->cmd->name, line->argv[optind - 1]);
	line->value = optarg;
	*ret_option = place_of(line->cmd, got);
	return 1;
}

/* Names the operands alone: what the usage line has after them are options. */
static int operand_missing(const struct cmd *cmd, struct err *err)
{
	const char *from = cmd->args + strspn(cmd->args, "["), *end = strstr(from, " -");
	size_t size = end ? (size_t)(end - from) : strcspn(from, "]");

	return cmd_usage(err, "%s: %.*s is missing", cmd->name, (int)size, from);
}

int cmd_operands(const struct cmd_line *line, int least, int most, struct err *err)
{
	int count = line->argc - line->at;

	if (count < least)
		return operand_missing(line->cmd, err);
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

/* An option as its line of the help begins: "--output FILE". */
static int option_text(const struct cmd_option *option, char *ret_text, size_t size)
{
	return snprintf(ret_text, size, "--%s%s%s", option->name, option->arg ? " " : "",
			option->arg ? option->arg : "");
}

void cmd_print_help(const struct cmd *cmd)
{
	char text[64];
	int width = 0;

	printf("usage: lamina %s %s%s\n\n%s.\n", cmd->name,
	       cmd->options ? "[OPTION...] " : "", cmd->args, cmd->help);
	if (cmd->options && cmd->options->name)
		putchar('\n');
	for (const struct cmd_option *o = cmd->options; o && o->name; o++) {
		int size = option_text(o, text, sizeof(text));

		width = size > width ? size : width;
	}
	for (const struct cmd_option *o = cmd->options; o && o->name; o++) {
		(void)option_text(o, text, sizeof(text));
		if (o->letter)
			printf("  -%c, %-*s  %s\n", o->letter, width, text, o->help);
		else
			printf("      %-*s  %s\n", width, text, o->help);
	}
}
