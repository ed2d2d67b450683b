/* SPDX-License-Identifier: Apache-2.0 */
#include "fake/store.h"

static struct record record;
static struct digest running;
static bool dry_run, no_record;
static struct gc gc;

static void path_of(const struct test_image *image, size_t layer, char ret_path[160])
{
	(void)snprintf(ret_path, 160, "/store/blobs/sha256/%s", image->layers[layer].hex);
}

/* Both images, litter, and names that are somebody else's. `old` is current. */
static void setup(void)
{
	fake_reset();
	fake_boot();
	put_image("/store", &old);
	put_image("/store", &new);
	fake_text("/store/incoming/unfinished", "half a layer");
	fake_text("/store/incoming/0/deep/down", "an image that was");
	fake_text("/store/images/README", "not ours");
	fake_text("/store/blobs/sha256/README", "not ours");
	fake_text("/store/volumes/thermostat/data/file", "kept");
	fake_text("/store/lost+found/x", "kept");
	memset(&record, 0, sizeof(record));
	record.current = old.digest;
	running = (struct digest){ 0 };
	dry_run = no_record = false;
}

static int collect(struct err *err)
{
	__fd int store = store_open("/store", err);

	if (store < 0)
		return store;
	gc = (struct gc){ .store = store,
			  .settings = &image_settings,
			  .record = no_record ? NULL : &record,
			  .running = running,
			  .dry_run = dry_run };
	return gc_run(&gc, err);
}

static void assert_collects(unsigned int images, unsigned int blobs, unsigned int others)
{
	struct err err = ERR_INIT;
	int r = collect(&err);

	if (r < 0)
		fail_msg("%d: %s", r, err.text);
	assert_int_equal(gc.images, images);
	assert_int_equal(gc.blobs, blobs);
	assert_int_equal(gc.others, others);
	assert_true(fake_exists("/store/images/README"));
	assert_true(fake_exists("/store/blobs/sha256/README"));
	assert_true(fake_exists("/store/volumes/thermostat/data/file"));
	assert_true(fake_exists("/store/lost+found/x"));
	if (!dry_run)
		assert_true(is_empty("/store/incoming"));
	assert_null(fake_leaks());
}

/* The shared layer stays. */
static void takes_what_nobody_names(void **state)
{
	uint64_t freed;

	(void)state;
	setup();
	dry_run = true;
	assert_collects(1, 2, 2);
	freed = gc.freed_bytes;
	assert_true(freed > new.layers[1].size + new.layers[2].size);
	assert_true(is_whole(&new));
	assert_true(fake_exists("/store/incoming/unfinished"));
	dry_run = false;
	assert_collects(1, 2, 2);
	assert_int_equal(gc.freed_bytes, freed);
	assert_true(is_whole(&old));
	assert_false(is_listed(&new));
	assert_collects(0, 0, 0);
	assert_int_equal(gc.freed_bytes, 0);
}

static void keeps_what_is_named(void **state)
{
	(void)state;
	setup();
	record.previous = new.digest;
	assert_collects(0, 0, 2);
	setup();
	record.candidate = new.digest;
	assert_collects(0, 0, 2);
	setup();
	running = new.digest;
	assert_collects(0, 0, 2);
	setup();
	record.failed = new.digest;
	assert_collects(1, 2, 2);
	setup();
	no_record = true;
	assert_collects(0, 0, 2);
	/* the factory's image is in no store of ours */
	setup();
	memset(&running, 0x11, sizeof(running));
	assert_collects(1, 2, 2);
}

static void keeps_too_much_when_in_doubt(void **state)
{
	char path[160];

	(void)state;
	setup();
	put_text("/store", &old, "manifest", "damaged");
	assert_collects(1, 0, 2);
	path_of(&new, 1, path);
	assert_true(fake_exists(path));
	setup();
	image_settings.keyring.keys[0].id[0] ^= 1;
	assert_collects(1, 0, 2);
	image_settings.keyring.keys[0].id[0] ^= 1;
	assert_true(is_whole(&old));
}

/* An entry and its directory, each of which forbids it. */
static void takes_what_is_immutable_twice(void **state)
{
	char path[160];

	(void)state;
	setup();
	/* all of them: the first one that goes frees the directory for the others */
	for (size_t i = 0; i < new.layer_count; i++) {
		(void)snprintf(path, sizeof(path), "/store/blobs/sha256/%s",
			       new.layers[i].hex);
		fake_immutable(path);
	}
	fake_immutable("/store/blobs/sha256");
	assert_collects(1, 2, 2);
	assert_true(is_whole(&old));
}

/* Whatever has the name of an image or a blob, and more of them than a boot looks at. */
static void takes_junk(void **state)
{
	char path[160];

	(void)state;
	setup();
	for (int i = 0; i < 20; i++) {
		(void)snprintf(path, sizeof(path), "/store/images/%064d", i);
		if (i % 4 == 0)
			fake_dir(path);
		else if (i % 4 == 1)
			fake_link(path, "/etc");
		else if (i % 4 == 2)
			fake_fifo(path);
		else
			(void)strcat(path, "/0/1/2/3/4/5"), fake_text(path, "deep");
		(void)snprintf(path, sizeof(path), "/store/blobs/sha256/%064d", i);
		if (i % 2)
			fake_link(path, "/store/volumes/thermostat/data/file");
		else
			(void)strcat(path, "/x"), fake_text(path, "");
	}
	assert_collects(21, 22, 2);
	assert_true(is_whole(&old));
	fake_reset();
	fake_boot();
	fake_text("/store/images/README", "");
	fake_text("/store/blobs/sha256/README", "");
	fake_text("/store/volumes/thermostat/data/file", "");
	fake_text("/store/lost+found/x", "");
	assert_collects(0, 0, 0);
}

