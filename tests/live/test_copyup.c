/* SPDX-License-Identifier: Apache-2.0 */
/* What a new volume begins with, copied on this kernel. */
#include "init/copyup.h"

#include <sys/mount.h>
#include <sys/xattr.h>

#include "live/files.h"

static int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	LIVE_TRUE(fd >= 0);
	return fd;
}

static int copy(int from, int to)
{
	const struct copyup_like like = { NULL, from };

	return copyup_fill(to, &like);
}

static void make_tree(void)
{
	const struct timespec times[2] = { { .tv_sec = 11 }, { .tv_sec = 22 } };

	make_dir("from");
	make_dir("from/deep");
	put("from/deep/file", "text");
	LIVE_TRUE(chown("from/deep/file", 7, 8) == 0);
	LIVE_TRUE(chmod("from/deep/file", 04751) == 0);
	/* not every tmpfs has those of users */
	(void)setxattr("from/deep/file", "trusted.test", "v", 1, 0);
	LIVE_TRUE(symlink("/nowhere/at/all", "from/link") == 0);
	LIVE_TRUE(lchown("from/link", 5, 6) == 0);
	LIVE_TRUE(mkfifo("from/pipe", 0600) == 0 && chown("from/pipe", 3, 4) == 0);
	LIVE_TRUE(chmod("from/pipe", 0666) == 0);
	LIVE_TRUE(chmod("from/deep", 02770) == 0 && chown("from", 1, 2) == 0);
	LIVE_TRUE(utimensat(AT_FDCWD, "from/deep", times, 0) == 0);
	make_dir("to");
}

static void everything(void)
{
	struct stat st;
	char value[4];

	make_tree();
	(void)umask(022); /* process 1's */
	LIVE_TRUE(copy(open_dir("from"), open_dir("to")) == 0);
	LIVE_TRUE(holds("to/deep/file", "text"));
	LIVE_TRUE(stat("to/deep/file", &st) == 0 && st.st_uid == 7 && st.st_gid == 8);
	LIVE_TRUE((st.st_mode & 07777) == 04751);
	LIVE_TRUE(getxattr("from/deep/file", "trusted.test", value, 4) ==
		  getxattr("to/deep/file", "trusted.test", value, 4));
	LIVE_TRUE(lstat("to/link", &st) == 0 && S_ISLNK(st.st_mode) && st.st_uid == 5);
	LIVE_TRUE(stat("to/pipe", &st) == 0 && S_ISFIFO(st.st_mode) && st.st_gid == 4);
	LIVE_TRUE((st.st_mode & 07777) == 0666);
	LIVE_TRUE(stat("to/deep", &st) == 0 && st.st_mtime == 22);
	LIVE_TRUE((st.st_mode & 07777) == 02770);
	LIVE_TRUE(stat("to", &st) == 0 && st.st_uid == 1 && st.st_gid == 2);
}

/* A label of SELinux' or IMA's is short; what others put there may be as long as the kernel
 * takes it. */
static void large_xattrs(void)
{
	static char value[40000], got[sizeof(value)];
	char name[64];

	make_dir("from");
	make_dir("to");
	put("from/file", "text");
	memset(value, 'v', sizeof(value));
	if (setxattr("from/file", "trusted.large", value, sizeof(value), 0) < 0)
		live_skip("this file system takes no attribute of 40,000 bytes");
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "trusted.one-of-a-hundred-%d", i);
		LIVE_TRUE(setxattr("from/file", name, "v", 1, 0) == 0);
	}
	LIVE_TRUE(copy(open_dir("from"), open_dir("to")) == 0);
	LIVE_TRUE(getxattr("to/file", "trusted.large", got, sizeof(got)) ==
		  (ssize_t)sizeof(got));
	LIVE_TRUE(memcmp(got, value, sizeof(got)) == 0);
	LIVE_TRUE(getxattr("to/file", "trusted.one-of-a-hundred-99", got, sizeof(got)) ==
		  1);
}

/* Whoever fills the place where it is copied to, or another mount. */
static void in_the_way(void)
{
	make_tree();
	make_dir("other");
	put("other/secret", "of another volume");
	LIVE_TRUE(mount("other", "from/deep", NULL, MS_BIND, NULL) == 0);
	LIVE_TRUE(copy(open_dir("from"), open_dir("to")) == 0);
	LIVE_TRUE(access("to/deep", F_OK) < 0);
	LIVE_TRUE(umount("from/deep") == 0);
	make_dir("second");
	LIVE_TRUE(symlink("/mnt/other", "second/deep") == 0);
	LIVE_TRUE(copy(open_dir("from"), open_dir("second")) == -EEXIST);
	LIVE_TRUE(access("other/file", F_OK) < 0);
}

static void removed(void)
{
	make_tree();
	LIVE_TRUE(symlink("../from", "to/out") == 0);
	LIVE_TRUE(copy(open_dir("from"), open_dir("to")) == 0);
	LIVE_TRUE(copyup_remove(open_dir("."), "to") == 0);
	LIVE_TRUE(access("to", F_OK) < 0 && holds("from/deep/file", "text"));
	LIVE_TRUE(copyup_remove(open_dir("."), "to") == -ENOENT);
}

/* Deeper than process 1 goes: said, not crashed. */
static void too_deep(void)
{
	char path[2 * 300 + 8] = "from";

	make_dir(path);
	make_dir("to");
	for (int i = 0; i < 300; i++) {
		strcat(path, "/d");
		make_dir(path);
	}
	LIVE_TRUE(copy(open_dir("from"), open_dir("to")) == -ELOOP);
	LIVE_TRUE(copyup_remove(open_dir("."), "to") == 0);
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(everything), LIVE_TEST(large_xattrs), LIVE_TEST(in_the_way),
		LIVE_TEST(removed),    LIVE_TEST(too_deep),	{ 0 },
	};

	return live_main(tests, argc, argv);
}
