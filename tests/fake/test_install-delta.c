/* SPDX-License-Identifier: Apache-2.0 */
/* A layer that is made of another one of the store's, from a bundle, a pipe, a directory; and
 * every call on the way fails. Of an image, and of a set's member that is new. */
#include "fake/store.h"
#include "format/deltas.h"
#include "trust/hash-tree/layout.h"

#define DATA_BYTES 8192

static struct test_image sparse; /* what new.bundle would have, with the delta */
static uint8_t delta[256];
static size_t delta_size;
static struct deltas_line line;
static char text[DELTAS_LINE_SIZE];
static bool whole_too; /* the source has the layer as well */
static char noted[256];
static unsigned int notes;

/* Of two blocks of data, with the hash tree that belongs to them. */
static void finish_layer(struct test_layer *layer)
{
	uint8_t *tree = layer->bytes + DATA_BYTES + VERITY_BLOCK;
	struct digest root;

	memset(tree, 0, VERITY_BLOCK);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(sha256_of(layer->bytes + i * VERITY_BLOCK, VERITY_BLOCK,
					   (struct digest *)(tree + i * DIGEST_SIZE)),
				 0);
	assert_int_equal(sha256_of(tree, VERITY_BLOCK, &root), 0);
	hash_tree_superblock(2, &root, layer->bytes + DATA_BYTES);
	assert_int_equal(sha256_of(layer->bytes, layer->size, &layer->digest), 0);
	digest_hex(&layer->digest, layer->hex);
	digest_hex(&root, layer->root);
}

/* The base's blocks, the other way round, with 100 other bytes in between. */
static void make_layer(struct test_layer *layer, const struct test_layer *base)
{
	static const uint8_t head[] = { 0x72, 0x73, 0x02, 0x36, 0x4a, 0x10,
					0x00, 0x10, 0x00, 0x41, 100 };
	static const uint8_t tail[] = { 0x46, 100, 0x0f, 0x9c, 0 };

	memcpy(layer->bytes, base->bytes + 4096, 4096);
	memcpy(layer->bytes + 4196, base->bytes + 100, 3996);
	memcpy(delta, head, sizeof(head));
	memcpy(delta + sizeof(head), layer->bytes + 4096, 100);
	memcpy(delta + sizeof(head) + 100, tail, sizeof(tail));
	delta_size = sizeof(head) + 100 + sizeof(tail);
}

static void make_line(void)
{
	line = (struct deltas_line){ .layer = new.layers[1].digest,
				     .base = old.layers[1].digest,
				     .size_bytes = delta_size };
	assert_int_equal(sha256_of(delta, delta_size, &line.delta), 0);
	(void)deltas_write(&line, text);
}

static void make_bundle(void)
{
	char without[DIGEST_HEX_SIZE + 1];

	free(sparse.bundle);
	sparse = new;
	sparse.bundle = NULL;
	sparse.bundle_size = 0;
	(void)snprintf(without, sizeof(without), "%s\n", new.layers[1].hex);
	image_add(&sparse, "manifest", new.manifest, strlen(new.manifest));
	if (!whole_too)
		image_add(&sparse, "without", without, strlen(without));
	image_add(&sparse, "deltas", text, strlen(text));
	image_add(&sparse, "manifest.sig", new.signature, strlen(new.signature));
	image_add_blob(&sparse, delta, delta_size);
	image_add_blob(&sparse, new.layers[0].bytes, new.layers[0].size);
	if (whole_too)
		image_add_blob(&sparse, new.layers[1].bytes, new.layers[1].size);
	for (size_t i = 0; i < new.member_count; i++)
		image_add_blob(&sparse, new.members[i].bytes, new.members[i].size);
	image_end_bundle(&sparse);
	bundle = sparse.bundle;
	bundle_size = sparse.bundle_size;
}

static void setup(void)
{
	char path[160];

	make_line();
	make_bundle();
	setup_shared();
	notes = 0;
	if (!from_directory)
		return;
	fake_text("/source/deltas", text);
	(void)snprintf(path, sizeof(path), "/source/blobs/sha256/%s",
		       DIGEST_HEX(&line.delta));
	fake_bytes(path, delta, delta_size);
	(void)snprintf(path, sizeof(path), "/source/blobs/sha256/%s", new.layers[1].hex);
	if (!whole_too)
		assert_int_equal(sys_unlinkat(AT_FDCWD, path, 0), 0);
}

