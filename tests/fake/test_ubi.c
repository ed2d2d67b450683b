/* SPDX-License-Identifier: Apache-2.0 */
/* UBI's volumes by name, and the partition that has to be attached first. */
#include "block/ubi.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/sys.h"
#include "block/find.h"
#include "fake/fake.h"

static const char flash[3 * FAKE_ERASEBLOCK];
static const char *source;
static int attached, answer;

/* Both partitions have a volume of the same name. */
static int attach(int mtd)
{
	if (answer < 0)
		return answer;
	attached = mtd;
	fake_volume(mtd == 1 ? "ubi0_0" : "ubi0_1", "data", flash, sizeof(flash));
	return 0;
}

static void setup(void)
{
	fake_reset();
	fake_boot();
	fake_text("/sys/class/ubi/version", "1\n");
	fake_text("/sys/class/mtd/mtd0/name", "u-boot\n");
	fake_text("/sys/class/mtd/mtd1/name", "ubi\n");
	fake_text("/sys/class/mtd/mtd1ro/name", "ubi\n");
	fake_text("/sys/class/mtd/mtd12/name", "spi flash\n");
	fake_text("/dev/ubi_ctrl", "");
	fake_config.on_attach = attach;
	attached = -1;
	answer = 0;
}

static int look(const char *what, uint32_t timeout_ms, char path[BACKING_PATH_SIZE],
		struct err *err)
{
	int fd = find_device(what, timeout_ms, path, err);

	if (fd >= 0)
		(void)sys_close(fd);
	return fd < 0 ? fd : 0;
}

static int run(struct err *err)
{
	char path[BACKING_PATH_SIZE];

	return look(source, 1000, path, err);
}

static void attaches_what_has_it(void **state)
{
	char path[BACKING_PATH_SIZE];
	struct err err = ERR_INIT;

	(void)state;
	setup();
	assert_int_equal(look("ubi:data", 0, path, &err), 0);
	assert_int_equal(attached, 1);
	assert_string_equal(path, "/dev/ubi0_0");
	setup();
	assert_int_equal(look("ubi:spi flash/data", 0, path, &err), 0);
	assert_int_equal(attached, 12);
	assert_string_equal(path, "/dev/ubi0_1");
	assert_null(fake_leaks());
}

/* By the kernel's command line, or a device tree. */
static void attaches_nothing_that_is_there(void **state)
{
	char path[BACKING_PATH_SIZE];
	struct err err = ERR_INIT;

	(void)state;
	setup();
	fake_volume("ubi3_2", "data", flash, sizeof(flash));
	assert_int_equal(look("ubi:data", 0, path, &err), 0);
	assert_string_equal(path, "/dev/ubi3_2");
	assert_int_equal(look("/dev/ubi3_2", 0, path, &err), 0);
	assert_int_equal(attached, -1);
	assert_int_equal(find_twin("ubi:data", path, &err), 0);
	fake_volume("ubi4_0", "data", flash, sizeof(flash));
	assert_int_equal(find_twin("ubi:data", path, &err), -ENOTUNIQ);
	assert_int_equal(look("ubi:data", 0, path, &err), -ENOTUNIQ);
	assert_non_null(strstr(err.text, "/dev/ubi3_2 and /dev/ubi4_0"));
	assert_null(fake_leaks());
}

static void says_what_is_missing(void **state)
{
	char path[BACKING_PATH_SIZE];
	struct err err = ERR_INIT;

	(void)state;
	setup();
	assert_int_equal(look("ubi:other", 200, path, &err), -ENXIO);
	assert_string_equal(err.text, "ubi:other: not there after 0.2 s; UBI volumes: "
				      "ubi0_0 (data)");
	setup();
	assert_int_equal(look("ubi:nand/data", 0, path, &err), -ENXIO);
	assert_string_equal(err.text, "ubi:nand/data: not there; UBI volumes: none");
	answer = -EINVAL;
	assert_int_equal(look("ubi:data", 5000, path, &err), -EINVAL);
	assert_string_equal(err.text, "ubi:data: attaching mtd1: Invalid argument");
	answer = -EEXIST;
	assert_int_equal(look("ubi:data", 0, path, &err), -ENXIO);
	fake_text("/sys/class/mtd/mtd3/name", "ubi\n");
	assert_int_equal(look("ubi:data", 0, path, &err), -ENOTUNIQ);
	fake_reset();
	fake_boot();
	assert_int_equal(look("ubi:data", 0, path, &err), -ENOENT);
	assert_string_equal(err.text,
			    "ubi:data: /sys/class/ubi: No such file or directory");
	assert_null(fake_leaks());
}

/* What was not read of a volume or a partition is read at the next look. */
static bool is_asked_again(const char *call)
{
	return !strstr(call, "/sys/class/ubi") && !strstr(call, "/sys/class/mtd") &&
	       !strstr(call, "ubi_ctrl") && strncmp(call, "fstat", 5) != 0;
}

static void every_call_fails_once(void **state)
{
	static const struct fake_sweep sweep = {
		.setup = setup,
		.run = run,
		.names = "ubi:data",
		.forgives = is_asked_again,
	};

	(void)state;
	source = "ubi:data";
	assert_true(fake_sweep(&sweep) >= 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(attaches_what_has_it),
		cmocka_unit_test(attaches_nothing_that_is_there),
		cmocka_unit_test(says_what_is_missing),
		cmocka_unit_test(every_call_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
