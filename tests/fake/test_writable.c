/* SPDX-License-Identifier: Apache-2.0 */
#include "store/writable.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fake/fake.h"
#include "store/store.h"

#define FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static unsigned long mount_flags, super_flags;
static enum writable_rest rest;

/* A store as init leaves it: both read-only, or the mount alone when something of it is
 * mounted writable elsewhere. */
static void setup(void)
{
	static const char disk[65536];

	fake_reset();
	fake_boot();
	fake_disk("vda", NULL, "DEVNAME=vda\nDEVTYPE=disk\n", disk, sizeof(disk));
	fake_text("@/dev/vda:images/x", "");
	fake_dir("/store");
	assert_int_equal(
		sys_mount("/dev/vda", "/store", "ext4", FLAGS | super_flags, NULL), 0);
	assert_int_equal(sys_mount(NULL, "/store", NULL,
				   MS_REMOUNT | MS_BIND | FLAGS | mount_flags, NULL),
			 0);
}

static unsigned long flags_of(const char *path)
{
	__fd int fd = store_open(path, NULL);
	struct statfs st;

	assert_int_equal(sys_fstatfs(fd, &st), 0);
	return (unsigned long)st.f_flags;
}

/* The super block's own, which only another mount of it shows. */
static bool is_super_ro(void)
{
	bool ro;

	fake_dir("/other");
	assert_int_equal(sys_mount("/store", "/other", NULL, MS_BIND, NULL), 0);
	assert_int_equal(sys_mount(NULL, "/other", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
	ro = flags_of("/other") & ST_RDONLY;
	assert_int_equal(sys_umount2("/other", 0), 0);
	return ro;
}

static int there_and_back(struct err *err)
{
	struct writable writable;
	int r = writable_begin(&writable, "/store", rest, err);

	if (r < 0)
		return r;
	if (flags_of("/store") & ST_RDONLY)
		fail_msg("still read-only");
	if ((flags_of("/store") & FLAGS) != FLAGS)
		fail_msg("lost its flags");
	return writable_end(&writable, err);
}

static void comes_back_as_it_was(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 3; i++) {
		rest = WRITABLE_AS_FOUND;
		mount_flags = i > 0 ? MS_RDONLY : 0;
		super_flags = i > 1 ? MS_RDONLY : 0;
		setup();
		assert_int_equal(there_and_back(&err), 0);
		assert_int_equal(flags_of("/store"),
				 FLAGS | (mount_flags ? ST_RDONLY : 0));
		assert_int_equal(is_super_ro(), super_flags == MS_RDONLY);
	}
}

/* Whatever a change that was killed has left. */
static void comes_back_as_it_is_meant_to_be(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 6; i++) {
		mount_flags = i % 3 > 0 ? MS_RDONLY : 0;
		super_flags = i % 3 > 1 ? MS_RDONLY : 0;
		rest = i < 3 ? WRITABLE_READ_ONLY : WRITABLE_MOUNT_READ_ONLY;
		setup();
		assert_int_equal(there_and_back(&err), 0);
		assert_int_equal(flags_of("/store"), FLAGS | ST_RDONLY);
		assert_int_equal(is_super_ro(),
				 rest == WRITABLE_READ_ONLY || super_flags);
	}
}

static void leaves_directories_alone(void **state)
{
	struct err err = ERR_INIT;
	struct writable writable;

	(void)state;
	rest = WRITABLE_READ_ONLY;
	mount_flags = super_flags = MS_RDONLY;
	setup();
	assert_int_equal(writable_begin(&writable, "/store/images", rest, &err), 0);
	assert_true(flags_of("/store") & ST_RDONLY);
	assert_int_equal(writable_end(&writable, &err), 0);
	fake_dir("/plain");
	assert_int_equal(writable_begin(&writable, "/plain", rest, &err), 0);
	assert_int_equal(writable_end(&writable, &err), 0);
	assert_int_equal(writable_begin(&writable, "/none", rest, &err), -ENOENT);
}

static bool began;

/* The looks of there_and_back() itself are calls too. */
static int begin(struct err *err)
{
	struct writable writable;
	int r;

	began = false;
	r = writable_begin(&writable, "/store", rest, err);
	if (r < 0)
		return r;
	began = true;
	return writable_end(&writable, err);
}

static void check(int r, const char *call)
{
	if (r < 0 && began)
		return; /* the last call: there is nothing more to try */
	if (!(flags_of("/store") & ST_RDONLY))
		fail_msg("%s: left writable", call);
}

static void sweep(void **state)
{
	const struct fake_sweep cases = {
		.setup = setup, .run = begin, .names = "/store", .check = check
	};

	(void)state;
	rest = WRITABLE_AS_FOUND;
	mount_flags = super_flags = MS_RDONLY;
	assert_in_range(fake_sweep(&cases), 7, 12);
	super_flags = 0;
	assert_in_range(fake_sweep(&cases), 5, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_as_it_was),
		cmocka_unit_test(comes_back_as_it_is_meant_to_be),
		cmocka_unit_test(leaves_directories_alone),
		cmocka_unit_test(sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