static void note(void *context, const char *said)
{
	assert_ptr_equal(context, noted);
	(void)snprintf(noted, sizeof(noted), "%s", said);
	notes++;
}

static int run_noting(struct err *err)
{
	init_install();
	install.wish.note = note;
	install.wish.context = noted;
	return run_with(true, err);
}

static void assert_installs_noting(unsigned int expected)
{
	struct err err = ERR_INIT;

	if (run_noting(&err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(notes, expected);
	assert_true(is_whole(&new));
	assert_true(is_whole(&old));
	assert_true(is_empty("/store/incoming"));
	assert_null(fake_leaks());
}

/* Of the member that is new. */
static size_t member_bytes(void)
{
	return new.member_count ? new.members[1].size : 0;
}

static void by_delta(void)
{
	for (int i = 0; i < 2; i++) {
		whole_too = i == 1;
		setup();
		assert_installs_noting(0);
		assert_int_equal(install.written_bytes,
				 new.layers[1].size + member_bytes());
		assert_int_equal(install.reused_layers, 1);
		assert_installs_noting(0); /* again, with all there */
		assert_int_equal(install.written_bytes, 0);
	}
}

static void installs(void **state)
{
	(void)state;
	each_source(by_delta);
}

/* It costs its bytes, and is told once; then the layer comes whole, or not at all. */
static void damaged(void)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < delta_size; i += 5) {
		delta[i] ^= 0x40;
		whole_too = true;
		setup();
		assert_installs_noting(1);
		assert_non_null(strstr(noted, "layer 1 (sha256:"));
		assert_non_null(strstr(noted, "not by its delta: "));
		assert_int_equal(install.written_bytes,
				 new.layers[1].size + member_bytes());
		whole_too = false;
		setup();
		assert_int_equal(run_noting(&err), -ENOENT);
		assert_non_null(
			strstr(err.text, "neither whole in the store nor in the"));
		assert_int_equal(notes, 1);
		assert_true(is_whole(&old) && !is_listed(&new));
		assert_true(is_empty("/store/incoming"));
		assert_null(fake_leaks());
		delta[i] ^= 0x40;
	}
}

static void damaged_deltas(void **state)
{
	(void)state;
	each_source(damaged);
}

static void spoil_base(void)
{
	uint8_t bytes[65536];
	char path[160];

	memcpy(bytes, old.layers[1].bytes, old.layers[1].size);
	bytes[5000] ^= 1;
	(void)snprintf(path, sizeof(path), "/store/blobs/sha256/%s", old.layers[1].hex);
	fake_bytes(path, bytes, old.layers[1].size);
}

static void rotten(void)
{
	struct err err = ERR_INIT;

	whole_too = true;
	setup();
	spoil_base();
	assert_int_equal(run_noting(&err), 0);
	assert_true(is_whole(&new));
	assert_int_equal(notes, 1);
	assert_non_null(strstr(noted, "not by its delta: its base "));
	assert_non_null(strstr(noted, " is damaged"));
	whole_too = false;
	setup();
	spoil_base();
	assert_int_equal(run_noting(&err), -ENOENT);
	assert_false(is_listed(&new));
}

static void rotten_base(void **state)
{
	(void)state;
	each_source(rotten);
}

/* Who has another image is told before a byte is written. */
static void other_image(void)
{
	char path[160];

	whole_too = false;
	setup();
	(void)snprintf(path, sizeof(path), "/store/blobs/sha256/%s", old.layers[1].hex);
	assert_int_equal(sys_unlinkat(AT_FDCWD, path, 0), 0);
	assert_refused(-ENOENT, "neither in the store nor in the");
	assert_false(fake_exists("/store/incoming"));
	whole_too = true;
	setup();
	assert_int_equal(sys_unlinkat(AT_FDCWD, path, 0), 0);
	assert_int_equal(run_noting(NULL), 0);
	assert_int_equal(notes, 0);
	assert_true(is_whole(&new));
}

