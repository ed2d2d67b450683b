/* SPDX-License-Identifier: Apache-2.0 */
/* stack/mount.c, squash.c and work.c. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/sys.h"
#include "fake/fake.h"
#include "stack/mount.h"
#include "stack/squash.h"
#include "stack/work.h"

static void setup(void)
{
	static const char disk[4096] = "hsqs";

	fake_reset();
	fake_boot();
	fake_disk("vda", NULL, "DEVNAME=vda\n", disk, sizeof(disk));
	fake_text("@squashfs:hello", "from the layer");
	fake_dir("/mnt");
}

static int run_squash(struct err *err)
{
	return squash_mount("/dev/vda", "/mnt", err);
}

/* The stack is taken away again by one call, whatever is mounted in it. */
static int run_work(struct err *err)
{
	int r = work_open("/work", err);

	if (r < 0)
		return r;
	r = sys_mkdirat(AT_FDCWD, "/work/upper", 0755);
	if (r < 0)
		err_errno(err, r, "/work/upper");
	if (r == 0)
		r = work_tmpfs("/work/upper", MS_NOSUID | MS_NODEV, "size=50%,mode=0755",
			       err);
	if (r < 0)
		(void)work_drop("/work", NULL);
	return r < 0 ? r : work_drop("/work", err);
}

/* Giving up a half-built stack is the last thing done: there the stack stays. */
static void every_call_fails_once(void **state)
{
	static const struct fake_sweep squash = { .setup = setup,
						  .run = run_squash,
						  .names = "squashfs /dev/vda|squashfs" };

	(void)state;
	assert_int_equal(fake_sweep(&squash), 6);
	assert_string_equal(fake_text_of("/mnt/hello"), "from the layer");
	assert_string_equal(fake_type_of("/mnt/hello"), "squashfs");
}

static void work_fails_at_every_call(void **state)
{
	int good = 0;

	(void)state;
	for (int n = 1; !good; n++) {
		struct err err = ERR_INIT;
		int before, r;

		setup();
		before = fake_mounts();
		fake_fail(n, EDOM);
		r = run_work(&err);
		good = !fake_failed();
		if (good)
			assert_int_equal(r, 0);
		else
			assert_int_equal(r, -EDOM);
		if (!good)
			assert_non_null(strstr(err.text, "/"));
		assert_null(fake_leaks());
		if (!strstr(fake_call(n), "umount2"))
			assert_int_equal(fake_mounts(), before);
	}
}

static void work_may_be_there_already(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	fake_dir("/work");
	assert_int_equal(work_open("/work", &err), 0);
	assert_string_equal(fake_type_of("/work"), "tmpfs");
	assert_int_equal(work_drop("/work", &err), 0);
	assert_int_equal(work_drop("/work", &err), -EINVAL);
	assert_string_equal(err.text, "detaching /work: Invalid argument");
}

static void gives_the_kernels_words(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	assert_int_equal(work_tmpfs("/mnt", 0, "mode=0755,siez=1m", &err), -EINVAL);
	assert_string_equal(err.text, "/mnt: tmpfs: siez: fake: Unknown parameter 'siez' "
				      "(Invalid argument)");
	assert_int_equal(squash_mount("/dev/vdz", "/mnt", &err), -ENOENT);
	assert_string_equal(err.text,
			    "squashfs /dev/vdz: mount: fake: can't open /dev/vdz "
			    "(No such file or directory)");
	assert_int_equal(mount_new("zfs", NULL, NULL, 0, "/mnt", &err), -ENODEV);
	assert_string_equal(err.text, "no zfs in this kernel");
	assert_int_equal(work_tmpfs("/mnt", MS_SYNCHRONOUS, "", &err), -EINVAL);
	assert_non_null(strstr(err.text, "/mnt"));
	assert_null(fake_leaks());
}

static void refuses_an_option_longer_than_the_kernel_takes(void **state)
{
	struct err err = ERR_INIT;
	char options[600];

	(void)state;
	setup();
	memset(options, 'x', sizeof(options) - 1);
	options[sizeof(options) - 1] = '\0';
	assert_int_equal(work_tmpfs("/mnt", 0, options, &err), -EINVAL);
	assert_non_null(strstr(err.text, "too long"));
	assert_null(fake_leaks());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_fails_once),
		cmocka_unit_test(work_fails_at_every_call),
		cmocka_unit_test(work_may_be_there_already),
		cmocka_unit_test(gives_the_kernels_words),
		cmocka_unit_test(refuses_an_option_longer_than_the_kernel_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
