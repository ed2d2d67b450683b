/* SPDX-License-Identifier: Apache-2.0 */
#include "install/reset.h"

#include "fake/store.h"

static const char *only;
static bool hostile;

static void put_tree(const char *top)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/a/b/c/d/e/f/g/h/file", top);
	fake_text(path, "deep");
	(void)snprintf(path, sizeof(path), "%s/a/b/c/0/0/0/1", top);
	fake_text(path, "numbers, as those that move up get");
	(void)snprintf(path, sizeof(path), "%s/a/1/0", top);
	fake_dir(path);
	(void)snprintf(path, sizeof(path), "%s/link", top);
	fake_link(path, "/store/inject");
	(void)snprintf(path, sizeof(path), "%s/a/up", top);
	fake_link(path, "../../../../inject");
	(void)snprintf(path, sizeof(path), "%s/fifo", top);
	fake_fifo(path);
	(void)snprintf(
		path, sizeof(path), "%s/%.255s", top,
		"%new"
		"-rf \n*; a name that is as long as it is odd, with \xff\xfe and \\");
	fake_text(path, "");
}

static void setup(void)
{
	fake_reset();
	fake_boot();
	put_image("/store", &old);
	fake_text("/store/state", "the record");
	fake_text("/store/inject/etc/hostname", "device 7");
	put_tree("/store/volumes/thermostat/data");
	put_tree("/store/volumes/other/data");
	put_tree("/store/upper/thermostat/upper");
	fake_dir("/store/upper/thermostat/work/work");
	fake_text("/store/log/thermostat/new", "a line\n");
	fake_text("/store/log/other/new", "a line\n");
	only = NULL;
	if (!hostile)
		return;
	fake_text("/store/incoming/0", "");
	put_tree("/store/incoming/1");
}

static int reset(struct err *err)
{
	__fd int store = store_open("/store", err);

	return store < 0 ? store : reset_run(store, only, err);
}

static void assert_kept(void)
{
	assert_true(is_whole(&old));
	assert_string_equal(fake_text_of("/store/state"), "the record");
	assert_string_equal(fake_text_of("/store/inject/etc/hostname"), "device 7");
}

static void assert_resets(void)
{
	struct err err = ERR_INIT;
	int r = reset(&err);

	if (r < 0)
		fail_msg("%d: %s", r, err.text);
	assert_kept();
	assert_true(is_empty("/store/incoming"));
	assert_null(fake_leaks());
}

static void takes_all(void **state)
{
	(void)state;
	setup();
	only = "nobody";
	assert_resets();
	fake_as_written("reset");
	for (int i = 0; i < 2; i++) {
		hostile = i == 1;
		setup();
		assert_resets();
		assert_false(fake_exists("/store/volumes"));
		assert_false(fake_exists("/store/upper"));
		assert_false(fake_exists("/store/log"));
		assert_resets();
	}
	hostile = false;
}

static void takes_one(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	only = "thermostat";
	assert_resets();
	assert_false(fake_exists("/store/volumes/thermostat"));
	assert_false(fake_exists("/store/upper/thermostat"));
	assert_false(fake_exists("/store/log/thermostat"));
	assert_true(fake_exists("/store/log/other/new"));
	assert_true(fake_exists("/store/volumes/other/data/a/b/c/d/e/f/g/h/file"));
	only = "..";
	assert_int_equal(reset(&err), -EINVAL);
	only = "other/data";
	assert_int_equal(reset(&err), -EINVAL);
	only = "nobody";
	assert_resets();
}

/* A link in the place of a tree goes, and what it leads to stays. */
static void links_at_the_top(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	assert_int_equal(sys_renameat(AT_FDCWD, "/store/volumes", AT_FDCWD, "/elsewhere"),
			 0);
	fake_link("/store/volumes", "/elsewhere");
	assert_resets();
	assert_false(fake_exists("/store/volumes"));
	assert_true(fake_exists("/elsewhere/other/data/fifo"));
	fake_link("/store/volumes", "/elsewhere");
	only = "other";
	assert_int_equal(reset(&err), -ELOOP);
	assert_true(fake_exists("/elsewhere/other/data/fifo"));
}

/* What is mounted in there is somebody else's, and in the way. */
static void stops_at_mounts(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	assert_int_equal(
		sys_mount("tmpfs", "/store/volumes/other/data/a/b", "tmpfs", 0, NULL), 0);
	fake_text("/store/volumes/other/data/a/b/precious", "");
	assert_int_equal(reset(&err), -EBUSY);
	assert_null(fake_leaks());
	assert_kept();
}

static void check(int r, const char *call)
{
	(void)r;
	assert_kept();
	if (call)
		assert_resets();
}

static void sweeps(void **state)
{
	const struct fake_sweep sweep = {
		.setup = setup,
		.run = reset,
		.names = "/store|incoming|volumes|upper|log|removing|"
			 "directory",
		.check = check
	};

	(void)state;
	hostile = true;
	assert_in_range(fake_sweep(&sweep), 80, 1000);
	hostile = false;
	assert_in_range(fake_sweep(&sweep), 80, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_all),	    cmocka_unit_test(takes_one),
		cmocka_unit_test(links_at_the_top), cmocka_unit_test(stops_at_mounts),
		cmocka_unit_test(sweeps),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
