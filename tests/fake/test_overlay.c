/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
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
#include "stack/overlay.h"
#include "stack/work.h"

static size_t layers;
static bool with_upper;
static enum fake_overlay kind;

static void setup(void)
{
	char path[64], text[24];

	fake_reset();
	fake_boot();
	fake_config.overlay = kind;
	fake_dir("/home");
	fake_dir("/work/layers");
	for (size_t i = 0; i < layers; i++) {
		(void)snprintf(text, sizeof(text), "%zu", i);
		(void)snprintf(path, sizeof(path), "/work/layers/%zu/common", i);
		fake_text(path, text);
		(void)snprintf(path, sizeof(path), "/work/layers/%zu/only-%zu", i, i);
		fake_text(path, text);
	}
	fake_dir("/work/upper");
	fake_dir("/work/work");
	fake_dir("/work/root");
	assert_int_equal(sys_chdir("/home"), 0);
	/* a single layer is moved: it must be a mount */
	if (layers == 1)
		assert_int_equal(sys_mount("none", "/work/layers/0", "tmpfs", 0, NULL),
				 0);
}

static int run(struct err *err)
{
	__fd int lowers =
		sys_openat(AT_FDCWD, "/work/layers", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	struct overlay overlay = { .lowers_fd = lowers, .count = layers };

	if (lowers < 0)
		return err_errno(err, lowers, "layers");
	if (with_upper) {
		overlay.upper = "/work/upper";
		overlay.work = "/work/work";
	}
	return overlay_mount(&overlay, "/work/root", err);
}

static void check_stack(void)
{
	unsigned int attrs = MOUNT_ATTR_NODEV | (with_upper ? 0 : MOUNT_ATTR_RDONLY);
	char path[64], text[24];

	/* device nodes of an image, and of who writes to the upper, stay inert */
	assert_int_equal(fake_attrs_of("/work/root"), attrs);

	(void)snprintf(text, sizeof(text), "%zu", layers - 1);
	assert_string_equal(fake_text_of("/work/root/common"), text);
	for (size_t i = 0; i < layers; i++) {
		(void)snprintf(path, sizeof(path), "/work/root/only-%zu", i);
		assert_true(fake_exists(path));
	}
}

/* Wherever it failed: the working directory is what it was, and nothing is mounted. */
static void check_after(int r, const char *call)
{
	struct stat here, home;

	(void)r;
	/* unless the way back itself was what failed */
	if (call && strcmp(call, "fchdir, openat .") == 0)
		return;
	assert_int_equal(sys_fstatat(AT_FDCWD, ".", &here, 0), 0);
	assert_int_equal(sys_fstatat(AT_FDCWD, "/home", &home, 0), 0);
	assert_int_equal(here.st_ino, home.st_ino);
}

/* The kernel's words are nice to have. */
static bool goes_on(const char *call)
{
	return strcmp(call, "read, fsopen overlay") == 0;
}

static const struct fake_sweep sweep = { .setup = setup,
					 .run = run,
					 .names = "overlay|layers",
					 .forgives = goes_on,
					 .check = check_after };

static void sweep_all(size_t count, bool upper, enum fake_overlay overlay)
{
	layers = count;
	with_upper = upper;
	kind = overlay;
	assert_true(fake_sweep(&sweep) >= 2);
	if (count > 1)
		check_stack();
}

static void every_call_fails_once(void **state)
{
	(void)state;
	sweep_all(3, false, FAKE_OVERLAY_PLUS);
	assert_false(fake_called("mount overlay"));
	sweep_all(2, true, FAKE_OVERLAY_PLUS);
	sweep_all(1, true, FAKE_OVERLAY_PLUS);
	sweep_all(1, false, FAKE_OVERLAY_PLUS);
	assert_false(fake_called("fsopen"));
}

/* Kernels before 6.8 refuse "lowerdir+" at once or, before 6.5, in the end. */
static void every_call_fails_once_on_old_kernels(void **state)
{
	(void)state;
	sweep_all(3, false, FAKE_OVERLAY_UNKNOWN);
	assert_true(fake_called("mount overlay"));
	sweep_all(3, true, FAKE_OVERLAY_UNKNOWN);
	sweep_all(3, false, FAKE_OVERLAY_LEGACY);
	assert_true(fake_called("mount overlay"));
	sweep_all(3, true, FAKE_OVERLAY_LEGACY);
}

static void takes_500_layers_either_way(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	with_upper = false;
	layers = 500;
	for (kind = FAKE_OVERLAY_PLUS; kind <= FAKE_OVERLAY_LEGACY; kind++) {
		setup();
		assert_int_equal(run(&err), 0);
		check_stack();
		assert_null(fake_leaks());
	}
	layers = 501;
	kind = FAKE_OVERLAY_PLUS;
	setup();
	assert_int_equal(run(&err), -EINVAL);
	assert_non_null(strstr(err.text, "501 layers"));
	layers = 0;
	setup();
	assert_int_equal(run(&err), -EINVAL);
}

static void gives_the_kernels_words(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	layers = 2;
	with_upper = true;
	kind = FAKE_OVERLAY_UNKNOWN;
	setup();
	/* all options fit, but for the working directory's: the string way says so, too
	 */
	assert_int_equal(sys_unlinkat(AT_FDCWD, "/work/layers/1/common", 0), 0);
	assert_int_equal(sys_unlinkat(AT_FDCWD, "/work/layers/1/only-1", 0), 0);
	assert_int_equal(sys_unlinkat(AT_FDCWD, "/work/layers/1", AT_REMOVEDIR), 0);
	assert_int_equal(run(&err), -ENOENT);
	assert_string_equal(
		err.text,
		"overlay: mount of 2 layers at /work/root: No such file or directory");
}

static void refuses_names_that_are_no_options(void **state)
{
	struct err err = ERR_INIT;
	struct overlay overlay = { .lowers_fd = AT_FDCWD,
				   .count = 2,
				   .work = "/work/work" };
	static const char *const uppers[] = { "/a,b", "/a:b", "/a\\b", "a" };

	(void)state;
	layers = 2;
	kind = FAKE_OVERLAY_PLUS;
	setup();
	for (size_t i = 0; i < sizeof(uppers) / sizeof(uppers[0]); i++) {
		overlay.upper = uppers[i];
		assert_int_equal(overlay_mount(&overlay, "/work/root", &err), -EINVAL);
		assert_non_null(strstr(err.text, uppers[i]));
	}
	overlay.upper = "/work/upper";
	overlay.work = NULL;
	assert_int_equal(overlay_mount(&overlay, "/work/root", &err), -EINVAL);
	assert_int_equal(overlay_mount(&overlay, "root", &err), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_fails_once),
		cmocka_unit_test(every_call_fails_once_on_old_kernels),
		cmocka_unit_test(takes_500_layers_either_way),
		cmocka_unit_test(gives_the_kernels_words),
		cmocka_unit_test(refuses_names_that_are_no_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
