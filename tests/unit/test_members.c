/* SPDX-License-Identifier: Apache-2.0 */
/* The same layout as a directory and as a tar: both must answer alike. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "base/fd.h"
#include "pack/source/members.h"
#include "unit/tree.h"

static struct err err;

struct part {
	const char *name, *text, *link; /* @link: a symlink to that */
	const char *hard;		/* a hard link to that */
};

static const struct part parts[] = {
	{ .name = "index.json", .text = "the index" },
	{ .name = "blobs/sha256/aa", .text = "first" },
	{ .name = "blobs/sha256/empty", .text = "" },
	{ .name = "blobs/link", .link = "sha256/aa" },
	{ .name = "blobs/up", .link = "../index.json" },
	{ .name = "blobs/abs", .link = "/index.json" },
	{ .name = "blobs/twice", .link = "up" },
	{ .name = "loop", .link = "loop" },
	{ .name = "gone", .link = "nowhere" },
	{ .name = "again", .hard = "index.json" },
};

static void put_in_tar(struct archive *a, const struct part *part)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, part->name);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_filetype(entry, part->link ? AE_IFLNK : AE_IFREG);
	if (part->link)
		archive_entry_set_symlink(entry, part->link);
	if (part->hard)
		archive_entry_set_hardlink(entry, part->hard);
	archive_entry_set_size(entry, part->text ? (la_int64_t)strlen(part->text) : 0);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	if (part->text)
		assert_int_equal(archive_write_data(a, part->text, strlen(part->text)),
				 strlen(part->text));
	archive_entry_free(entry);
}

static struct members *open_tar(int (*filter)(struct archive *), const struct part *list,
				size_t count)
{
	struct archive *a = archive_write_new();
	struct members *members;
	char path[300];
	int r;

	(void)snprintf(path, sizeof(path), "%s/layout.tar", tree_path);
	assert_int_equal(archive_write_set_format_ustar(a), ARCHIVE_OK);
	assert_int_equal(filter(a), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++)
		put_in_tar(a, &list[i]);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	members = members_open_archive(path, 1 << 20, &r, &err);
	if (!members)
		fail_msg("%s", err.text);
	return members;
}

static struct members *open_dir(void)
{
	struct members *members;
	char path[300];
	int r;

	tree_dir("layout");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct part *part = &parts[i];

		(void)snprintf(path, sizeof(path), "layout/%s", part->name);
		if (part->link)
			tree_link(path, part->link);
		else
			tree_file(path, part->text ? part->text : "the index", 0644);
	}
	(void)snprintf(path, sizeof(path), "%s/layout", tree_path);
	members = members_open_dir(path, 0, &r, &err);
	assert_non_null(members);
	return members;
}

static void reads(const struct members *members, const char *name, const char *expected)
{
	char *bytes;
	size_t size;

	err = (struct err)ERR_INIT;
	if (members_read(members, name, 100, &bytes, &size, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(size, strlen(expected));
	assert_string_equal(bytes, expected);
	free(bytes);
	assert_true(members_has(members, name));
}

static void refuses(const struct members *members, const char *name, int number,
		    const char *words)
{
	char *bytes;
	size_t size;

	err = (struct err)ERR_INIT;
	assert_tells(members_read(members, name, 100, &bytes, &size, &err), number, err,
		     words);
}

static void ask(struct members *members)
{
	char *bytes;
	size_t size;

	reads(members, "index.json", "the index");
	reads(members, "blobs/sha256/aa", "first");
	reads(members, "blobs/sha256/empty", "");
	reads(members, "blobs/link", "first");
	reads(members, "blobs/up", "the index");
	reads(members, "blobs/abs", "the index");
	reads(members, "blobs/twice", "the index");
	reads(members, "again", "the index");
	refuses(members, "none", -ENOENT, "none: is missing");
	assert_false(members_has(members, "none"));
	assert_int_equal(members_read(members, "index.json", 8, &bytes, &size, &err),
			 -EFBIG);
	assert_non_null(strstr(err.text, "index.json: larger than 8 bytes"));
	members_free(members);
}

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static void a_directory(void **state)
{
	struct members *members = open_dir();

	(void)state;
	tree_fifo("layout/fifo");
	refuses(members, "loop", -ELOOP, "loop: ");
	refuses(members, "gone", -ENOENT, "gone: is missing");
	refuses(members, "blobs", -EINVAL, "blobs: not a regular file");
	refuses(members, "fifo", -EINVAL, "fifo: not a regular file");
	ask(members);
}

/* Somebody else filled it: what leads out leads to its root. */
static void links_end_at_the_root(void **state)
{
	struct members *members = open_dir();

	(void)state;
	tree_file("outside", "secret", 0644);
	tree_link("layout/out", "../outside");
	tree_link("layout/deep", "../../../../index.json");
	refuses(members, "out", -ENOENT, "out: is missing");
	reads(members, "deep", "the index");
	members_free(members);
}

static void tars(void **state)
{
	struct members *members = open_tar(archive_write_add_filter_none, parts, PARTS);

	(void)state;
	refuses(members, "loop", -ELOOP, "loop: is a link that leads nowhere");
	refuses(members, "gone", -ELOOP, "gone: is a link that leads nowhere");
	refuses(members, "../index.json", -EINVAL,
		"../index.json: leads out of the archive");
	ask(members);
	ask(open_tar(archive_write_add_filter_gzip, parts, PARTS));
	ask(open_tar(archive_write_add_filter_zstd, parts, PARTS));
}

/* What unpacking would leave. */
static void the_last_of_a_name(void **state)
{
	static const struct part twice[] = {
		{ .name = "a", .text = "first" },
		{ .name = "./b/../a", .text = "last" },
		{ .name = "../a", .text = "outside" },
	};
	struct members *members = open_tar(archive_write_add_filter_none, twice, 3);

	(void)state;
	reads(members, "a", "last");
	members_free(members);
}

static void nothing_there(void **state)
{
	char path[300];
	int r = 0;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/none", tree_path);
	assert_null(members_open_dir(path, 0, &r, &err));
	assert_int_equal(r, -ENOENT);
	assert_null(members_open_archive(path, 1 << 20, &r, &err));
	assert_int_equal(r, -ENOENT);
	assert_non_null(strstr(err.text, "can't open it"));
	members_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_directory, tree_new, tree_done),
		cmocka_unit_test_setup_teardown(links_end_at_the_root, tree_new,
						tree_done),
		cmocka_unit_test_setup_teardown(tars, tree_new, tree_done),
		cmocka_unit_test_setup_teardown(the_last_of_a_name, tree_new, tree_done),
		cmocka_unit_test_setup_teardown(nothing_there, tree_new, tree_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
