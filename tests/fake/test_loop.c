/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "block/loop.h"
#include "fake/fake.h"

#define LARGE ((256 << 10) + 4096)

static size_t layer_size = 8192;

static void setup(void)
{
	static const char layer[LARGE] = "hsqs";

	fake_reset();
	fake_boot();
	fake_bytes("/layer", layer, layer_size);
}

static int run(struct err *err)
{
	__fd int file = -EBADF, loop = -EBADF;
	char path[BACKING_PATH_SIZE];

	file = sys_openat(AT_FDCWD, "/layer", O_RDONLY | O_CLOEXEC, 0);
	if (file < 0)
		return err_errno(err, file, "/layer");
	loop = loop_open(file, layer_size, path, err);
	if (loop >= 0)
		assert_string_equal(path, "/dev/loop0");
	return loop < 0 ? loop : 0;
}

static void every_call_fails_once(void **state)
{
	static const struct fake_sweep sweep = { .setup = setup,
						 .run = run,
						 .names = "/layer|/dev/loop" };

	(void)state;
	assert_int_equal(fake_sweep(&sweep), 5);
}

static bool is_tried_again(const char *call)
{
	return strstr(call, "/dev/loop0") || strstr(call, "/dev/loop-control");
}

static int not_here(const char *call)
{
	return strcmp(call, "openat /dev/loop-control") == 0 ? ENOTSUP : 0;
}

/* What may be a race with others is tried again: once EBUSY, ENXIO or ENOENT is no
 * failure. */
static void others_may_be_faster(void **state)
{
	struct fake_sweep sweep = { .setup = setup,
				    .run = run,
				    .names = "/layer|/dev/loop",
				    .forgives = is_tried_again };

	(void)state;
	sweep.number = EBUSY;
	(void)fake_sweep(&sweep);
	sweep.number = ENXIO;
	(void)fake_sweep(&sweep);
	sweep.number = ENOENT;
	sweep.translates = not_here;
	(void)fake_sweep(&sweep);
}

static void gives_up_in_the_end(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	fake_config.busy_loops = 63;
	assert_int_equal(run(&err), 0);
	setup();
	fake_config.busy_loops = 64;
	assert_int_equal(run(&err), -EBUSY);
	assert_non_null(strstr(err.text, "/dev/loop0: LOOP_CONFIGURE, 64 times"));
	assert_null(fake_leaks());
}

/* What a kernel is told that has no direct I/O for the file: once, and a second time without. */
static int configured(size_t size)
{
	struct err err = ERR_INIT;
	int count = 0;

	layer_size = size;
	setup();
	fake_config.no_direct_io = true;
	assert_int_equal(run(&err), 0);
	assert_null(fake_leaks());
	layer_size = 8192;
	for (int n = 1; n <= fake_calls(); n++)
		count += strcmp(fake_call(n), "ioctl 0x4c0a, openat /dev/loop0") == 0;
	return count;
}

static void direct_io_for_large_files(void **state)
{
	(void)state;
	assert_int_equal(configured(LARGE), 2);
	assert_int_equal(configured(LARGE - 4096), 1);
}

static void says_what_the_kernel_lacks(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	assert_int_equal(sys_unlinkat(AT_FDCWD, "/dev/loop-control", 0), 0);
	assert_int_equal(run(&err), -ENOTSUP);
	assert_non_null(strstr(err.text, "CONFIG_BLK_DEV_LOOP"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_fails_once),
		cmocka_unit_test(others_may_be_faster),
		cmocka_unit_test(gives_up_in_the_end),
		cmocka_unit_test(direct_io_for_large_files),
		cmocka_unit_test(says_what_the_kernel_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
