/* SPDX-License-Identifier: Apache-2.0 */
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

static const char *source;
static const char empty[512];

/* vda: an ext4 of its own. vdb: GPT or MBR, with the partitions vdb1 and vdb2. loop0:
 * unused. */
static void add_disks(void)
{
	static char disk[65536];

	memset(disk, 0, sizeof(disk));
	memcpy(disk + 1024 + 56, "\x53\xef", 2);
	memcpy(disk + 1024 + 104,
	       "\x11\x11\x11\x11\x22\x22\x33\x33\x44\x44\x55\x55\x55\x55\x55\x55", 16);
	memcpy(disk + 1024 + 120, "store", 5);
	fake_disk("vda", NULL, "DEVNAME=vda\nDEVTYPE=disk\n", disk, sizeof(disk));
	fake_text("/sys/devices/vda/serial", "SERIAL7\n");
	memset(disk, 0, sizeof(disk));
	memcpy(disk + 440, "\x4d\x3c\x2b\x1a", 4);
	memcpy(disk + 510, "\x55\xaa", 2);
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", disk, sizeof(disk));
	fake_disk("vdb1", "vdb",
		  "DEVNAME=vdb1\nDEVTYPE=partition\nPARTN=1\nPARTNAME=boot\n", disk,
		  4096);
	fake_disk("vdb2", "vdb",
		  "DEVNAME=vdb2\nDEVTYPE=partition\nPARTN=2\nPARTNAME=lamina-data\n",
		  disk, 4096);
	fake_disk("loop0", NULL, "DEVNAME=loop0\nDEVTYPE=disk\n", disk, 0);
}

static void setup(void)
{
	fake_reset();
	fake_boot();
	add_disks();
}

static int run(struct err *err)
{
	char path[64];
	int fd = find_device(source, 1000, path, err);

	if (fd < 0)
		return fd;
	(void)sys_close(fd);
	assert_string_equal(path, strstr(source, "PART") ? "/dev/vdb2" : "/dev/vda");
	return 0;
}

/* A device that can't be asked once is asked again at the next look; so is one that can't
 * be opened for a reason that passes. What fails for good is what every look needs. */
static bool is_asked_again(const char *call)
{
	return !strstr(call, "/sys/class/block") && strncmp(call, "fstat", 5) != 0;
}

static void every_call_fails_once(void **state)
{
	static const char *const sources[] = {
		"PARTLABEL=lamina-data", "PARTUUID=1a2b3c4d-02",
		"LABEL=store",		 "UUID=11111111-2222-3333-4444-555555555555",
		"serial=SERIAL7",	 "/dev/vda",
	};
	static const struct fake_sweep sweep = {
		.setup = setup,
		.run = run,
		.names = "PARTLABEL=|PARTUUID=|LABEL=|UUID=|serial=|/dev/vda",
		.forgives = is_asked_again,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		source = sources[i];
		assert_true(fake_sweep(&sweep) >= 2);
	}
}

/* A node without a device behind it yet, a reader without a medium. */
static void opens_again_what_is_not_ready(void **state)
{
	static const int numbers[] = { ENOENT, ENXIO, ENOMEDIUM };

	(void)state;
	source = "/dev/vda";
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct err err = ERR_INIT;

		setup();
		fake_fail(1, numbers[i]);
		assert_int_equal(run(&err), 0);
		assert_non_null(fake_failed());
	}
}

static int sleeps;

static void appear_after_200(void)
{
	if (++sleeps == 200)
		add_disks();
}

static void waits_until_it_is_there(void **state)
{
	struct err err = ERR_INIT;
	char path[64];
	int fd;

	(void)state;
	fake_reset();
	fake_boot();
	sleeps = 0;
	fake_config.on_sleep = appear_after_200;
	fd = find_device("PARTLABEL=lamina-data", 10000, path, &err);
	assert_true(fd >= 0);
	(void)sys_close(fd);
	assert_in_range(fake_now_ms(), 2000, 4000);
	assert_null(fake_leaks());
}

static void gives_up_with_what_it_saw(void **state)
{
	struct err err = ERR_INIT;
	char path[64];

	(void)state;
	setup();
	assert_int_equal(find_device("PARTLABEL=other", 1500, path, &err), -ENXIO);
	assert_string_equal(err.text,
			    "PARTLABEL=other: not there after 1.5 s; block devices: vda, "
			    "vdb, vdb1 (boot), vdb2 (lamina-data)");
	assert_in_range(fake_now_ms(), 1500, 1600);
	assert_int_equal(find_device("/dev/vdz", 0, path, &err), -ENXIO);
	assert_non_null(strstr(err.text, "vdb1 (boot)"));
	fake_reset();
	fake_boot();
	assert_int_equal(find_device("LABEL=x", 0, path, &err), -ENXIO);
	assert_string_equal(err.text, "LABEL=x: not there; block devices: none");
	assert_null(fake_leaks());
}

