/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd.h"

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

/* What getopt_long() gives for a long option: its place in a table, and which table. */
#define OF_COMMAND 256
#define OF_PROGRAM 512

static size_t add_options(const struct cmd_option *options, int base,
			  struct option *ret_longs, struct str *letters)
{
	size_t n = 0;

	for (const struct cmd_option *o = options; o && o->name; o++, n++) {
		ret_longs[n] = (struct option){
			.name = o->name,
			.has_arg = o->arg ? required_argument : no_argument,
			.val = base + (int)n,
		};
		if (o->letter)
			str_addf(letters, "%c%s", o->letter, o->arg ? ":" : "");
	}
	return n;
}

/* getopt_long()'s tables from ours. The help is found here, not by a look at the words:
 * `--arg --help` is no call for it. */
static void getopt_tables(const struct cmd_line *line, struct option *ret_longs,
			  struct str *letters)
{
	size_t n;

	/* before the command's name, the first operand is that name */
	str_add(letters, line->cmd && !line->cmd->in_order ? ":" : "+:");
	n = add_options(line->cmd ? line->cmd->options : NULL, OF_COMMAND, ret_longs,
			letters);
	n += add_options(line->program->options, OF_PROGRAM, ret_longs + n, letters);
	ret_longs[n++] = (struct option){ .name = "help", .val = 'h' };
	ret_longs[n] = (struct option){ 0 };
	str_add(letters, "h");
}

static int by_letter(const struct cmd_option *options, int letter)
{
	for (int n = 0; options && options[n].name; n++)
		if (options[n].letter == letter)
			return n;
	return -1;
}

static int place_of(const struct cmd_line *line, int got)
{
	int n = got < OF_COMMAND && line->cmd ? by_letter(line->cmd->options, got) : -1;

	if (n >= 0)
		return OF_COMMAND + n;
	return got < OF_COMMAND ? OF_PROGRAM + by_letter(line->program->options, got)
				: got;
}

static const char *option_name(const struct cmd_line *line, int place)
{
	return place < OF_PROGRAM ? line->cmd->options[place - OF_COMMAND].name
				  : line->program->options[place - OF_PROGRAM].name;
}

/* A long option may be said by how it begins, as long as it is the only one. */
static bool begins(const struct cmd_option *options, const char *word)
{
	size_t size = strcspn(word, "=");

	for (int n = 0; options && options[n].name; n++)
		if (strncmp(options[n].name, word, size) == 0)
			return true;
	return false;
}

static const char *why_bad(const struct cmd_line *line, const char *word)
{
	bool some = strncmp(word, "--", 2) == 0 &&
		    (begins(line->program->options, word + 2) ||
		     (line->cmd && begins(line->cmd->options, word + 2)));

	return some ? "several options begin with" : "unknown option";
}

static int bad_option(const struct cmd_line *line, int got, struct err *err)
{
	const char *word = line->argv[optind - 1];
	const char *of = line->cmd ? line->cmd->name : "", *colon = line->cmd ? ": " : "";

	if (got == ':')
		return cmd_usage(err, "%s%s%s needs a value", of, colon, word);
	if (optopt == 'h')
		return cmd_usage(err, "%s%s--help takes no value", of, colon);
	if (optopt && optopt < OF_COMMAND)
		return cmd_usage(err, "%s%sunknown option -%c", of, colon, optopt);
	if (optopt)
		return cmd_usage(err, "%s%s--%s takes no value", of, colon,
				 option_name(line, optopt));
	return cmd_usage(err, "%s%s%s %s", of, colon, why_bad(line, word), word);
}

/* 1 with the option's place, 0 at the first operand, or as cmd_next(). */
static int take(struct cmd_line *line, int *ret_place, struct err *err)
{
	struct option longs[CMD_MAX_OPTIONS + 2];
	char letters_text[2 * CMD_MAX_OPTIONS + 4];
	struct str letters;
	int got;

	str_init(&letters, letters_text, sizeof(letters_text));
	getopt_tables(line, longs, &letters);
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
	if (got == ':' || got == '?')
		return bad_option(line, got, err);
	line->value = optarg;
	*ret_place = place_of(line, got);
	return 1;
}

int cmd_next(struct cmd_line *line, int *ret_option, struct err *err)
{
	const struct cmd_program *program = line->program;
	int place, r;

	while ((r = take(line, &place, err)) > 0) {
		if (place < OF_PROGRAM) {
			*ret_option = place - OF_COMMAND;
			return 1;
		}
		r = program->option(program->context, place - OF_PROGRAM, line->value,
				    err);
		if (r < 0)
			return r;
	}
	return r;
}

/* Names the operands alone: what the usage line has after them are options, and more of
 * them; what it has in brackets before them can be left out. */
static int operand_missing(const struct cmd *cmd, struct err *err)
{
	const char *from = cmd->args, *rest = strstr(from, "] ");
	size_t size = 0;

	from = from[0] == '[' && rest && rest[2] != '[' ? rest + 2
							: from + strspn(from, "[");
	while (from[size] && from[size] != ']' &&
	       (from[size] != ' ' || !strchr("-[", from[size + 1])))
		size++;

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

const char *cmd_input_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}
