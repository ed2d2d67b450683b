/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/cmdline.h"
#include "bytes.h"

#define ALL \
	(POLICY_ALLOW_DEBUG | POLICY_ALLOW_USE | POLICY_ALLOW_STORE | POLICY_ALLOW_RESCUE)

static struct cmdline cmdline;

static void parse(const char *text, unsigned int allow)
{
	memset(&cmdline, 0x5a, sizeof(cmdline));
	cmdline_parse(text, strlen(text), allow, &cmdline);
}

static void assert_nothing(void)
{
	assert_false(cmdline.debug);
	assert_false(cmdline.rescue);
	assert_int_equal(cmdline.use, CMDLINE_USE_DEFAULT);
	assert_string_equal(cmdline.store, "");
}

static void assert_ignored(size_t index, const char *name, const char *reason)
{
	assert_true(index < cmdline.ignored_count);
	assert_string_equal(cmdline.ignored[index].name, name);
	assert_string_equal(cmdline.ignored[index].reason, reason);
}

static void nothing_of_ours(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		" ",
		"console=ttyS0 quiet ro\n",
		"lamina",
		"xlamina.debug",
		"lamina=debug",
		"root=\"lamina.debug x\"",
		"x=\"a b lamina.debug",
		"lamina.",
		"-- lamina.debug",
		"ro -- lamina.rescue lamina.store=/dev/x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		parse(texts[i], ALL);
		assert_nothing();
		assert_int_equal(cmdline.ignored_count, 0);
	}
}

static void everything_allowed(void **state)
{
	(void)state;
	parse("quiet lamina.debug lamina.use=previous\tlamina.store=PARTLABEL=other "
	      "lamina.rescue -x --y lamina.use=factory\n",
	      ALL);
	assert_true(cmdline.debug);
	assert_true(cmdline.rescue);
	assert_int_equal(cmdline.use, CMDLINE_USE_FACTORY);
	assert_string_equal(cmdline.store, "PARTLABEL=other");
	assert_int_equal(cmdline.ignored_count, 0);
}

static void quotes_as_the_kernel_takes_them(void **state)
{
	(void)state;
	parse("lamina.store=\"PARTLABEL=with blank\" lamina.debug", ALL);
	assert_string_equal(cmdline.store, "PARTLABEL=with blank");
	assert_true(cmdline.debug);
	parse("\"lamina.store=PARTLABEL=with blank\" lamina.debug", ALL);
	assert_string_equal(cmdline.store, "PARTLABEL=with blank");
	assert_true(cmdline.debug);
	parse("\" lamina.debug", ALL);
	assert_nothing();
}

/* Each parameter needs its own permission, and has no effect without it. */
static void nothing_without_permission(void **state)
{
	static const struct {
		const char *text, *name;
		unsigned int allow;
	} cases[] = {
		{ "lamina.debug", "debug", POLICY_ALLOW_DEBUG },
		{ "lamina.use=previous", "use", POLICY_ALLOW_USE },
		{ "lamina.store=/dev/sda", "store", POLICY_ALLOW_STORE },
		{ "lamina.rescue", "rescue", POLICY_ALLOW_RESCUE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse(cases[i].text, ALL & ~cases[i].allow);
		assert_nothing();
		assert_int_equal(cmdline.ignored_count, 1);
		assert_ignored(0, cases[i].name, "the policy does not allow it");
		parse(cases[i].text, cases[i].allow);
		assert_int_equal(cmdline.ignored_count, 0);
	}
}

static void what_is_no_parameter(void **state)
{
	(void)state;
	parse("lamina.floor=0 lamina.Debug lamina.debugger "
	      "lamina.a-name-of-more-than-31-characters=1",
	      ALL);
	assert_nothing();
	assert_int_equal(cmdline.ignored_count, 4);
	assert_ignored(0, "floor", "there is no such parameter");
	assert_ignored(1, "Debug", "there is no such parameter");
	assert_ignored(2, "debugger", "there is no such parameter");
	assert_ignored(3, "a-name-of-more-than-31-characte",
		       "there is no such parameter");
}

static void values_that_can_not_be(void **state)
{
	char text[POLICY_WORD_SIZE + 32];

	(void)state;
	parse("lamina.debug=1 lamina.rescue= lamina.use lamina.use=next lamina.store "
	      "lamina.store= "
	      "lamina.store=nonsense",
	      ALL);
	assert_nothing();
	assert_int_equal(cmdline.ignored_count, 7);
	assert_ignored(0, "debug", "takes no value");
	assert_ignored(1, "rescue", "takes no value");
	assert_ignored(2, "use", "takes previous or factory");
	assert_ignored(3, "use", "takes previous or factory");
	assert_ignored(4, "store", "takes a device");
	assert_ignored(5, "store", "takes a device");
	assert_ignored(6, "store", "takes a device");
	memset(text, 'x', sizeof(text));
	memcpy(text, "lamina.store=/dev/", 18);
	text[13 + POLICY_WORD_SIZE] = '\0';
	parse(text, ALL);
	assert_nothing();
	assert_ignored(0, "store", "takes a device");
	text[13 + POLICY_WORD_SIZE - 1] = '\0';
	parse(text, ALL);
	assert_string_equal(cmdline.store, text + 13);
}

static void more_than_are_kept(void **state)
{
	(void)state;
	parse("lamina.a lamina.b lamina.c lamina.d lamina.e lamina.f lamina.g lamina.h "
	      "lamina.i "
	      "lamina.debug",
	      ALL);
	assert_int_equal(cmdline.ignored_count, CMDLINE_MAX_IGNORED);
	assert_ignored(7, "h", "there is no such parameter");
	assert_true(cmdline.debug);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_of_ours),
		cmocka_unit_test(everything_allowed),
		cmocka_unit_test(quotes_as_the_kernel_takes_them),
		cmocka_unit_test(nothing_without_permission),
		cmocka_unit_test(what_is_no_parameter),
		cmocka_unit_test(values_that_can_not_be),
		cmocka_unit_test(more_than_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
