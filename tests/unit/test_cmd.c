/* SPDX-License-Identifier: Apache-2.0 */
/* Which words of a line are options, whatever their order. */
#include "cli/cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char got[256]; /* "out=x -f a b" */
static struct err error;

static void add(const char *text, const char *value)
{
	size_t used = strlen(got);

	(void)snprintf(got + used, sizeof(got) - used, "%s%s%s%s", used ? " " : "", text,
		       value ? "=" : "", value ? value : "");
}

static const struct cmd_option options[] = {
	{ "force", 'f', NULL, "" },
	{ "output", 'o', "FILE", "" },
	{ "other", 0, NULL, "" },
	{ "out", 0, "X", "" },
	{ 0 },
};

static int do_run(struct cmd_line *line, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0)
		add(options[option].name, line->value);
	error = *err;
	if (r == CMD_HELP)
		add("help", NULL);
	for (int i = line->at; r == 0 && i < line->argc; i++)
		add(line->argv[i], NULL);
	/* its help is not to be printed here */
	return r == CMD_HELP ? 0 : r;
}

static int take_common(void *context, int option, const char *value, struct err *err)
{
	(void)context;
	(void)option;
	(void)err;
	add("common", value);
	return 0;
}

static void assert_got(bool in_order, const char *words, const char *expected)
{
	static const struct cmd_option common[] = { { "store", 's', "DIR", "" }, { 0 } };
	const struct cmd cmd = { .name = "do",
				 .args = "",
				 .help = "",
				 .options = options,
				 .in_order = in_order,
				 .run = do_run };
	const struct cmd *const commands[] = { &cmd, NULL };
	const struct cmd_program program = { .name = "test",
					     .commands = commands,
					     .options = common,
					     .option = take_common };
	char text[256], *argv[32] = { "test" }, *at = text;
	int argc = 1;

	(void)snprintf(text, sizeof(text), "%s", words);
	got[0] = '\0';
	error.text[0] = '\0';
	while ((argv[argc] = strsep(&at, " ")))
		argc++;
	(void)cmd_main(&program, argc, argv);
	assert_string_equal(error.text[0] ? error.text : got, expected);
}

static void in_any_order(void **state)
{
	(void)state;
	assert_got(false, "do", "");
	assert_got(false, "do a b", "a b");
	assert_got(false, "do a -f b --output x c", "force output=x a b c");
	assert_got(false, "do a b -o x", "output=x a b");
	assert_got(false, "do - -f", "force -");
	assert_got(false, "do a -f -- -o b --", "force a -o b --");
	assert_got(false, "do -- -f", "-f");
	assert_got(false, "--store x do a --store=y", "common=x common=y a");
	assert_got(false, "-sx do -f a -s y b", "common=x force common=y a b");
}

static void only_before_the_operands(void **state)
{
	(void)state;
	assert_got(true, "do -f a -f --output", "force a -f --output");
	assert_got(true, "do -f -- a", "force a");
	assert_got(true, "do -s x -o y -", "common=x output=y -");
}

static void values_and_letters(void **state)
{
	(void)state;
	assert_got(false, "do -fo x a", "force output=x a");
	assert_got(false, "do -fox a", "force output=x a");
	assert_got(false, "do -ff -o-f", "force force output=-f");
	assert_got(false, "do --output=x=y --output=", "output=x=y output=");
	assert_got(false, "do --output -- a", "output=-- a");
	assert_got(false, "do --out x",
		   "out=x"); /* of that name, not one that begins so */
	assert_got(false, "do --fo --outp=x", "force output=x");
	assert_got(false, "do --output --help a", "output=--help a");
	assert_got(false, "do -f --help", "force help");
	assert_got(false, "do -fh", "force help");
	assert_got(false, "do --he", "help");
}

static void what_is_wrong(void **state)
{
	(void)state;
	assert_got(false, "do a --ou", "do: several options begin with --ou");
	assert_got(false, "do --frob=x", "do: unknown option --frob=x");
	assert_got(false, "do --=x", "do: unknown option --=x");
	assert_got(false, "do -fz", "do: unknown option -z");
	assert_got(false, "do --output", "do: --output needs a value");
	assert_got(false, "do a -o", "do: -o needs a value");
	assert_got(false, "do --force=x", "do: --force takes no value");
	assert_got(false, "do --help=x", "do: --help takes no value");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_any_order),
		cmocka_unit_test(only_before_the_operands),
		cmocka_unit_test(values_and_letters),
		cmocka_unit_test(what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
