/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a boot slot: whole, or such that nothing starts from it. */
#include "loader/partition.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <mtd/ubi-user.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fake/fake.h"
#include "install/incoming.h"
#include "trust/sha256.h"

#define ROOM (300 << 10)

static uint8_t old[ROOM], blob[ROOM];
static size_t size;
static struct digest digest;
static uint64_t told;

static void tell(void *context, size_t bytes)
{
	(void)context;
	told += bytes;
}

static const struct partition slot = { .path = "/dev/vdb", .progress = tell };

static void setup(void)
{
	fake_reset();
	fake_boot();
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", old, sizeof(old));
	fake_bytes("/blob", blob, size);
	told = 0;
}

static void start_with(size_t bytes)
{
	size = bytes;
	for (size_t i = 0; i < sizeof(old); i++) {
		old[i] = (uint8_t)(i * 7 + 1);
		blob[i] = (uint8_t)(i * 3 + i / 255);
	}
	assert_int_equal(sha256_of(blob, size, &digest), 0);
	setup();
}

static int write_slot(struct err *err)
{
	__fd int fd = sys_openat(AT_FDCWD, "/blob", O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return err_errno(err, fd, "/blob");
	return partition_write(&slot, fd, &digest, size, err);
}

static const uint8_t *bytes(void)
{
	return (const uint8_t *)fake_text_of("/dev/vdb");
}

/* From one byte to all that there is room for: the blob, and nothing behind it changed but
 * what the first 4096 bytes are filled up with. */
static void all_sizes(void **state)
{
	static const size_t sizes[] = { 1,
					4095,
					4096,
					4097,
					INCOMING_BUFFER,
					INCOMING_BUFFER + 4096,
					2 * INCOMING_BUFFER + 5000,
					ROOM };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t end = sizes[i] < 4096 ? 4096 : sizes[i];

		start_with(sizes[i]);
		assert_int_equal(partition_check(slot.path, size, &err), 0);
		assert_int_equal(partition_holds(&slot, &digest, size, &err), 0);
		assert_int_equal(write_slot(&err), 0);
		assert_memory_equal(bytes(), blob, size);
		for (size_t at = size; at < end; at++)
			assert_int_equal(bytes()[at], 0);
		assert_memory_equal(bytes() + end, old + end, ROOM - end);
		assert_int_equal(partition_holds(&slot, &digest, size, &err), 1);
		assert_null(fake_leaks());
	}
}

static void as_written(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	start_with(INCOMING_BUFFER + 5000);
	assert_int_equal(write_slot(&err), 0);
	assert_int_equal(told, size - 4096 + size);
	fake_as_written("loader-partition");
}

static void too_small(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	start_with(ROOM);
	size++;
	assert_int_equal(partition_check(slot.path, size, &err), -ENOSPC);
	assert_string_equal(
		err.text,
		"/dev/vdb has 300.0 KiB, less than the 300.0 KiB of the kernel");
	assert_int_equal(write_slot(&err), -ENOSPC);
	assert_int_equal(partition_holds(&slot, &digest, size, &err), 0);
	assert_memory_equal(bytes(), old, ROOM);
	assert_false(fake_called("pwrite"));
	assert_int_equal(partition_check("/dev/null", size, &err), -ENOTBLK);
	assert_int_equal(partition_check("/dev/vdc", size, &err), -ENOENT);
	assert_string_equal(err.text, "/dev/vdc: No such file or directory");
	fake_reset();
	fake_boot();
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", old, 512);
	assert_int_equal(partition_check(slot.path, 1, &err), -ENOSPC);
}

/* A blob that is not what the manifest says, and a medium that loses a bit. */
static void not_what_was_signed(void **state)
{
	static const uint8_t zeros[4096];
	struct err err = ERR_INIT;

	(void)state;
	start_with(70000);
	blob[50000] ^= 1;
	setup();
	assert_int_equal(write_slot(&err), -EIO);
	assert_string_equal(err.text,
			    "/dev/vdb: the medium did not keep what was written");
	assert_memory_equal(bytes(), zeros, sizeof(zeros));
	for (int flush = 0; flush < 3; flush++) {
		start_with(70000);
		fake_config.bad_flush = flush;
		/* before the last one it is of zeros that are overwritten */
		assert_int_equal(write_slot(&err), flush == 2 ? -EIO : 0);
	}
	start_with(70000);
	fake_text("/blob", "short");
	assert_int_equal(write_slot(&err), -EIO);
	assert_non_null(strstr(err.text, "writing /dev/vdb"));
}

/* Before anything is written the old one is there; after it the new one, or one that
 * doesn't start. */
