/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

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

/* Behind the command's name, where it has one. */
static const char *colon_of(const struct cmd *cmd)
{
	return cmd && cmd->name[0] ? ": " : "";
}

/* An option's place is one in its table, and which table. */
#define OF_PROGRAM 256
#define OF_HELP 512

/* The help is found here, not by a look at the words: `--arg --help` is no call for it. */
static const struct cmd_option help[] = { { "help", 'h', NULL, NULL }, { 0 } };

/* The option that is called @name, of @size letters, or is the only one that begins so;
 * with @size 0 the one of that letter. NULL: none, or (then *ret_some) several. */
static const struct cmd_option *find(const struct cmd_line *line, const char *name,
				     size_t size, int *ret_place, bool *ret_some)
{
	const struct cmd_option *const tables[] = { line->cmd ? line->cmd->options : NULL,
						    line->program->options, help };
	const struct cmd_option *found = NULL;

	*ret_some = false;
	for (int table = 0; table < 3; table++) {
		const struct cmd_option *o = tables[table];

		for (int n = 0; o && o->name; o++, n++) {
			if (size ? strncmp(o->name, name, size) != 0 : o->letter != *name)
				continue;
			*ret_some = found;
			*ret_place = table * OF_PROGRAM + n;
			found = o;
			if (!size || !o->name[size]) {
				*ret_some = false;
				return o;
			}
		}
	}
	return *ret_some ? NULL : found;
}

/* Has the next word come before the operands that were passed over. */
static char *pull(struct cmd_line *line)
{
	char **at = line->argv + line->at++, **from = line->argv + line->next++;
	char *word = *from;

	memmove(at + 1, at, (size_t)(from - at) * sizeof(*at));
	return *at = word;
}

/* The option of @word, which is a long one or has its letter at @letter, has the value that
 * comes with it, or the next word. */
static int take_value(struct cmd_line *line, const struct cmd_option *option,
		      const char *word, const char *value, struct err *err)
{
	const char *of = line->cmd ? line->cmd->name : "", *colon = colon_of(line->cmd);

	line->value = value;
	if (!option->arg)
		return value ? cmd_usage(err, "%s%s--%s takes no value", of, colon,
					 option->name)
			     : 1;
	if (!value && line->next == line->argc)
		return cmd_usage(err, "%s%s%s needs a value", of, colon, word);
	if (!value)
		line->value = pull(line);
	return 1;
}

static int take_long(struct cmd_line *line, const char *word, int *ret_place,
		     struct err *err)
{
	const char *name = word + 2, *of = line->cmd ? line->cmd->name : "";
	size_t size = strcspn(name, "=");
	bool some;
	const struct cmd_option *option =
		size ? find(line, name, size, ret_place, &some) : NULL;

	if (!option)
		return cmd_usage(err, "%s%s%s %s", of, colon_of(line->cmd),
				 size && some ? "several options begin with"
					      : "unknown option",
				 word);
	return take_value(line, option, word, name[size] ? name + size + 1 : NULL, err);
}

static int take_letter(struct cmd_line *line, int *ret_place, struct err *err)
{
	const char *letter = line->letters++, *of = line->cmd ? line->cmd->name : "";
	bool some;
	const struct cmd_option *option = find(line, letter, 0, ret_place, &some);
	const char *value = NULL;

	if (!option)
		return cmd_usage(err, "%s%sunknown option -%c", of, colon_of(line->cmd),
				 *letter);
	if (option->arg) { /* what follows is its value */
		value = letter[1] ? letter + 1 : NULL;
		line->letters = "";
	}
	return take_value(line, option, line->argv[line->at - 1], value, err);
}

/* 1 with the option's place, 0 at the first operand, or as cmd_next(). */
static int take(struct cmd_line *line, int *ret_place, struct err *err)
{
	/* before the command's name, the first operand is that name */
	bool in_order = !line->cmd || line->cmd->in_order;
	const char *word;

	if (line->at == 0) {
		line->at = line->next = 1;
		line->letters = "";
	}
	if (*line->letters)
		return take_letter(line, ret_place, err);
	while (line->next < line->argc &&
	       (line->argv[line->next][0] != '-' || !line->argv[line->next][1])) {
		if (in_order)
			return 0;
		line->next++;
	}
	if (line->next == line->argc)
		return 0;
	word = pull(line);
	if (word[1] != '-') {
		line->letters = word + 1;
		return take_letter(line, ret_place, err);
	}
	return word[2] ? take_long(line, word, ret_place, err) : 0;
}

int cmd_next(struct cmd_line *line, int *ret_option, struct err *err)
{
	const struct cmd_program *program = line->program;
	int place, r;

	while ((r = take(line, &place, err)) > 0) {
		if (place >= OF_HELP)
			return CMD_HELP;
		if (place < OF_PROGRAM) {
			*ret_option = place;
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

	return cmd_usage(err, "%s%s%.*s is missing", cmd->name, colon_of(cmd), (int)size,
			 from);
}

int cmd_operands(const struct cmd_line *line, int least, int most, struct err *err)
{
	int count = line->argc - line->at;

	if (count < least)
		return operand_missing(line->cmd, err);
	if (most >= 0 && count > most)
		return cmd_usage(err, "%s%swhat is '%s'?", line->cmd->name,
				 colon_of(line->cmd), line->argv[line->at + most]);
	return 0;
}

int cmd_number(const struct cmd_line *line, int option, unsigned long long least,
	       unsigned long long most, unsigned long long *ret_value, struct err *err)
{
	uint64_t value;

	if (str_number(line->value, strlen(line->value), &value) < 0 || value < least ||
	    value > most)
		return cmd_usage(err, "%s%s--%s: '%s' is not a number from %llu to %llu",
				 line->cmd->name, colon_of(line->cmd),
				 line->cmd->options[option].name, line->value, least,
				 most);
	*ret_value = value;
	return 0;
}

const char *cmd_input = "standard input";

const char *cmd_input_name(const char *path)
{
	return strcmp(path, "-") == 0 ? cmd_input : path;
}
