/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "block/dm.h"
#include "block/loop.h"
#include "fake/fake.h"
#include "stack/squash.h"

static const struct digest root = { { 0xaa, 0xbb } };
static bool whole; /* every block, and only then with panic_on_corruption */

static void setup(void)
{
	static const char layer[5 * 4096] = "hsqs";

	fake_reset();
	fake_boot();
	fake_dir("/mnt");
	fake_bytes("/layer", layer, sizeof(layer));
	fake_text("@squashfs:hello", "from the layer");
	whole = false;
}

static void setup_whole(void)
{
	setup();
	whole = true;
}

static int mount_mapped(void *context, const char *path, struct err *err)
{
	assert_string_equal(path, "/dev/dm-300");
	return squash_mount(path, context, err);
}

static int map(struct err *err)
{
	char loop_path[BACKING_PATH_SIZE];
	const struct dm_verity verity = { .name = "lamina-0",
					  .device = loop_path,
					  .data_bytes = 3 * 4096,
					  .root = &root,
					  .panic = whole,
					  .whole = whole,
					  .use = mount_mapped,
					  .context = (void *)(uintptr_t) "/mnt" };
	__fd int file = sys_openat(AT_FDCWD, "/layer", O_RDONLY | O_CLOEXEC, 0);
	__fd int loop = -EBADF;

	if (file < 0)
		return err_errno(err, file, "/layer");
	loop = loop_open(file, 5 * 4096, loop_path, err);
	return loop < 0 ? loop : dm_verity_use(&verity, err);
}

/* As init does: what nobody vouches for is not left mounted. */
static int run(struct err *err)
{
	int r = map(err);

	if (r < 0)
		(void)sys_umount2("/mnt", MNT_DETACH);
	return r;
}

static void every_call_fails_once(void **state)
{
	static const struct fake_sweep sweep = {
		.setup = setup,
		.run = run,
		.names = "/layer|/dev/loop|dm-verity|verity|/dev/dm|/dev/mapper/"
			 "control|squashfs",
	};

	struct fake_sweep sweep_whole = sweep;
	int calls;

	(void)state;
	calls = fake_sweep(&sweep);
	assert_true(calls > 15);
	assert_int_equal(fake_panics(), 0);
	assert_string_equal(fake_text_of("/mnt/hello"), "from the layer");
	/* two more for the second table, and three to read it; the three blocks are one read */
	sweep_whole.setup = setup_whole;
	assert_int_equal(fake_sweep(&sweep_whole), calls + 5);
	assert_int_equal(fake_panics(), 1);
}

/* Damage behind the first block is met by whoever reads it; with @whole, here. */
static void reads_it_whole(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	fake_corrupt_from("/layer", 2 * 4096);
	assert_int_equal(run(&err), 0);
	setup_whole();
	fake_corrupt_from("/layer", 2 * 4096);
	assert_int_equal(run(&err), -EBADMSG);
	assert_string_equal(err.text, "verity: a block is corrupt");
	assert_null(fake_leaks());
	setup_whole();
	fake_corrupt_from("/layer", 3 * 4096);
	assert_int_equal(run(&err), 0);
	assert_int_equal(fake_panics(), 1);
}

/* No damage was seen, and nobody says that there is none. */
static void must_be_vouched_for(void **state)
{
	static const char *const words[] = { "", "W", "v", "verity" };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct err err = ERR_INIT;

		setup();
		fake_config.verity_says = words[i];
		assert_int_equal(run(&err), -EBADMSG);
		assert_non_null(
			strstr(err.text, "verity: the kernel does not vouch for"));
		assert_null(fake_leaks());
	}
}

/* The layer is the mount's alone: detached, nothing is left of it. */
static void goes_with_its_mount(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	assert_int_equal(run(&err), 0);
	assert_true(fake_exists("/dev/dm-300"));
	assert_int_equal(sys_umount2("/mnt", 2), 0);
	assert_false(fake_exists("/dev/dm-300"));
	assert_null(fake_leaks());
}

static void refuses_damage(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	fake_corrupt("/layer");
	assert_int_equal(run(&err), -EBADMSG);
	assert_string_equal(err.text, "verity: root hash does not match");
	assert_null(fake_leaks());
	assert_false(fake_exists("/dev/dm-300"));
}

static void refuses_what_can_not_be(void **state)
{
	struct err err = ERR_INIT;
	struct dm_verity verity = { .name = "x", .device = "/dev/loop0", .root = &root };
	char name[200];

	(void)state;
	setup();
	assert_int_equal(dm_verity_use(&verity, &err), -EINVAL);
	verity.data_bytes = 4095;
	assert_int_equal(dm_verity_use(&verity, &err), -EINVAL);
	verity.data_bytes = 4096;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	verity.name = name;
	assert_int_equal(dm_verity_use(&verity, &err), -ENAMETOOLONG);
	verity.name = "x";
	/* no such loop device */
	assert_int_equal(dm_verity_use(&verity, &err), -ENODEV);
	assert_non_null(strstr(err.text, "/dev/loop0"));
	assert_null(fake_leaks());
}

static void knows_its_name_is_taken(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	assert_int_equal(map(&err), 0);
	assert_int_equal(map(&err), -EEXIST);
	assert_non_null(strstr(err.text, "lamina-0"));
	/* the other one's mapping is still there, until its mount goes */
	assert_true(fake_exists("/dev/dm-300"));
	assert_string_equal(fake_text_of("/mnt/hello"), "from the layer");
	assert_int_equal(sys_umount2("/mnt", MNT_DETACH), 0);
	assert_null(fake_leaks());
}

static void says_what_the_kernel_lacks(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	assert_int_equal(dm_probe(&err), 0);
	fake_fail(2, ENOMEM);
	assert_int_equal(dm_probe(&err), -ENOMEM);
	fake_fail(0, 0);
	fake_config.no_verity = true;
	assert_int_equal(dm_probe(&err), -ENOTSUP);
	assert_non_null(strstr(err.text, "CONFIG_DM_VERITY"));
	assert_int_equal(sys_unlinkat(AT_FDCWD, "/dev/mapper/control", 0), 0);
	assert_int_equal(dm_probe(&err), -ENOTSUP);
	assert_non_null(strstr(err.text, "CONFIG_BLK_DEV_DM"));
	assert_null(fake_leaks());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_fails_once),
		cmocka_unit_test(goes_with_its_mount),
		cmocka_unit_test(refuses_damage),
		cmocka_unit_test(must_be_vouched_for),
		cmocka_unit_test(reads_it_whole),
		cmocka_unit_test(refuses_what_can_not_be),
		cmocka_unit_test(knows_its_name_is_taken),
		cmocka_unit_test(says_what_the_kernel_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
