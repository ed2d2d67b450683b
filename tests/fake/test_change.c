/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the record of a running device. Whatever call fails: a copy is whole, the old
 * record or the new one, as the result says; and the store is read-only again. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fake/fake.h"
#include "format/record.h"
#include "slot/change.h"
#include "slot/confirm.h"
#include "store/store.h"
#include "trust/sha256.h"

#define FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static struct settings settings;
static struct manifest scratch;
static struct record before;

static void set_id(struct digest *id, uint8_t byte)
{
	memset(id, byte, sizeof(*id));
}

static void put_state(void)
{
	static uint8_t bytes[RECORD_ROOM];
	struct digest sum;

	before = (struct record){
		.seq = 4, .boots = 1, .tries_left = 2, .tries_initial = 3, .floor = 6
	};
	set_id(&before.current, 0xaa);
	set_id(&before.candidate, 0xbb);
	record_encode(&before, bytes);
	assert_int_equal(sha256_of(bytes, RECORD_SUM_OFFSET, &sum), 0);
	memcpy(bytes + RECORD_SUM_OFFSET, &sum, RECORD_SUM_SIZE);
	memcpy(bytes + RECORD_STRIDE, bytes, RECORD_SIZE);
	fake_bytes("@/dev/vda:state", bytes, sizeof(bytes));
	/* one image that is there makes it a record */
	fake_dir("@/dev/vda:images/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
}

/* As init leaves the store: read-only, the mount and the file system. */
static void setup(void)
{
	static const char disk[65536];

	fake_reset();
	fake_boot();
	fake_disk("vda", NULL, "DEVNAME=vda\nDEVTYPE=disk\n", disk, sizeof(disk));
	put_state();
	fake_dir("/store");
	assert_int_equal(sys_mount("/dev/vda", "/store", "ext4", FLAGS | MS_RDONLY, NULL),
			 0);
}

static struct confirm confirm_of(uint8_t running)
{
	struct confirm confirm = {
		.store = "/store",
		.settings = &settings,
		.scratch = &scratch,
	};

	set_id(&confirm.running, running);
	return confirm;
}

static int confirm(struct err *err)
{
	struct confirm confirm = confirm_of(0xbb);

	return confirm_running(&confirm, err);
}

static int give_back(struct err *err)
{
	struct confirm confirm = confirm_of(0xbb);

	return confirm_reboot(&confirm, err);
}

static bool is_read_only(void)
{
	__fd int fd = store_open("/store", NULL);
	struct statfs st;

	assert_int_equal(sys_fstatfs(fd, &st), 0);
	return st.f_flags & ST_RDONLY;
}

/* The newest copy that is whole. */
static struct record after(void)
{
	const uint8_t *bytes = (const uint8_t *)fake_text_of("/store/state");
	struct record record, newest = { .seq = 0 };
	struct digest sum;

	for (int i = 0; i < RECORD_COPIES; i++, bytes += RECORD_STRIDE) {
		assert_int_equal(sha256_of(bytes, RECORD_SUM_OFFSET, &sum), 0);
		if (memcmp(&sum, bytes + RECORD_SUM_OFFSET, RECORD_SUM_SIZE) == 0 &&
		    record_decode(bytes, &record, NULL) == 0 && record.seq > newest.seq)
			newest = record;
	}
	return newest;
}

static void confirms(void **state)
{
	struct err err = ERR_INIT;
	struct record record;

	(void)state;
	setup();
	assert_int_equal(confirm(&err), 0);
	fake_as_written("confirm");
	record = after();
	assert_int_equal(record.seq, 5);
	assert_true(digest_equal(&record.current, &before.candidate));
	assert_true(digest_equal(&record.previous, &before.current));
	assert_true(is_read_only());
	assert_int_equal(confirm(&err), -EALREADY);
	assert_int_equal(after().seq, 5);
	assert_null(fake_leaks());
}

static void gives_one_try_back(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	assert_int_equal(give_back(&err), 1);
	assert_int_equal(after().tries_left, 3);
	assert_true(is_read_only());
	assert_int_equal(give_back(&err), -EALREADY);
	assert_non_null(strstr(err.text, "is spent: this start counts (3 of 3 left)"));
	assert_int_equal(after().seq, 5);
}

static void refuses_what_does_not_run(void **state)
{
	struct confirm other = confirm_of(0xcc);
	struct err err = ERR_INIT;

	(void)state;
	setup();
	assert_int_equal(confirm_running(&other, &err), -EPERM);
	assert_int_equal(confirm_reboot(&other, &err), 0);
	assert_int_equal(after().seq, 4);
	assert_false(fake_called("pwrite"));
}

static void is_locked_out(void **state)
{
	struct err err = ERR_INIT;
	__fd int fd = -EBADF;

	(void)state;
	setup();
	fd = store_open("/store", NULL);
	assert_int_equal(sys_flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(confirm(&err), -EAGAIN);
	assert_int_equal(give_back(&err), -EAGAIN);
	assert_int_equal(after().seq, 4);
	assert_true(is_read_only());
}

/* Begins a change and settles it while call @number of that fails with @error. */
static int settle(struct change *change, int number, int error, struct err *err)
{
	int r;

	setup();
	*change = (struct change){ .path = "/store", .settings = &settings };
	assert_int_equal(change_begin(change, err), 0);
	assert_int_equal(change_writable(change, err), 0);
	assert_false(is_read_only());
	fake_fail(number, error);
	r = change_settle(change, err);
	fake_fail(0, 0);
	return r;
}

/* What an install wrote has to be in its place before the record names it. */
static void settles_before_the_record(void **state)
{
	struct err err = ERR_INIT;
	struct change change;

	(void)state;
	assert_int_equal(settle(&change, 0, 0, &err), 0);
	assert_true(is_read_only());
	change.record->floor = 7;
	assert_int_equal(change_write(&change, &err), 0);
	assert_int_equal(after().floor, 7);
	assert_int_equal(change_end(&change, &err), 0);
	assert_true(is_read_only());
	assert_null(fake_leaks());
}

static void settles_as_far_as_it_can(void **state)
{
	struct err err = ERR_INIT;
	struct change change;

	(void)state;
	assert_int_equal(settle(&change, 1, EBUSY, &err), 0);
	assert_false(is_read_only());
	assert_int_equal(change_end(&change, &err), 0);
	assert_true(is_read_only());
	assert_int_equal(settle(&change, 1, EIO, &err), -EIO);
	assert_non_null(strstr(err.text, "making it read-only"));
	assert_int_equal(change_end(&change, &err), 0);
	assert_true(is_read_only());
}

/* The store stays writable then, or isn't known beforehand to be on a disk that is read-only:
 * that takes nothing from what is on the disk. */
static bool forgives(const char *call)
{
	static const char *const calls[] = {
		"mount", "openat2", "pread",	       "fstat",
		"fcntl", "fadvise", "openat /sys/dev",
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strncmp(call, calls[i], strlen(calls[i])) == 0)
			return true;
	return false;
}

static void check(int r, const char *call)
{
	struct record record = after();

	if (r == 0 || r == -EREMOTEIO)
		assert_int_equal(record.seq, 5);
	else if (record.seq != 4)
		fail_msg("%s: the result says old, the disk says %d", call,
			 (int)record.seq);
	if (!is_read_only() && !(r >= 0 && call && strncmp(call, "mount", 5) == 0))
		fail_msg("%s: left writable", call);
}

static int translates(const char *call)
{
	(void)call;
	return after().seq == 5 ? EREMOTEIO : 0;
}

static void sweep(void **state)
{
	const struct fake_sweep cases = {
		.setup = setup,
		.run = confirm,
		.names = "store|boot record|sha256",
		.forgives = forgives,
		.translates = translates,
		.check = check,
	};

	(void)state;
	assert_in_range(fake_sweep(&cases), 20, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(confirms),
		cmocka_unit_test(gives_one_try_back),
		cmocka_unit_test(refuses_what_does_not_run),
		cmocka_unit_test(is_locked_out),
		cmocka_unit_test(settles_before_the_record),
		cmocka_unit_test(settles_as_far_as_it_can),
		cmocka_unit_test(sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