/* A log whose name no image has any more, and what a power cut left of copies of volumes. */
static void takes_by_names(void **state)
{
	(void)state;
	setup();
	fake_text("/store/log/thermostat/new", "a line\n");
	fake_text("/store/log/gone/new", "a line\n");
	fake_text("/store/log/gone/old", "a line\n");
	fake_text("/store/log/thermostat+web/new", "a set's member's");
	fake_text("/store/log/gone+web/new", "a set's member's");
	fake_text("/store/log/%other", "not ours");
	fake_text("/store/log/file", "not ours");
	fake_text("/store/volumes/thermostat/%new/deep/half", "hal");
	fake_text("/store/volumes/gone/%new/half", "hal");
	fake_text("/store/volumes/gone+web/%new/half", "hal");
	fake_text("/store/volumes/gone/data/file", "kept");
	fake_text("/store/volumes/other/%new", "half, of a limited size");
	fake_text("/store/volumes/other/state", "kept");
	fake_text("/store/upper/%new/x", "");
	dry_run = true;
	assert_collects(1, 2, 7);
	assert_int_equal(gc.logs, 2);
	assert_true(fake_exists("/store/log/gone/new"));
	assert_true(fake_exists("/store/volumes/gone/%new/half"));
	assert_true(fake_exists("/store/volumes/other/%new"));
	dry_run = false;
	assert_collects(1, 2, 7);
	assert_int_equal(gc.logs, 2);
	assert_false(fake_exists("/store/volumes/other/%new"));
	assert_true(fake_exists("/store/volumes/other/state"));
	assert_false(fake_exists("/store/log/gone"));
	assert_false(fake_exists("/store/log/gone+web"));
	assert_true(fake_exists("/store/log/thermostat+web/new"));
	assert_false(fake_exists("/store/volumes/gone+web/%new"));
	assert_false(fake_exists("/store/volumes/thermostat/%new"));
	assert_false(fake_exists("/store/volumes/gone/%new"));
	assert_false(fake_exists("/store/upper/%new"));
	assert_true(fake_exists("/store/log/thermostat/new"));
	assert_true(fake_exists("/store/log/%other"));
	assert_true(fake_exists("/store/log/file"));
	assert_true(fake_exists("/store/volumes/gone/data/file"));
	assert_collects(0, 0, 0);
	/* an image that can't be asked for its name, the factory's among them */
	setup();
	fake_text("/store/log/gone/new", "a line\n");
	memset(&running, 0x11, sizeof(running));
	assert_collects(1, 2, 2);
	assert_int_equal(gc.logs, 0);
	setup();
	fake_text("/store/log/gone/new", "a line\n");
	no_record = true;
	assert_collects(0, 0, 2);
	assert_int_equal(gc.logs, 0);
}

static int find_call(const char *part, int from)
{
	for (int i = from; i <= fake_calls(); i++) {
		if (strstr(fake_call(i), part))
			return i;
	}
	return 0;
}

/* No image is to be there without its blobs, whenever the power goes. */
static void images_go_first(void **state)
{
	char call[96];
	int image, blob;

	(void)state;
	setup();
	assert_collects(1, 2, 2);
	(void)snprintf(call, sizeof(call), "renameat %s", new.id);
	image = find_call(call, 1);
	(void)snprintf(call, sizeof(call), "unlinkat %s", new.layers[1].hex);
	blob = find_call(call, 1);
	assert_in_range(image, 1, blob);
	assert_in_range(find_call("fsync", image), image, blob);
}

static bool forgives(const char *call)
{
	/* an image that can't be read keeps its blobs; an entry that can't be looked at
	 */
	return strncmp(call, "openat2 images/", 15) == 0 ||
	       strncmp(call, "openat2 manifest", 16) == 0 ||
	       strstr(call, "openat2 manifest") ||
	       strncmp(call, "fstatat images/", 15) == 0;
}

static void check(int r, const char *call)
{
	if (!is_whole(&old))
		fail_msg("%s: %d: the current image is harmed", call, r);
	if (is_listed(&new) && !is_whole(&new))
		fail_msg("%s: %d: an image without its blobs", call, r);
	if (call) {
		assert_int_equal(collect(NULL), 0);
		assert_true(is_empty("/store/incoming"));
		assert_false(is_listed(&new));
		assert_int_equal(collect(NULL), 0);
		assert_int_equal(gc.blobs, 0);
	}
}

static void setup_names(void)
{
	setup();
	fake_text("/store/volumes/thermostat/%new/deep/half", "hal");
	fake_text("/store/log/gone/new", "a line\n");
}

static void sweeps(void **state)
{
	const struct fake_sweep sweep = {
		.setup = setup_names,
		.run = collect,
		.names = "/store|incoming|images|blobs|log|volumes|upper",
		.forgives = forgives,
		.check = check
	};

	(void)state;
	assert_in_range(fake_sweep(&sweep), 40, 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_nobody_names),
		cmocka_unit_test(keeps_what_is_named),
		cmocka_unit_test(keeps_too_much_when_in_doubt),
		cmocka_unit_test(takes_what_is_immutable_twice),
		cmocka_unit_test(takes_junk),
		cmocka_unit_test(takes_by_names),
		cmocka_unit_test(images_go_first),
		cmocka_unit_test(sweeps),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