static void names_a_device_that_can_not_be_read(void **state)
{
	struct err err = ERR_INIT;
	char path[64];

	(void)state;
	setup();
	assert_int_equal(sys_unlinkat(AT_FDCWD, "/dev/vda", 0), 0);
	assert_int_equal(find_device("LABEL=store", 0, path, &err), -ENXIO);
	assert_non_null(strstr(err.text, "vda: No such file"));
}

/* A drive that waits for its medium, say: everybody else's device must still be found. */
static void what_would_wait_when_opened(void **state)
{
	static const char *const sources[] = { "LABEL=store", "PARTUUID=1a2b3c4d-03" };
	struct err err = ERR_INIT;
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		setup();
		assert_int_equal(sys_unlinkat(AT_FDCWD, "/dev/vda", 0), 0);
		assert_int_equal(sys_unlinkat(AT_FDCWD, "/dev/vdb", 0), 0);
		fake_fifo("/dev/vda");
		fake_fifo("/dev/vdb");
		assert_int_equal(find_device(sources[i], 0, path, &err), -ENXIO);
		assert_null(fake_leaks());
	}
}

static void more_than_fits_in_a_message(void **state)
{
	struct err err = ERR_INIT;
	char path[64], name[32], uevent[64];

	(void)state;
	setup();
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "mmcblk%d", i);
		(void)snprintf(uevent, sizeof(uevent), "DEVNAME=%s\n", name);
		fake_disk(name, NULL, uevent, empty, sizeof(empty));
	}
	assert_int_equal(find_device("LABEL=x", 0, path, &err), -ENXIO);
	assert_non_null(strstr(err.text, "mmcblk0, "));
	assert_null(fake_leaks());
}

static void two_that_answer(void **state)
{
	struct err err = ERR_INIT;
	char path[64];

	(void)state;
	setup();
	fake_disk("vdc1", NULL, "DEVNAME=vdc1\nPARTN=1\nPARTNAME=lamina-data\n", empty,
		  sizeof(empty));
	assert_int_equal(find_device("PARTLABEL=lamina-data", 1000, path, &err),
			 -ENOTUNIQ);
	assert_non_null(strstr(err.text, "/dev/vdb2 and /dev/vdc1"));
	assert_null(fake_leaks());
}

/* Only what has come since, and what was not made of the device itself. */
static void a_twin_that_comes_later(void **state)
{
	struct err err = ERR_INIT;
	char path[64];
	int fd;

	(void)state;
	setup();
	fd = find_device("PARTLABEL=lamina-data", 0, path, &err);
	assert_true(fd >= 0);
	(void)sys_close(fd);
	assert_int_equal(find_twin("PARTLABEL=lamina-data", path, &err), 0);
	fake_disk("dm-0", NULL, "DEVNAME=dm-0\nPARTN=1\nPARTNAME=lamina-data\n", empty,
		  sizeof(empty));
	fake_disk("loop7p1", NULL, "DEVNAME=loop7p1\nPARTN=1\nPARTNAME=lamina-data\n",
		  empty, sizeof(empty));
	assert_int_equal(find_twin("PARTLABEL=lamina-data", path, &err), 0);
	assert_int_equal(find_twin("/dev/vdb2", "/dev/vdb2", &err), 0);
	fake_disk("vdc1", NULL, "DEVNAME=vdc1\nPARTN=1\nPARTNAME=lamina-data\n", empty,
		  sizeof(empty));
	assert_int_equal(find_twin("PARTLABEL=lamina-data", path, &err), -ENOTUNIQ);
	assert_string_equal(err.text, "PARTLABEL=lamina-data: two devices answer: "
				      "/dev/vdb2 and /dev/vdc1");
	/* another one in its place is no better */
	assert_int_equal(find_twin("PARTLABEL=boot", path, &err), -ENOTUNIQ);
	assert_int_equal(find_twin("PARTLABEL=nowhere", path, &err), 0);
	assert_null(fake_leaks());
}

static void not_a_device(void **state)
{
	struct err err = ERR_INIT;
	char path[64];

	(void)state;
	setup();
	assert_int_equal(find_device("/dev/null", 0, path, &err), -ENOTBLK);
	assert_int_equal(find_device("vda", 0, path, &err), -EINVAL);
	assert_int_equal(find_device("LABEL=", 0, path, &err), -EINVAL);
	assert_null(fake_leaks());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_fails_once),
		cmocka_unit_test(opens_again_what_is_not_ready),
		cmocka_unit_test(waits_until_it_is_there),
		cmocka_unit_test(gives_up_with_what_it_saw),
		cmocka_unit_test(names_a_device_that_can_not_be_read),
		cmocka_unit_test(what_would_wait_when_opened),
		cmocka_unit_test(more_than_fits_in_a_message),
		cmocka_unit_test(two_that_answer),
		cmocka_unit_test(a_twin_that_comes_later),
		cmocka_unit_test(not_a_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
