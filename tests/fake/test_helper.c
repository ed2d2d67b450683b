/* SPDX-License-Identifier: Apache-2.0 */
/* A program as the loader's voice, with each call failing. What it is asked and how it ends is unit/test_helper's. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/fake.h"
#include "loader/loader.h"

static const struct loader loader = { .ops = &loader_helper, .path = "/bin/tell" };

static void setup(void)
{
	fake_reset();
	fake_boot();
	fake_config.child_says = "a\n";
}

static int read_words(struct err *err)
{
	struct loader_words found;
	int r = loader.ops->read(&loader, &found, err);

	return r < 0 ? r : found.usual == BOOT_SLOT_A ? 0 : -ENODATA;
}

static int write_words(struct err *err)
{
	return loader.ops->write(&loader,
				 &(struct loader_words){ BOOT_SLOT_B, BOOT_SLOT_A }, err);
}

static void every_call_fails(void **state)
{
	struct fake_sweep sweep = {
		.setup = setup,
		.run = read_words,
		.names = "/bin/tell|pipe",
	};
	int once;

	(void)state;
	once = fake_sweep(&sweep);
	assert_true(once >= 5);
	sweep.run = write_words; /* asks, and says two things */
	assert_int_equal(fake_sweep(&sweep), 3 * once);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
