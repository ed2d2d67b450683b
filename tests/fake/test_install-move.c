/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that a directory on the store's own file system has are taken, not copied. */
#include <sys/mount.h>

#include "fake/store.h"

static int run_moving(struct err *err)
{
	init_install();
	install.from.moves = true;
	return run_with(true, err);
}

static void setup(void)
{
	from_directory = true;
	setup_shared();
}

static char *source_blob(int n)
{
	static char path[160];

	(void)snprintf(path, sizeof(path), "/source/blobs/sha256/%s", new.layers[n].hex);
	return path;
}

static void assert_moves(void)
{
	struct err err = ERR_INIT;
	int r = run_moving(&err);

	if (r < 0)
		fail_msg("%d: %s", r, err.text);
	assert_true(is_whole(&new) && is_whole(&old));
	assert_true(is_empty("/store/incoming"));
	assert_null(fake_leaks());
}

static void takes(void **state)
{
	(void)state;
	setup();
	assert_moves();
	assert_int_equal(install.written_bytes, 0);
	assert_int_equal(install.reused_layers, 3);
	assert_true(fake_exists(source_blob(0))); /* the store has it */
	assert_false(fake_exists(source_blob(1)) || fake_exists(source_blob(2)));
	fake_as_written("install-move");
	setup();
	fake_config.free_blocks = 64; /* what is there takes no more */
	assert_moves();
}

/* Whoever has it open could change it after it was hashed. */
static void copies_what_is_written(void **state)
{
	int fd;

	(void)state;
	setup();
	fd = sys_openat(AT_FDCWD, source_blob(1), O_RDWR, 0);
	assert_true(fd >= 0);
	init_install();
	install.from.moves = true;
	assert_int_equal(run_with(true, NULL), 0);
	assert_int_equal(install.reused_layers, 2);
	assert_int_equal(install.written_bytes, new.layers[1].size);
	assert_int_equal(sys_pwrite(fd, "changed", 7, 0), 7);
	assert_true(is_whole(&new));
	fd_close(fd);
}

static void copies_from_elsewhere(void **state)
{
	static const char disk[65536];

	(void)state;
	setup();
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", disk, sizeof(disk));
	put_image("@/dev/vdb:", &new);
	assert_int_equal(sys_mount("/dev/vdb", "/source", "ext4", 0, NULL), 0);
	assert_int_equal(run_moving(NULL), 0);
	assert_true(is_whole(&new));
	assert_int_equal(install.reused_layers, 1);
	assert_true(fake_exists(source_blob(1)) && fake_exists(source_blob(2)));
}

/* What is not what was signed never gets in. */
static void refuses(void **state)
{
	static uint8_t bytes[65536];
	struct err err = ERR_INIT;

	(void)state;
	setup();
	memcpy(bytes, new.layers[1].bytes, new.layers[1].size);
	bytes[100] ^= 1;
	fake_bytes(source_blob(1), bytes, new.layers[1].size);
	assert_int_equal(run_moving(&err), -EBADMSG);
	assert_non_null(strstr(err.text, "layer 1 (sha256:"));
	assert_non_null(strstr(err.text, "its sha256 is not what the manifest says"));
	for (int i = 0; i < 2; i++) {
		setup();
		fake_config.bad_flush = i; /* the medium loses a bit of one */
		assert_int_equal(run_moving(&err), -EBADMSG);
		assert_false(is_listed(&new));
		assert_true(is_whole(&old) && is_empty("/store/incoming"));
	}
}

/* The way to the layers must not lead elsewhere. */
static void follows_no_link(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup();
	put_layer("/elsewhere", &new.layers[1]);
	put_layer("/elsewhere", &new.layers[2]);
	fake_link("/source/blobs", "/elsewhere/blobs");
	assert_true(run_moving(&err) < 0);
	assert_non_null(strstr(err.text, "layer 1 (sha256:"));
	assert_true(fake_exists("/elsewhere/blobs/sha256"));
	assert_false(is_listed(&new));
}

static bool forgives(const char *call)
{
	/* what can't be taken is copied, and what can't be looked at is written again */
	return strncmp(call, "fadvise", 7) == 0 || strncmp(call, "fstat", 5) == 0 ||
	       strncmp(call, "openat2 blobs/", 14) == 0 ||
	       strcmp(call, "openat /sys/class/ubi") == 0 ||
	       strncmp(call, "openat2 images/", 15) == 0 || strstr(call, "openat2 .") ||
	       strncmp(call, "getdents64", 10) == 0 ||
	       strncmp(call, "renameat ", 9) == 0 || strncmp(call, "fch", 3) == 0 ||
	       strncmp(call, "fcntl", 5) == 0 ||
	       strncmp(call, "pread, openat2 blobs", 20) == 0 ||
	       (strncmp(call, "openat2 ", 8) == 0 && strlen(call) == 8 + 64) ||
	       strncmp(call, "openat2 manifest", 16) == 0 ||
	       strncmp(call, "read, openat2 manifest", 22) == 0;
}

static void check(int r, const char *call)
{
	if (!is_whole(&old))
		fail_msg("%s: the old image is harmed", call);
	if (r == 0 && !is_whole(&new))
		fail_msg("%s: success, but the image is not whole", call);
	if (is_listed(&new) && !is_whole(&new))
		fail_msg("%s: half an image", call);
}

static void sweeps(void **state)
{
	static const struct fake_sweep sweep = {
		.setup = setup,
		.run = run_moving,
		.names = "/source|/store|manifest|layer|incoming|blobs|images|sha256|"
			 "statfs|fstat|directory|deltas",
		.number = EIO,
		.forgives = forgives,
		.check = check,
	};

	(void)state;
	assert_in_range(fake_sweep(&sweep), 60, 400);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes),
		cmocka_unit_test(copies_what_is_written),
		cmocka_unit_test(copies_from_elsewhere),
		cmocka_unit_test(refuses),
		cmocka_unit_test(follows_no_link),
		cmocka_unit_test(sweeps),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
