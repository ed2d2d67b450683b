/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TEST_CASE=PATTERN in the environment: only the cases of that name. In every program of cmocka,
 * whose own main() knows nothing of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

__attribute__((constructor)) static void choose_cases(void)
{
	const char *pattern = getenv("TEST_CASE");

	if (pattern && *pattern)
		cmocka_set_test_filter(pattern);
}
