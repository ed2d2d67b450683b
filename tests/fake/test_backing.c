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
#include "block/backing.h"
#include "fake/fake.h"

static const char bytes[8192] = "hsqs";
static const char *what;
static bool named;

static void setup(void)
{
	fake_reset();
	fake_boot();
	fake_bytes("/layer", bytes, sizeof(bytes));
	fake_disk("vda", NULL, "DEVNAME=vda\n", bytes, sizeof(bytes));
	fake_fifo("/fifo");
}

static int run(struct err *err)
{
	const struct backing *backing = NULL;
	char path[BACKING_PATH_SIZE] = "/dev/vda";
	__fd int fd = sys_openat(AT_FDCWD, what, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	uint64_t size = 0;
	int device, r;

	if (fd < 0)
		return err_errno(err, fd, "%s", what);
	r = (named ? backing_of_named : backing_of)(fd, &backing);
	if (r == 0)
		r = backing->size(fd, &size);
	if (r < 0)
		return err_errno(err, r, "%s", what);
	assert_int_equal(size, sizeof(bytes));
	device = backing->open(fd, sizeof(bytes), path, err);
	if (device < 0)
		return device;
	assert_string_equal(path, backing == &backing_disk ? what : "/dev/loop0");
	assert_int_not_equal(device, fd);
	backing->close(fd, device);
	return 0;
}

static void every_call_fails_once(void **state)
{
	struct fake_sweep sweep = { .setup = setup, .run = run };

	(void)state;
	what = "/layer";
	sweep.names = "/layer|/dev/loop|fstat";
	assert_int_equal(fake_sweep(&sweep), 7);
	what = "/dev/vda";
	sweep.names = "/dev/vda|fcntl|fstat";
	assert_int_equal(fake_sweep(&sweep), 4);
}

/* What is let go of is there for the next one; a policy names disks alone. */
static void of_each_kind(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	for (int i = 0; i < 3; i++) {
		what = "/layer";
		assert_int_equal(run(&err), 0);
		what = "/dev/vda";
		assert_int_equal(run(&err), 0);
		assert_null(fake_leaks());
	}
	what = "/";
	assert_int_equal(run(&err), -ENOTBLK);
	what = "/dev/null";
	assert_int_equal(run(&err), -ENOTBLK);
	what = "/fifo";
	assert_int_equal(run(&err), -ENOTBLK);
	named = true;
	assert_int_equal(run(&err), -ENOTBLK);
	what = "/layer";
	assert_int_equal(run(&err), -ENOTBLK);
	what = "/dev/vda";
	assert_int_equal(run(&err), 0);
	named = false;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_fails_once),
		cmocka_unit_test(of_each_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
