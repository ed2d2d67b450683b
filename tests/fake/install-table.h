/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What holds of every install, of an image's and of a set's: the store's @old and @new are either. */
#include "fake/store.h"

/* What differs. */
struct table {
	int reused_layers;	/* that @old has as well */
	unsigned int old_blobs; /* that @new has not */
	const char *written
		[3]; /* lists of what lasts: beside @old, alone, other signatures */
};
static const struct table table;

/* --- what it does */

static void install_new(void)
{
	setup_new();
	assert_installs();
	assert_int_equal(install.reused_layers, 0);
	assert_int_equal(install.written_bytes, install.total_bytes);
	assert_installs();
	assert_int_equal(install.reused_layers, 3);
	assert_int_equal(install.written_bytes, 0);
}

static void install_shared(void)
{
	setup_shared();
	assert_installs();
	assert_true(is_whole(&old));
	assert_int_equal(install.reused_layers, table.reused_layers);
	assert_int_equal(install.written_bytes,
			 install.total_bytes - install.reused_bytes);
}

static void installs(void **state)
{
	(void)state;
	each_source(install_new);
	each_source(install_shared);
}

/* A blob that has rotted is mended, though its name and size are right. */
static void mend(void)
{
	uint64_t written;

	setup_shared();
	assert_installs();
	written = install.written_bytes;
	for (size_t i = 0; i < blob_count(&new); i++) {
		const struct test_layer *blob = blob_of(&new, i);

		setup_shared();
		if (!has_layer(blob))
			continue;
		spoil(blob);
		assert_installs();
		assert_int_equal(install.written_bytes, written + blob->size);
	}
}

static void mends(void **state)
{
	(void)state;
	each_source(mend);
}

/* What the medium does not keep is told, of layers as of the two small files. */
static void reads_back(void **state)
{
	const int files = (int)blob_count(&new) + 2;
	struct err err = ERR_INIT;

	(void)state;
	for (int n = 0; n < files; n++) {
		setup_new();
		fake_config.bad_flush = n;
		assert_refused(-EIO, "the medium did not keep");
		assert_installs();
	}
	setup_new();
	fake_config.bad_flush = files;
	assert_int_equal(run(&err), 0);
}

static uint64_t last_done;

static void watch(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
	assert_ptr_equal(context, &last_done);
	assert_true(done_bytes >= last_done && done_bytes <= total_bytes);
	last_done = done_bytes;
}

static void tells_progress(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	setup_shared();
	init_install();
	install.wish.progress = watch;
	install.wish.context = &last_done;
	last_done = 0;
	assert_int_equal(run_with(true, &err), 0);
	assert_int_equal(last_done, install.total_bytes);
}

/* What lasts, in its order: each layer whole and in its place on the medium, then manifest
 * and signatures, then the directory that names the image. */
static void as_written(void **state)
{
	(void)state;
	from_directory = from_pipe = false;
	setup_shared();
	assert_installs();
	fake_as_written(table.written[0]);
	setup_new();
	assert_installs();
	fake_as_written(table.written[1]);
}

/* --- what it refuses before a byte is written */

static void refuses(void **state)
{
	struct policy *policy = &image_settings.policy;
	struct err err = ERR_INIT;

	(void)state;
	setup_shared();
	init_install();
	install.wish.floor = 9;
	assert_int_equal(run_with(true, &err), -ESTALE);
	init_install();
	install.wish.failed = new.digest;
	install.wish.failed_words = "tries used up";
	assert_int_equal(run_with(true, &err), -EPERM);
	assert_non_null(
		strstr(err.text, "failed on this device (tries used up): --force"));
	install.wish.force = true;
	install.id = (struct digest){ 0 };
	assert_int_equal(sys_lseek(0, 0, SEEK_CUR) < 0, 0);
	policy->compatible[0] = 'b';
	assert_refused(-EINVAL, "acme,thermostat");
	policy->compatible[0] = 'a';
	image_settings.keyring.keys[0].id[0] ^= 1;
	assert_refused(-ENOKEY, "manifest.sig");
	image_settings.keyring.keys[0].id[0] ^= 1;
	policy->threshold = 2;
	assert_refused(-EKEYREJECTED, "2 needed");
	policy->threshold = 1;
	fake_config.free_blocks = 10;
	assert_refused(-ENOSPC, "KiB in the store, where 40.0 KiB are free and gc would "
				"free 0 B");
	assert_false(fake_exists("/store/incoming"));
	assert_true(is_whole(&old));
}

/* The free space is what statfs says plus what gc would free. */
static void counts_garbage(void **state)
{
	static const struct record none = { .seq = 1 };
	struct gc gc = { .settings = &image_settings, .record = &none };
	struct err err = ERR_INIT;
	__fd int store = -EBADF;

	(void)state;
	setup_shared();
	fake_text("/store/incoming/0", "left over");
	store = store_open("/store", NULL);
	gc.store = store;
	init_install();
	install.wish.gc = &gc;
	assert_int_equal(run_with(false, &err), 0);
	assert_true(install.garbage_bytes > 0);
	assert_int_equal(gc.others, 1);
	assert_int_equal(gc.images, 1);
	assert_int_equal(gc.blobs, table.old_blobs); /* what is shared stays: .also */
	assert_true(is_whole(&old));
	fake_config.free_blocks =
		(install.needed_bytes - install.garbage_bytes) / 4096 + 1;
	init_install();
	install.wish.gc = &gc;
	assert_int_equal(run_with(false, &err), 0);
	fake_config.free_blocks -= 2;
	init_install();
	install.wish.gc = &gc;
	assert_int_equal(run_with(false, &err), -ENOSPC);
}

