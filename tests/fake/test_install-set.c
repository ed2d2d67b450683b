/* SPDX-License-Identifier: Apache-2.0 */
/* A set of two members, of which the store has one: all that an image goes through, and what only
 * sets can have wrong. A set is there as a whole or not at all. */
#include "fake/install-table.h"

static const struct table table = {
	.reused_layers = 2,
	.old_blobs = 2,
	.written = { "install-set", "install-set-first", "install-set-signatures" },
};

/* The layers and the members of which bit n is set, in their order. */
static void make_bundle(struct test_image *image, const char *without, unsigned int blobs)
{
	image->bundle = NULL;
	image->bundle_size = 0;
	image_add(image, "manifest", image->manifest, strlen(image->manifest));
	if (without[0])
		image_add(image, "without", without, strlen(without));
	image_add(image, "manifest.sig", image->signature, strlen(image->signature));
	for (size_t i = 0; i < blob_count(image); i++)
		if (blobs & 1U << i)
			image_add_blob(image, blob_of(image, i)->bytes,
				       blob_of(image, i)->size);
	image_end_bundle(image);
	bundle = image->bundle;
	bundle_size = image->bundle_size;
}

static void drop_bundle(struct test_image *image)
{
	free(image->bundle);
	from_pipe = false;
	bundle = new.bundle;
	bundle_size = new.bundle_size;
}

/* Nothing of it is seen, and the set that was there is whole. */
static void assert_bundle(int number, const char *words)
{
	for (int i = 0; i < 2; i++) {
		from_pipe = i == 1;
		setup_shared();
		assert_refused(number, words);
		assert_true(is_whole(&old));
		assert_true(is_empty("/store/incoming") ||
			    !fake_exists("/store/incoming"));
	}
	from_pipe = false;
}

/* --- what a source may lack */

static void truncated(void **state)
{
	(void)state;
	for (size_t size = 0; size < new.bundle_size; size += size % 512 ? 511 : 1) {
		bundle_size = size;
		assert_bundle(-EBADMSG, "");
	}
	bundle_size = new.bundle_size;
}

/* Each byte, now and then; behind the members nothing is looked at. */
static void flipped(void **state)
{
	uint8_t *bytes = malloc(new.bundle_size);

	(void)state;
	bundle = bytes;
	from_pipe = true;
	for (size_t at = 0; at < new.bundle_size; at += 61) {
		memcpy(bytes, new.bundle, new.bundle_size);
		bytes[at] ^= 1;
		setup_new();
		if (run(NULL) == 0)
			assert_true(at > new.bundle_size - 8 * USTAR_BLOCK);
		else
			assert_false(is_listed(&new));
	}
	from_pipe = false;
	bundle = new.bundle;
	free(bytes);
}

/* @with, of which bit n is blob n: the bundle; the others are said to be left out. */
static const char *without(unsigned int with)
{
	static char text[1024];

	text[0] = '\0';
	for (size_t i = 0; i < blob_count(&new); i++)
		if (!(with & 1U << i))
			(void)strcat(strcat(text, blob_of(&new, i)->hex), "\n");
	return text;
}

/* Whatever is left out is taken from the store if it is whole there, member or layer. */
static void left_out(void **state)
{
	const unsigned int all = (1U << blob_count(&new)) - 1;

	(void)state;
	for (unsigned int with = 0; with < all; with++) {
		struct test_image image = new;
		bool enough = true;

		make_bundle(&image, without(with), with);
		for (int i = 0; i < 2; i++) {
			from_pipe = i == 1;
			setup_shared();
			for (size_t k = 0; k < blob_count(&new); k++)
				enough &= with >> k & 1 || has_layer(blob_of(&new, k));
			if (enough)
				assert_installs();
			else
				assert_refused(-ENOENT,
					       "neither in the store nor in the");
			assert_true(is_whole(&old));
		}
		drop_bundle(&image);
	}
}

