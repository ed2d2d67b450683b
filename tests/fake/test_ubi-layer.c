/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that are UBI volumes: the image that names them starts, or says what is wrong. */
#include <fcntl.h>
#include <linux/ioctl.h>
#include <mtd/ubi-user.h>

#include "base/fd.h"
#include "base/sys.h"
#include "block/ubi.h"
#include "fake/machine.h"
#include "store/store.h"

static void flashed_machine(void)
{
	plain_machine();
	machine.flashed = true;
}

static void starts(void **state)
{
	(void)state;
	flashed_machine();
	setup();
	assert_boots();
	assert_string_equal(fake_type_of("/bin/app"), "overlay");
	assert_false(fake_called("loop"));
	/* one of each kind */
	setup();
	machine.flashed = false;
	(void)put_image();
	machine.flashed = true;
	assert_boots();
	assert_true(fake_called("loop"));
}

static void says_what_is_wrong(void **state)
{
	(void)state;
	flashed_machine();
	setup();
	fake_text("@sysfs:class/ubi/ubi0_2/upd_marker", "1\n");
	assert_fails(-EBADMSG, "/dev/ubi0_2 was not written whole");
	setup();
	fake_text("@sysfs:dev/char/9:2/reserved_ebs", "3\n");
	assert_fails(-EBADMSG,
		     "/dev/ubi0_2 has room for 12288 bytes, the manifest says 16384");
	setup();
	fake_text("@sysfs:class/ubi/ubi0_2/name", "sha256-0123\n");
	assert_fails(-ENOENT, "not in the store");
	setup();
	fake_config.no_ubiblock = true;
	assert_fails(-ENOTSUP, "no block devices of UBI volumes in this kernel "
			       "(CONFIG_MTD_UBI_BLOCK)");
}

/* --- one layer */

static const uint8_t flash[3 * FAKE_ERASEBLOCK] = "hsqs";
static struct digest digest;

static void setup_layer(void)
{
	char volume[8 + DIGEST_HEX_SIZE] = "sha256-";

	fake_reset();
	fake_boot();
	fake_volume("ubi0_0", "lamina-data", flash, sizeof(flash));
	memset(&digest, 7, sizeof(digest));
	digest_hex(&digest, volume + strlen(volume));
	fake_volume("ubi0_4", volume, flash, sizeof(flash));
}

static int use_layer(struct err *err)
{
	__fd int store = store_open("/", err), blob = -EBADF;
	const struct backing *backing;
	char path[BACKING_PATH_SIZE];
	int device, r;

	if (store < 0)
		return store;
	blob = store_open_blob(store, &digest, 2 * FAKE_ERASEBLOCK, err);
	if (blob < 0)
		return blob;
	r = backing_of(blob, &backing);
	if (r < 0)
		return err_errno(err, r, "/dev/ubi0_4");
	device = backing->open(blob, 2 * FAKE_ERASEBLOCK, path, err);
	if (device < 0)
		return device;
	assert_ptr_equal(backing, &backing_ubiblock);
	assert_string_equal(path, "/dev/ubiblock0_4");
	backing->close(blob, device);
	return 0;
}

static bool is_letting_go(const char *call)
{
	return strncmp(call, "ioctl 0x4f08", 12) == 0;
}

/* What is let go of leaves no disk behind. */
static void check_disk(int r, const char *call)
{
	(void)r;
	if (!call || !is_letting_go(call))
		assert_false(fake_exists("/dev/ubiblock0_4"));
}

static void every_call_fails_once(void **state)
{
	static const struct fake_sweep sweep = {
		.setup = setup_layer,
		.run = use_layer,
		.names = "/dev/ubi|/sys/class/ubi|UBI volume|open|fstat|/",
		.forgives = is_letting_go,
		.check = check_disk,
	};

	(void)state;
	assert_true(fake_sweep(&sweep) > 15);
}

/* What somebody else has made of the volume is as good, and goes too when nobody uses it. */
static void finds_one_that_is_there(void **state)
{
	struct err err = ERR_INIT;
	int fd;

	(void)state;
	setup_layer();
	fd = sys_openat(AT_FDCWD, "/dev/ubi0_4", O_RDONLY | O_CLOEXEC, 0);
	assert_int_equal(sys_ioctl(fd, UBI_IOCVOLCRBLK, NULL), 0);
	(void)sys_close(fd);
	assert_true(fake_exists("/dev/ubiblock0_4"));
	assert_int_equal(use_layer(&err), 0);
	assert_false(fake_exists("/dev/ubiblock0_4"));
	assert_null(fake_leaks());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(every_call_fails_once),
		cmocka_unit_test(finds_one_that_is_there),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
