/* SPDX-License-Identifier: Apache-2.0 */
/* Failing one call after the other. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake/fake.h"

/* Is one of the words of "a|b|c" in @text? */
static bool has_word(const char *text, const char *words)
{
	while (*words) {
		char word[64];
		size_t size = strcspn(words, "|");

		(void)snprintf(word, sizeof(word), "%.*s", (int)size, words);
		if (strstr(text, word))
			return true;
		words += size + (words[size] == '|');
	}
	return false;
}

static void check_failed(const struct fake_sweep *sweep, const char *call, int number,
			 int r, const struct err *err)
{
	int expected = sweep->translates ? sweep->translates(call) : 0;

	if (!expected)
		expected = number;
	if (r != -expected)
		fail_msg("%s: returned %d (%s), not %d", call, r, err->text, -expected);
	if (!err->text[0])
		fail_msg("%s: no error text", call);
	if (!has_word(err->text, sweep->names))
		fail_msg("%s: `%s' names none of %s", call, err->text, sweep->names);
}

static void check_left(const struct fake_sweep *sweep, const char *call, int mounts)
{
	const char *leak = fake_leaks();
	bool past = sweep->no_return && fake_called(sweep->no_return) &&
		    !strstr(call, sweep->no_return);

	if (leak)
		fail_msg("%s: left behind: %s", call, leak);
	if (!past && fake_mounts() != mounts)
		fail_msg("%s: %d mounts, %d before", call, fake_mounts(), mounts);
}

static int run_one(const struct fake_sweep *sweep, int n)
{
	int number = sweep->number ? sweep->number : EDOM;
	struct err err = ERR_INIT;
	const char *failed;
	char call[96] = "nothing failed";
	int mounts, r = 0;

	sweep->setup();
	mounts = fake_mounts();
	fake_fail(n, number);
	if (fake_run(sweep->run, &err, &r) != FAKE_RETURNED)
		r = 0;
	failed = fake_failed();
	if (failed) {
		(void)snprintf(call, sizeof(call), "%s", failed);
		failed = call;
	}
	fake_fail(0, 0); /* what looks at the outcome may make calls, too */
	if (sweep->check)
		sweep->check(r, failed);
	if (!failed) {
		if (r < 0)
			fail_msg("the good run: %d: %s", r, err.text);
		if (fake_leaks())
			fail_msg("the good run left behind: %s", fake_leaks());
		return 0;
	}
	if (r >= 0) {
		if (!sweep->forgives || !sweep->forgives(call))
			fail_msg("%s: the failure was lost", call);
		return 1;
	}
	check_failed(sweep, call, number, r, &err);
	check_left(sweep, call, mounts);
	return 1;
}

bool fake_forgives_all(const char *call)
{
	(void)call;
	return true;
}

int fake_sweep(const struct fake_sweep *sweep)
{
	int n = 1;

	while (run_one(sweep, n))
		n++;
	return n - 1;
}