static void left_out_and_damaged(void **state)
{
	struct test_image image = new;
	struct err err = ERR_INIT;

	(void)state;
	make_bundle(&image, without(0x14), 0x14); /* without all that @old has */
	for (size_t i = 0; i < blob_count(&new); i++) {
		setup_shared();
		if (!has_layer(blob_of(&new, i)))
			continue;
		spoil(blob_of(&new, i));
		assert_refused(-ENOENT, "neither whole in the store nor in the bundle");
		assert_non_null(memset(&err, 0, sizeof(err)));
		assert_true(run(&err) < 0);
		assert_non_null(strstr(err.text, i < new.layer_count
							 ? "layer "
							 : "member broker (sha256:"));
	}
	drop_bundle(&image);
}

/* Missing, and nothing says so: it is told which one. */
static void not_there(void **state)
{
	static const struct {
		unsigned int blobs;
		const char *words;
	} cases[] = {
		{ 0x0f, "member web (sha256:" },
		{ 0x17, "member broker (sha256:" },
		{ 0x1b, "layer " },
		{ 0x07, "member broker (sha256:" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test_image image = new;

		make_bundle(&image, "", cases[i].blobs);
		assert_bundle(-EBADMSG, cases[i].words);
		drop_bundle(&image);
	}
}

static void wrong_order(void **state)
{
	struct test_image image = new;

	(void)state;
	image.members[0] = new.members[1];
	image.members[1] = new.members[0];
	make_bundle(&image, "", 0x1f);
	assert_bundle(-EBADMSG, "where it should be");
	drop_bundle(&image);
	/* a member's bytes are not those that it is called by */
	image.members[0] = new.members[0];
	image.bundle = malloc(new.bundle_size);
	memcpy(image.bundle, new.bundle, new.bundle_size);
	bundle = image.bundle;
	memcpy(memmem(image.bundle, image.bundle_size, "name web", 8), "name wet", 8);
	assert_bundle(-EBADMSG, "its sha256 is not what the manifest says");
	drop_bundle(&image);
}

/* --- what a member may be, signed with all the rest */

/* Of @new's layers, with @text as its second member: refused by @words, or taken. */
static void member_is(const void *text, size_t size, int number, const char *words)
{
	struct test_image image = new;
	const struct test_image whole = new;

	image.member_count = 1;
	image.bundle = NULL;
	image_member_text(&image, "web", text, size);
	image_sign(&image, 3);
	image_bundle(&image);
	bundle = image.bundle;
	bundle_size = image.bundle_size;
	new = image;
	assert_bundle(number, words);
	setup_new();
	from_directory = true;
	setup_shared();
	assert_refused(number, words);
	from_directory = false;
	new = whole;
	free(image.members[1].bytes);
	drop_bundle(&image);
}

/* The second member with one line @from that is @to. */
static void line_is(const char *from, const char *to, int number, const char *words)
{
	const struct test_layer *web = &new.members[1];
	char text[8192];
	const char *at = memmem(web->bytes, web->size, from, strlen(from));

	assert_non_null(at);
	(void)snprintf(
		text, sizeof(text), "%.*s%s%.*s", (int)(at - (const char *)web->bytes),
		(const char *)web->bytes, to,
		(int)(web->size - (size_t)(at - (const char *)web->bytes) - strlen(from)),
		at + strlen(from));
	member_is(text, strlen(text), number, words);
}

static void foreign_members(void **state)
{
	char layer[300] = "layer sha256:";

	(void)state;
	(void)snprintf(layer, sizeof(layer), "%.64s size 12288", new.layers[1].hex);
	line_is("run supervise", "run exec", -EBADMSG, "run: must be supervise in a set");
	line_is("arch " ARCH, "arch vax", -EBADMSG, "");
	line_is("compatible acme,thermostat", "compatible acme,kettle", -EBADMSG,
		"compatible: is not for acme,thermostat, as the set");
	line_is("min-init 2", "min-init 99", -ENOTSUP, "");
	line_is("lamina 1", "lamina 2", -EPROTONOSUPPORT, "");
	line_is("size 20480", "size 24576", -EBADMSG, "");
	line_is("arg /bin/app\n", "", -EBADMSG, "");
	line_is("run supervise\n", "run supervise\nrun supervise\n", -EBADMSG, "");
}

static void hostile_members(void **state)
{
	static char huge[MANIFEST_MAX_SIZE];
	const struct test_layer *web = &new.members[1];

	(void)state;
	/* torn anywhere */
	for (size_t size = 1; size < web->size; size += 13)
		member_is(web->bytes, size, -EBADMSG, "member web (sha256:");
	member_is("\0", 1, -EBADMSG, "member web (sha256:");
	memset(huge, '\n', sizeof(huge));
	member_is(huge, sizeof(huge), -EBADMSG, "member web (sha256:");
	memset(huge, 'a', sizeof(huge));
	member_is(huge, sizeof(huge), -EBADMSG, "member web (sha256:");
	/* a set, of the same layers and with the same first member; and the whole set before it */
	member_is(new.manifest, strlen(new.manifest), -EBADMSG,
		  "a set can't be in a set");
	member_is(old.manifest, strlen(old.manifest), -EBADMSG,
		  "a set can't be in a set");
	/* a layer, one that is needed as a layer too */
	member_is(new.layers[0].bytes, new.layers[0].size, -EBADMSG,
		  "member web (sha256:");
}

/* The set's own lines, which come by its signature: none of them is followed before it is judged. */
static void set_lines(const char *more, const char *words)
{
	struct test_image image = new;
	const struct test_image whole = new;

	image.bundle = NULL;
	(void)strcat(image.manifest, more);
	image_sign_text(&image);
	image_bundle(&image);
	bundle = image.bundle;
	bundle_size = image.bundle_size;
	new = image;
	assert_bundle(-EBADMSG, words);
	assert_false(fake_exists("/store/incoming"));
	new = whole;
	drop_bundle(&image);
}

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void hostile_sets(void **state)
{
	char many[7000] = "";

	(void)state;
	set_lines("needs web broker\nneeds broker web\n", "a circle");
	set_lines("needs web web\n", "a circle");
	set_lines("needs web third\n", "there is no such member");
	set_lines("share web:/x web:/y\n", "takes two members");
	set_lines("member web sha256:" HEX64 " size 9\n",
		  "the same name stands there already");
	set_lines("member big sha256:" HEX64 " size 4294967296\n",
		  "a manifest has 1 to 65536 bytes");
	set_lines("member big sha256:" HEX64 " size 18446744073709551615\n", "member: ");
	set_lines("member none sha256:" HEX64 " size 0\n",
		  "a manifest has 1 to 65536 bytes");
	for (int i = 0; i < 60; i++)
		(void)snprintf(many + strlen(many), sizeof(many) - strlen(many),
			       "member m%d sha256:" HEX64 " size 9\n", i);
	set_lines(many, "member");
}

/* --- what a store may have in a member's place */

static void other_things(void **state)
{
	char path[160];

	(void)state;
	for (int i = 0; i < 5; i++) {
		setup_shared();
		(void)snprintf(path, sizeof(path), "/store/blobs/sha256/%s",
			       new.members[i % 2].hex);
		(void)sys_unlinkat(AT_FDCWD, path, 0);
		if (i == 0)
			fake_dir(path);
		else if (i == 1)
			fake_link(path, "/etc/passwd");
		else if (i == 2)
			fake_fifo(path);
		else if (i == 3)
			fake_text(path, "short");
		else
			fake_bytes(path, new.members[0].bytes, new.members[0].size - 1);
		assert_installs();
		if (i % 2)
			assert_true(is_whole(&old));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		INSTALL_TABLE,
		cmocka_unit_test(truncated),
		cmocka_unit_test(flipped),
		cmocka_unit_test(left_out),
		cmocka_unit_test(left_out_and_damaged),
		cmocka_unit_test(not_there),
		cmocka_unit_test(wrong_order),
		cmocka_unit_test(foreign_members),
		cmocka_unit_test(hostile_members),
		cmocka_unit_test(hostile_sets),
		cmocka_unit_test(other_things),
	};

	return cmocka_run_group_tests(tests, start_sets, stop);
}
