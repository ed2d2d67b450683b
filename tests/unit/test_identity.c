/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "container/identity.h"
#include "tree.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "broken line\n"
			     "worse:x:99999999999:0::/:/bin/sh\n"
			     "app:x:1000:1001:The app:/home/app:/bin/sh\n"
			     "again:x:1000:2000::/home/again:/bin/sh\n"
			     "4242:x:77:78::/home/digits:/bin/sh\n"
			     "last:x:5:6::home/relative:";

static const char group[] = "root:x:0:\n"
			    "app:x:1001:\n"
			    "video:x:44:other,app,third\n"
			    "audio:x:29:application,xapp,app2\n"
			    "dialout:x:20:app\n"
			    "twice:x:20:app\n"
			    "own:x:1001:app\n";

static struct identity identity;

static int resolve(const char *user, struct err *err)
{
	memset(&identity, 0x5a, sizeof(identity));
	err->text[0] = '\0';
	return identity_resolve(tree_fd, user, &identity, err);
}

static void assert_identity(const char *user, uid_t uid, gid_t gid, size_t groups,
			    const char *home)
{
	struct err err = ERR_INIT;

	assert_tells(resolve(user, &err), 0, err, "");
	assert_int_equal(identity.uid, uid);
	assert_int_equal(identity.gid, gid);
	assert_int_equal(identity.group_count, groups);
	assert_string_equal(identity.home, home);
}

static void put_files(void)
{
	tree_file("etc/passwd", passwd, 0644);
	tree_file("etc/group", group, 0644);
}

static void by_name_and_by_number(void **state)
{
	(void)state;
	put_files();
	assert_identity("root", 0, 0, 1, "/root");
	assert_identity("app", 1000, 1001, 3, "/home/app");
	assert_int_equal(identity.groups[0], 44);
	assert_int_equal(identity.groups[1], 20);
	assert_int_equal(identity.groups[2], 1001);
	/* a number that has an entry is that entry, the first one */
	assert_identity("1000", 1000, 1001, 3, "/home/app");
	/* a name of digits is found as a name */
	assert_identity("4242", 77, 78, 1, "/home/digits");
	/* a number without an entry is itself, in root's group */
	assert_identity("54321", 54321, 0, 1, "/");
	/* no newline at the end of the file, and a home that is no absolute path */
	assert_identity("last", 5, 6, 1, "/");
}

static void a_group_excludes_others(void **state)
{
	(void)state;
	put_files();
	assert_identity("app:video", 1000, 44, 1, "/home/app");
	assert_int_equal(identity.groups[0], 44);
	assert_identity("app:29", 1000, 29, 1, "/home/app");
	assert_identity("0:0", 0, 0, 1, "/root");
	assert_identity("7:4294967294", 7, 4294967294U, 1, "/");
}

static void names_what_is_missing(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	put_files();
	assert_tells(resolve("nobody-here", &err), -ENOENT, err,
		     "no user nobody-here in");
	assert_tells(resolve("app:nogroup", &err), -ENOENT, err, "no group nogroup in");
	assert_tells(resolve("worse", &err), -ENOENT, err, "no user worse in");
	assert_tells(resolve("4294967295", &err), -ENOENT, err, "no user 4294967295 in");
	assert_tells(resolve("-1", &err), -ENOENT, err, "no user -1 in");
	assert_tells(resolve("", &err), -ENOENT, err, "no user  in");
}

static void an_image_without_files(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_identity("0:0", 0, 0, 1, "/");
	assert_identity("1000", 1000, 0, 1, "/");
	assert_tells(resolve("root", &err), -ENOENT, err, "no user root in");
}

/* Links end at the image's root; what is no file is not read. */
static void files_are_the_image_s(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	put_files();
	tree_file("usr/passwd", "linked:x:8:9::/linked:\n", 0644);
	tree_link("etc/passwd", "/usr/passwd");
	assert_identity("linked", 8, 9, 1, "/linked");
	tree_link("etc/passwd", "../../../../../../../usr/passwd");
	assert_identity("linked", 8, 9, 1, "/linked");
	tree_unlink("etc/passwd");
	tree_fifo("etc/passwd");
	assert_tells(resolve("root", &err), -EINVAL, err,
		     "looking for user root in /etc/passwd of the image: ");
}

/* Longer lines than the reader's buffer are passed over, wherever they start in it. */
static void long_lines(void **state)
{
	static char text[20000];
	struct err err = ERR_INIT;

	(void)state;
	for (size_t size = 4000; size < 13000; size += 61) {
		char *at = text + sprintf(text, "first:x:1:1::/one:\n");

		memset(at, 'x', size);
		at += size;
		(void)sprintf(at, ":x:3:3:::\nafter:x:2:2::/two:\n");
		tree_file("etc/passwd", text, 0644);
		assert_identity("first", 1, 1, 1, "/one");
		assert_identity("after", 2, 2, 1, "/two");
	}
	/* one that never ends */
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	tree_file("etc/passwd", text, 0644);
	assert_tells(resolve("y", &err), -ENOENT, err, "no user y");
}

static void too_many_groups(void **state)
{
	static char text[8000];
	struct err err = ERR_INIT;
	char *at = text;

	(void)state;
	tree_file("etc/passwd", passwd, 0644);
	for (int i = 0; i < IDENTITY_MAX_GROUPS; i++)
		at += sprintf(at, "g%d:x:%d:app\n", i, 3000 + i);
	tree_file("etc/group", text, 0644);
	assert_identity("app", 1000, 1001, IDENTITY_MAX_GROUPS + 1, "/home/app");
	(void)sprintf(at, "more:x:9999:app\n");
	tree_file("etc/group", text, 0644);
	assert_tells(resolve("app", &err), -E2BIG, err, "/etc/group of the image");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_new, tree_done)
	const struct CMUnitTest tests[] = {
		TEST(by_name_and_by_number), TEST(a_group_excludes_others),
		TEST(names_what_is_missing), TEST(an_image_without_files),
		TEST(files_are_the_image_s), TEST(long_lines),
		TEST(too_many_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