static void without_its_base(void **state)
{
	(void)state;
	each_source(other_image);
}

/* --- every call fails */

static bool forgives(const char *call)
{
	(void)call; /* check() asks for the image */
	return true;
}

static void check(int r, const char *call)
{
	if (!is_whole(&old))
		fail_msg("%s: the old image is harmed", call);
	if (r == 0 && !is_whole(&new))
		fail_msg("%s: success, but the image is not whole", call);
	if (is_listed(&new) && !is_whole(&new))
		fail_msg("%s: half an image", call);
	fake_fail(0, 0);
	assert_int_equal(run(NULL), 0);
	assert_true(is_whole(&new) && is_whole(&old));
}

/* Where only the delta is there, what fails in it is told, and then that nothing is left. A stream
 * that could not be read for once is out of step from then on. */
static int run_translated(struct err *err)
{
	int r = run_noting(err);

	if (r == -ENOENT && strstr(err->text, "neither "))
		return -EDOM;
	return r == -EBADMSG && notes == 1 && !from_directory ? -EDOM : r;
}

static void sweep_all(void)
{
	static const struct fake_sweep sweep = {
		.setup = setup,
		.run = run_translated,
		.names =
			"/source|/store|manifest|layer|member|incoming|blobs|images|sha256|"
			"statfs|fstat|end of|OCI|oci|index|directory|bundle|delta",
		.forgives = forgives,
		.check = check,
	};

	for (int i = 0; i < 2; i++) {
		whole_too = i == 1;
		assert_in_range(fake_sweep(&sweep), 60, 600);
	}
}

static void sweeps(void **state)
{
	(void)state;
	each_source(sweep_all);
}

/* Whatever one read gets wrong: of the base, the delta, the tree that was written, what comes back. */
static void misread(void)
{
	unsigned int seen = 0, n = 0;

	whole_too = false;
	do {
		setup();
		fake_config.bad_pread = (int)n++;
		if (run_noting(NULL) < 0)
			seen++;
		else
			assert_true(is_whole(&new));
		assert_true(is_whole(&new) || !is_listed(&new));
	} while (fake_config.bad_pread < 0);
	assert_in_range(seen, 5, n);
}

static void misreads(void **state)
{
	(void)state;
	each_source(misread);
}

static int start_delta(void **state)
{
	if (image_make_key(state) < 0)
		return -1;
	image_layer(&old, 1, 4096);
	image_layer(&old, 2, DATA_BYTES);
	image_layer(&new, 1, 4096);
	image_layer(&new, 3, DATA_BYTES);
	make_layer(&new.layers[1], &old.layers[1]);
	finish_layer(&new.layers[1]);
	return 0;
}

static int start_image(void **state)
{
	int r = start_delta(state);

	image_sign(&old, 1);
	image_sign(&new, 2);
	return r;
}

static int start_set(void **state)
{
	int r = start_delta(state);

	image_member(&old, "broker", 1, "");
	image_member(&old, "web", 3, "");
	image_sign(&old, 1);
	image_member(&new, "broker", 1, "");
	image_member(&new, "web", 3, "");
	image_sign(&new, 2);
	return r;
}

static int stop_delta(void **state)
{
	free(sparse.bundle);
	sparse.bundle = NULL;
	return stop(state);
}

#define IN_A_SET(test)                                         \
	{                                                      \
		.name = "in_a_set_" #test, .test_func = (test) \
	}

int main(void)
{
	static const struct CMUnitTest images[] = {
		cmocka_unit_test(installs),    cmocka_unit_test(damaged_deltas),
		cmocka_unit_test(rotten_base), cmocka_unit_test(without_its_base),
		cmocka_unit_test(misreads),    cmocka_unit_test(sweeps),
	};
	static const struct CMUnitTest sets[] = {
		IN_A_SET(installs),    IN_A_SET(damaged_deltas),
		IN_A_SET(rotten_base), IN_A_SET(without_its_base),
		IN_A_SET(misreads),    IN_A_SET(sweeps),
	};
	int failed = cmocka_run_group_tests(images, start_image, stop_delta);

	return failed + cmocka_run_group_tests(sets, start_set, stop_delta);
}
