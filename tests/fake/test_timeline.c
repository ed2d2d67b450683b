/* SPDX-License-Identifier: Apache-2.0 */
/* What a boot writes down about itself. */
#include "fake/machine.h"

static void from_init_to_run(void **state)
{
	const char *text;

	(void)state;
	plain_machine();
	setup();
	assert_boots();
	text = fake_text_of("/run/lamina/boot");
	assert_non_null(text);
	assert_non_null(strstr(text, " init\n"));
	assert_non_null(strstr(text, " run\n"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_init_to_run),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
