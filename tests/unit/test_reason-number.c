/* SPDX-License-Identifier: Apache-2.0 */
/* The build with CONFIG_LAMINA_ERROR_NUMBERS: its file takes the archive's place. */
#include "base/reason/number.c"

#include <errno.h>

#include "base/err.h"
#include "bytes.h"

static void numbers(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_string_equal(err_reason(-ENOENT), "error 2");
	assert_string_equal(err_reason(ENOENT), "error 2");
	assert_string_equal(err_reason(-2147483647), "error 2147483647");
	assert_int_equal(err_errno(&err, -EINVAL, "%s", "a/b"), -EINVAL);
	assert_string_equal(err.text, "a/b: error 22");
}

static void words_of_our_own(void **state)
{
	(void)state;
	assert_string_equal(err_reason(-ENOKEY), "no such key");
	assert_string_equal(err_reason(EKEYREJECTED), "bad signature");
	assert_string_equal(err_reason(-EBADMSG), "malformed");
	assert_string_equal(err_reason(-ESTALE), "below the rollback floor");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(words_of_our_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
