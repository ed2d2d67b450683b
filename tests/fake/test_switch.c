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

#include "base/sys.h"
#include "fake/fake.h"
#include "stack/switch.h"

static bool pivots;

static void setup(void)
{
	fake_reset();
	fake_boot();
	fake_config.can_pivot = pivots;
	fake_text("/init", "program");
	fake_text("/etc/lamina/policy", "compatible x");
	fake_link("/bin", "/usr/bin");
	fake_dir("/work");
	assert_int_equal(sys_mount("none", "/work", "tmpfs", 0, NULL), 0);
	fake_dir("/work/root");
	assert_int_equal(sys_mount("none", "/work/root", "tmpfs", 0, NULL), 0);
	fake_text("/work/root/etc/hostname", "new");
	fake_dir("/work/root/var/run");
	fake_link("/work/root/run", "/var/run");
	fake_text("/run/kept", "kept");
}

static int run(struct err *err)
{
	int r = switch_move_mounts("/work/root", err);

	return r < 0 ? r : switch_root("/work/root", err);
}

/* Neither way of entering is the only one, and what can't be freed is not needed any
 * more. */
static bool goes_on(const char *call)
{
	static const char *const calls[] = {
		"pivot_root",  "unlinkat",     "umount2",	 "getdents64",
		"fstatfs",     "openat2 etc",  "openat2 lamina", "openat2 work",
		"openat2 dev", "openat2 proc", "openat2 sys",	 "openat2 run",
		"openat2 bin", "fchdir"
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strncmp(call, calls[i], strlen(calls[i])) == 0)
			return true;
	}
	return false;
}

/* What moved is back after a failure, and the sweep counts mounts. */
static int run_move(struct err *err)
{
	return switch_move_mounts("/work/root", err);
}

static void check_moved(int r, const char *call)
{
	(void)call;
	if (r < 0) {
		assert_string_equal(fake_type_of("/dev"), "devtmpfs");
		assert_string_equal(fake_type_of("/proc"), "proc");
		assert_string_equal(fake_type_of("/sys"), "sysfs");
		assert_string_equal(fake_text_of("/run/kept"), "kept");
	} else {
		assert_string_equal(fake_text_of("/work/root/var/run/kept"), "kept");
		assert_string_equal(fake_type_of("/dev"), "ramfs");
	}
}

static void moving_fails_at_every_call(void **state)
{
	static const struct fake_sweep sweep = {
		.setup = setup,
		.run = run_move,
		.names = "/work/root|/dev|/proc|/sys|/run",
		.check = check_moved,
	};

	(void)state;
	assert_true(fake_sweep(&sweep) > 10);
}

static void check_switched(int r, const char *call)
{
	(void)call;
	if (r < 0)
		return;
	assert_string_equal(fake_text_of("/etc/hostname"), "new");
	assert_string_equal(fake_text_of("/run/kept"), "kept");
	assert_string_equal(fake_type_of("/dev/null"), "devtmpfs");
	assert_false(fake_exists("/init"));
}

static void sweep_switch(const char *no_return)
{
	const struct fake_sweep sweep = {
		.setup = setup,
		.run = run,
		.names = "/work/root|/dev|/proc|/sys|/run|root",
		.forgives = goes_on,
		.check = check_switched,
		.no_return = no_return,
	};

	assert_true(fake_sweep(&sweep) > 20);
}

static void every_call_fails_once(void **state)
{
	(void)state;
	pivots = false;
	sweep_switch("mount . at /");
	pivots = true;
	sweep_switch("pivot_root");
}

/* All of the first root's files are gone, and its mounts but the new root's and what
 * moved. */
static void frees_everything(void **state)
{
	struct err err = ERR_INIT;
	int old;

	(void)state;
	pivots = false;
	setup();
	old = sys_openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	assert_int_equal(run(&err), 0);
	char buf[1024];

	assert_int_equal(sys_getdents64(old, buf, sizeof(buf)), 0);
	assert_int_equal(sys_close(old), 0);
	assert_int_equal(fake_mounts(), 5);
	assert_null(fake_leaks());
}

/* Only memory is freed. */
static void keeps_a_disk(void **state)
{
	struct err err = ERR_INIT;
	static const char disk[4096];
	int old;

	(void)state;
	setup();
	fake_disk("vda", NULL, "DEVNAME=vda\n", disk, sizeof(disk));
	fake_text("@/dev/vda:important", "data");
	fake_dir("/disk");
	assert_int_equal(sys_mount("/dev/vda", "/disk", "ext4", 0, NULL), 0);
	fake_dir("/disk/root");
	assert_int_equal(sys_chroot("/disk"), 0);
	assert_int_equal(sys_mount("none", "/root", "tmpfs", 0, NULL), 0);
	old = sys_openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	assert_int_equal(switch_root("/root", &err), 0);
	assert_int_equal(sys_openat(old, "important", O_RDONLY, 0), 4);
}

static void names_what_is_missing(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	pivots = false;
	setup();
	assert_int_equal(switch_move_mounts("/nowhere", &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere"));
	assert_int_equal(switch_root("/etc", &err), -EINVAL);
	assert_non_null(strstr(err.text, "/etc"));
	/* nothing is freed before the switch */
	assert_string_equal(fake_text_of("/init"), "program");
	fake_text("/work/root/sys", "a file");
	assert_int_equal(switch_move_mounts("/work/root", &err), -ENOTDIR);
	assert_string_equal(err.text, "/sys in the new root: Not a directory");
	assert_null(fake_leaks());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(moving_fails_at_every_call),
		cmocka_unit_test(every_call_fails_once),
		cmocka_unit_test(frees_everything),
		cmocka_unit_test(keeps_a_disk),
		cmocka_unit_test(names_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
