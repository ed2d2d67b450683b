/* SPDX-License-Identifier: Apache-2.0 */
/* Whole reads and writes, and listing, where calls are interrupted or fail. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/sys.h"
#include "fake/fake.h"

static int fd;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	fake_text("/file", "0123456789");
	fd = sys_openat(AT_FDCWD, "/file", O_RDWR | O_CLOEXEC, 0);
	return fd < 0;
}

static void reads_whole_files(void **state)
{
	char buf[16];

	(void)state;
	assert_int_equal(fd_read_file(fd, buf, sizeof(buf)), 10);
	assert_memory_equal(buf, "0123456789", 10);
	(void)setup(NULL);
	assert_int_equal(fd_read_file(fd, buf, 10), 10);
	(void)setup(NULL);
	assert_int_equal(fd_read_file(fd, buf, 9), -EFBIG);
	(void)setup(NULL);
	for (int n = 1; n <= 2; n++) {
		(void)setup(NULL);
		fake_fail(n, EINTR);
		assert_int_equal(fd_read_file(fd, buf, 10), 10);
		(void)setup(NULL);
		fake_fail(n, EIO);
		assert_int_equal(fd_read_file(fd, buf, 10), -EIO);
	}
}

static void reads_at_an_offset(void **state)
{
	char buf[4];

	(void)state;
	fake_fail(1, EINTR);
	assert_int_equal(fd_pread_all(fd, buf, 4, 6), 0);
	assert_memory_equal(buf, "6789", 4);
	assert_int_equal(fd_pread_all(fd, buf, 4, 7), -EIO);
	assert_int_equal(fd_pread_all(fd, buf, 0, 100), 0);
	fake_fail(1, EPERM);
	assert_int_equal(fd_pread_all(fd, buf, 4, 6), -EPERM);
}

static void copies(void **state)
{
	char many[40000];
	int from, to;

	(void)state;
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = (char)('a' + i % 23);
	fake_bytes("/from", many, sizeof(many));
	fake_bytes("/to", "", 0);
	from = sys_openat(AT_FDCWD, "/from", O_RDONLY, 0);
	to = sys_openat(AT_FDCWD, "/to", O_WRONLY, 0);
	assert_int_equal(fd_copy(from, to, 17), 17);
	assert_int_equal(fd_copy(from, to, 0), 0);
	assert_int_equal(fd_copy(from, to, UINT64_MAX), sizeof(many) - 17);
	assert_int_equal(fd_copy(from, to, UINT64_MAX), 0);
	assert_memory_equal(fake_text_of("/to"), many, sizeof(many));
	fake_fail(1, EPERM);
	assert_int_equal(fd_copy(from, to, 1), -EPERM);
	fd_close(from);
	fd_close(to);
}

static void writes_all(void **state)
{
	(void)state;
	fake_fail(1, EINTR);
	assert_int_equal(fd_write_all(fd, "abc", 3), 0);
	assert_int_equal(fd_write_all(fd, "d", 1), 0);
	fake_fail(1, EINTR);
	assert_int_equal(fd_pwrite_all(fd, "xyz", 3, 9), 0);
	assert_string_equal(fake_text_of("/file"), "abcd45678xyz");
	fake_fail(1, ENOSPC);
	assert_int_equal(fd_write_all(fd, "abc", 3), -ENOSPC);
	fake_fail(1, EIO);
	assert_int_equal(fd_pwrite_all(fd, "abc", 3, 0), -EIO);
}

static void closes_by_scope(void **state)
{
	(void)state;
	{
		__fd int mine = sys_openat(AT_FDCWD, "/file", O_RDONLY, 0);
		int taken = TAKE_FD(mine);

		assert_int_equal(mine, -EBADF);
		assert_int_equal(sys_close(taken), 0);
	}
	{
		__fd int mine = TAKE_FD(fd);

		assert_true(mine >= 0);
	}
	assert_null(fake_leaks());
}

/* More entries than one call of the kernel's returns. */
static void lists_directories(void **state)
{
	const struct dirent *entry;
	struct dir list;
	char path[64];
	int count = 0, r;

	(void)state;
	for (int i = 0; i < 300; i++) {
		(void)snprintf(path, sizeof(path), "/many/a-rather-long-name-%d", i);
		fake_text(path, "");
	}
	fd = sys_openat(AT_FDCWD, "/many", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	dir_init(&list, fd);
	while ((r = dir_next(&list, &entry)) > 0) {
		(void)snprintf(path, sizeof(path), "a-rather-long-name-%d", count++);
		assert_string_equal(entry->d_name, path);
		assert_int_equal(entry->d_type, DT_REG);
	}
	assert_int_equal(r, 0);
	assert_int_equal(count, 300);
	assert_int_equal(dir_next(&list, &entry), 0);
	fd = sys_openat(AT_FDCWD, "/many", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	dir_init(&list, fd);
	fake_fail(1, EIO);
	assert_int_equal(dir_next(&list, &entry), -EIO);
}

/* A device at its end takes nothing, for ever. */
static void a_write_of_nothing(void **state)
{
	(void)state;
	fake_config.writes_nothing = true;
	assert_int_equal(fd_write_all(fd, "abc", 3), -ENOSPC);
	assert_int_equal(fd_pwrite_all(fd, "abc", 3, 4), -ENOSPC);
	assert_int_equal(fd_write_all(fd, "", 0), 0);
	assert_int_equal(fake_calls(), 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_whole_files, setup),
		cmocka_unit_test_setup(reads_at_an_offset, setup),
		cmocka_unit_test_setup(copies, setup),
		cmocka_unit_test_setup(writes_all, setup),
		cmocka_unit_test_setup(a_write_of_nothing, setup),
		cmocka_unit_test_setup(closes_by_scope, setup),
		cmocka_unit_test_setup(lists_directories, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