static bool forgives(const char *call)
{
	/* a blob that can't be looked at is written again; advice; sweeping up */
	return strncmp(call, "fadvise", 7) == 0 || strncmp(call, "madvise", 7) == 0 ||
	       strncmp(call, "openat2 blobs/", 14) == 0 ||
	       strcmp(call, "openat /sys/class/ubi") == 0 ||
	       strncmp(call, "openat2 images/", 15) == 0 || strstr(call, "openat2 .") ||
	       strncmp(call, "getdents64", 10) == 0 || strncmp(call, "fstat", 5) == 0 ||
	       strncmp(call, "pread, openat2 blobs", 20) == 0 ||
	       (strncmp(call, "openat2 ", 8) == 0 && strlen(call) == 8 + 64) ||
	       strcmp(call, "openat2 manifest") == 0 ||
	       strncmp(call, "read, openat2 manifest", 22) == 0 ||
	       strcmp(call, "openat2 manifest.sig") == 0;
}

static bool shared_setup;

static void check(int r, const char *call)
{
	if (shared_setup && !is_whole(&old))
		fail_msg("%s: the old image is harmed", call);
	if (r == 0 && !is_whole(&new))
		fail_msg("%s: success, but the image is not whole", call);
	if (is_listed(&new) && !is_whole(&new))
		fail_msg("%s: half an image", call);
	if (!call)
		return;
	/* and the next attempt makes up for it */
	fake_fail(0, 0);
	assert_installs();
	if (shared_setup)
		assert_true(is_whole(&old));
}

static void sweep_all(void)
{
	static const int numbers[] = { 0, EIO, ENOSPC };
	struct fake_sweep sweep = {
		.run = run,
		.names = "/source|/"
			 "store|manifest|layer|incoming|blobs|images|sha256|statfs|"
			 "fstat|end of|OCI|oci|index|directory|bundle|deltas",
		.forgives = forgives,
		.check = check,
	};

	/* the errno matters to the code that tells it, not to each source's */
	for (size_t i = 0; i < (from_pipe ? 3 : 1); i++) {
		sweep.number = numbers[i];
		shared_setup = false;
		sweep.setup = setup_new;
		assert_in_range(fake_sweep(&sweep), 80, 600);
		shared_setup = true;
		sweep.setup = setup_shared;
		assert_in_range(fake_sweep(&sweep), 60, 600);
	}
}

static void sweeps(void **state)
{
	(void)state;
	each_source(sweep_all);
}

/* The image is there, and comes with other signatures, as when its key changes. */
static void setup_other_signatures(void)
{
	setup_new();
	put_image("/store", &new);
	put_text("/store", &new, "manifest.sig", old.signature);
}

static void check_either(int r, const char *call)
{
	if (!has_text(&new, "manifest", new.manifest))
		fail_msg("%s: the image that was there is gone", call);
	if (!has_text(&new, "manifest.sig", new.signature) &&
	    (r == 0 || !has_text(&new, "manifest.sig", old.signature)))
		fail_msg("%s: the image has the wrong signatures", call);
}

/* What is exchanged is litter. */
static bool forgives_litter(const char *call)
{
	return forgives(call) || strncmp(call, "unlinkat", 8) == 0;
}

static void other_signatures(void **state)
{
	static const struct fake_sweep sweep = {
		.setup = setup_other_signatures,
		.run = run,
		.names = "/source|/store|manifest|layer|incoming|blobs|images|sha256|"
			 "statfs|fstat|end of|OCI|oci|index|directory|bundle",
		.number = EIO,
		.forgives = forgives_litter,
		.check = check_either,
	};

	(void)state;
	from_directory = from_pipe = false;
	setup_other_signatures();
	assert_installs();
	assert_int_equal(install.written_bytes, 0);
	fake_as_written(table.written[2]);
	assert_in_range(fake_sweep(&sweep), 60, 600);
}

/* As on a file system that has no exchange. */
static void no_exchange(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		setup_other_signatures();
		fake_config.no_exchange = i == 0 ? EINVAL : EPERM;
		assert_installs();
	}
}

#define INSTALL_TABLE                                                        \
	cmocka_unit_test(installs), cmocka_unit_test(as_written),            \
		cmocka_unit_test(mends), cmocka_unit_test(tells_progress),   \
		cmocka_unit_test(refuses), cmocka_unit_test(counts_garbage), \
		cmocka_unit_test(reads_back), cmocka_unit_test(sweeps),      \
		cmocka_unit_test(other_signatures), cmocka_unit_test(no_exchange)