static void check_slot(int r, const char *call)
{
	if (r == 0)
		assert_memory_equal(bytes(), blob, size);
	else if (!fake_called("pwrite"))
		assert_memory_equal(bytes(), old, ROOM);
	else if (strstr(call, "pwrite at 0") && memcmp(bytes(), old, ROOM) == 0)
		assert_false(fake_called("pwrite at 4096"));
	else if (memcmp(bytes(), "\0\0\0\0", 4) != 0)
		fail_msg("%s: %d, and it would start", call, r);
}

static bool is_advice(const char *call)
{
	return strncmp(call, "fadvise", 7) == 0;
}

static void every_call_fails(void **state)
{
	const struct fake_sweep sweep = {
		.setup = setup,
		.run = write_slot,
		.names = "/dev/vdb|/blob",
		.forgives = is_advice,
		.check = check_slot,
	};

	(void)state;
	start_with(INCOMING_BUFFER + 5000);
	assert_true(fake_sweep(&sweep) > 15);
}

/* --- a volume of UBI's */

static const struct partition volume = { .path = "/dev/ubi0_1", .progress = tell };

static void setup_volume(void)
{
	fake_reset();
	fake_boot();
	fake_volume("ubi0_1", "boot-b", old, sizeof(old));
	fake_bytes("/blob", blob, size);
	told = 0;
}

static int write_to_volume(struct err *err)
{
	__fd int fd = sys_openat(AT_FDCWD, "/blob", O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return err_errno(err, fd, "/blob");
	return partition_write(&volume, fd, &digest, size, err);
}

static void volumes(void **state)
{
	static const size_t sizes[] = { 1, 4097, INCOMING_BUFFER + 5000, ROOM };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		start_with(sizes[i]);
		setup_volume();
		assert_int_equal(partition_check(volume.path, size, &err), 0);
		assert_int_equal(partition_holds(&volume, &digest, size, &err), 0);
		told = 0;
		assert_int_equal(write_to_volume(&err), 0);
		assert_int_equal(told, 2 * size);
		assert_memory_equal(fake_text_of("/dev/ubi0_1"), blob, size);
		assert_int_equal(partition_holds(&volume, &digest, size, &err), 1);
		assert_null(fake_leaks());
	}
	size++;
	assert_int_equal(write_to_volume(&err), -ENOSPC);
}

/* As a power cut leaves it, and a blob that is not what was signed. */
static void torn_volumes(void **state)
{
	struct err err = ERR_INIT;
	int64_t bytes_to_come = 70000;

	(void)state;
	start_with(70000);
	setup_volume();
	int fd = sys_openat(AT_FDCWD, volume.path, O_RDWR | O_CLOEXEC, 0);

	assert_int_equal(sys_ioctl(fd, UBI_IOCVOLUP, &bytes_to_come), 0);
	assert_int_equal(fd_pwrite_all(fd, blob, 50000, 0), 0);
	(void)sys_close(fd);
	assert_int_equal(partition_holds(&volume, &digest, size, &err), 0);
	assert_int_equal(write_to_volume(&err), 0);
	assert_int_equal(partition_holds(&volume, &digest, size, &err), 1);
	blob[50000] ^= 1;
	setup_volume();
	assert_int_equal(write_to_volume(&err), -EIO);
	assert_int_equal((uint8_t)fake_text_of("/dev/ubi0_1")[0], 0xff);
}

/* The old one, the new one, or nothing that can be read or starts. */
static void check_volume(int r, const char *call)
{
	struct err err = ERR_INIT;
	const char *held = fake_text_of("/dev/ubi0_1");

	fake_fail(0, 0);
	if (r == 0)
		assert_int_equal(partition_holds(&volume, &digest, size, &err), 1);
	else if (memcmp(held, old, 4096) != 0 && (uint8_t)held[0] != 0xff &&
		 partition_holds(&volume, &digest, size, &err) != 0)
		fail_msg("%s: %d, and it would start", call, r);
}

static void every_call_to_a_volume_fails(void **state)
{
	const struct fake_sweep sweep = {
		.setup = setup_volume,
		.run = write_to_volume,
		.names = "/dev/ubi0_1|/blob",
		.forgives = is_advice,
		.check = check_volume,
	};

	(void)state;
	start_with(INCOMING_BUFFER + 5000);
	assert_true(fake_sweep(&sweep) > 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sizes),
		cmocka_unit_test(as_written),
		cmocka_unit_test(too_small),
		cmocka_unit_test(not_what_was_signed),
		cmocka_unit_test(every_call_fails),
		cmocka_unit_test(volumes),
		cmocka_unit_test(torn_volumes),
		cmocka_unit_test(every_call_to_a_volume_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
