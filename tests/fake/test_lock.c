/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "fake/fake.h"
#include "store/store.h"

static void setup(void)
{
	fake_reset();
	fake_dir("/store");
}

static int lock_once(struct err *err)
{
	__fd int store = store_open("/store", err);

	return store < 0 ? store : lock_take(store, err);
}

static void one_writer(void **state)
{
	const struct fake_sweep sweep = { .setup = setup,
					  .run = lock_once,
					  .names = "lock|/store" };
	struct err err = ERR_INIT;
	int first, r;

	(void)state;
	assert_int_equal(fake_sweep(&sweep), 2);
	first = store_open("/store", &err);
	assert_int_equal(lock_take(first, &err), 0);
	r = lock_once(&err);
	assert_int_equal(r, -EAGAIN);
	assert_non_null(strstr(err.text, "locked"));
	fd_close(first);
	assert_int_equal(lock_once(&err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
