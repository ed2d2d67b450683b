/* SPDX-License-Identifier: Apache-2.0 */
/* Both verbs for opening, on a real tree: own for what Lamina wrote, in for what others
 * did. */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit/bytes.h"

static char top[64];
static int dir;

/* top/secret, top/tree/{file,sub/file,fifo,to-file,to-sub,up,absolute,nowhere} */
static int setup(void **state)
{
	char command[1024];

	(void)state;
	(void)snprintf(top, sizeof(top), "/tmp/lamina-path-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	(void)snprintf(command, sizeof(command),
		       "cd %s && echo secret >secret && mkdir -p tree/sub && echo file "
		       ">tree/file && "
		       "echo below >tree/sub/file && mkfifo tree/fifo && cd tree && "
		       "ln -s file to-file && ln -s sub to-sub && ln -s ../secret up && "
		       "ln -s /sub absolute && ln -s gone nowhere",
		       top);
	if (system(command) != 0)
		return -1;
	(void)snprintf(command, sizeof(command), "%s/tree", top);
	dir = open(command, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	close(dir);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command) == 0 ? 0 : -1;
}

static void reads(int fd, const char *text)
{
	char buf[32];
	ssize_t n;

	assert_true(fd >= 0);
	n = fd_read_file(fd, buf, sizeof(buf));
	assert_int_equal(n, strlen(text));
	assert_memory_equal(buf, text, (size_t)n);
	close(fd);
}

static void own_follows_no_link(void **state)
{
	(void)state;
	reads(path_open_own(dir, "file", O_RDONLY, 0), "file\n");
	reads(path_open_own(dir, "sub/file", O_RDONLY, 0), "below\n");
	assert_int_equal(path_open_own(dir, "to-file", O_RDONLY, 0), -ELOOP);
	assert_int_equal(path_open_own(dir, "to-sub/file", O_RDONLY, 0), -ELOOP);
	assert_int_equal(path_open_own(dir, "../secret", O_RDONLY, 0), -EXDEV);
	assert_int_equal(path_open_own(dir, "/etc/passwd", O_RDONLY, 0), -EXDEV);
	assert_int_equal(path_open_own(dir, "sub/../../secret", O_RDONLY, 0), -EXDEV);
	assert_int_equal(path_open_own(dir, "gone", O_RDONLY, 0), -ENOENT);
}

static void own_crosses_no_mount(void **state)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(path_open_own(root, "proc/version", O_RDONLY, 0), -EXDEV);
	close(root);
}

static void own_never_waits(void **state)
{
	int fd = path_open_own(dir, "fifo", O_RDONLY, 0);

	(void)state;
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void own_file_says_what_it_is_instead(void **state)
{
	struct err err = ERR_INIT;
	uint64_t size = 0;

	(void)state;
	reads(path_open_own_file(dir, "sub/file", &size, &err), "below\n");
	assert_int_equal(size, 6);
	reads(path_open_own_file(dir, "file", NULL, &err), "file\n");
	assert_int_equal(path_open_own_file(dir, "sub", &size, &err), -EISDIR);
	assert_string_equal(err.text, "sub: is a directory, not a regular file");
	assert_int_equal(path_open_own_file(dir, "fifo", &size, &err), -EINVAL);
	assert_string_equal(err.text, "fifo: not a regular file");
	assert_int_equal(path_open_own_file(dir, "to-file", &size, &err), -ELOOP);
	assert_string_equal(err.text, "to-file: is a symbolic link, not a regular file");
	assert_int_equal(path_open_own_file(dir, "gone", &size, &err), -ENOENT);
	assert_string_equal(err.text, "gone: No such file or directory");
}

static void in_ends_at_the_root(void **state)
{
	(void)state;
	reads(path_open_in(dir, "to-sub/file", O_RDONLY), "below\n");
	reads(path_open_in(dir, "absolute/file", O_RDONLY), "below\n");
	reads(path_open_in(dir, "/sub/../../../file", O_RDONLY), "file\n");
	assert_int_equal(path_open_in(dir, "up", O_RDONLY), -ENOENT);
	assert_int_equal(path_open_in(dir, "/etc/passwd", O_RDONLY), -ENOENT);
	assert_int_equal(path_open_in(dir, "nowhere", O_RDONLY), -ENOENT);
}

static void is_directory(int fd, const char *path)
{
	struct stat made, found;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &made), 0);
	assert_int_equal(fstatat(dir, path, &found, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISDIR(found.st_mode));
	assert_int_equal(made.st_ino, found.st_ino);
	close(fd);
}

static void make_dirs(void **state)
{
	mode_t old = umask(022);
	struct stat st;

	(void)state;
	is_directory(path_make_dirs_in(dir, "a/b/c", 0750), "a/b/c");
	assert_int_equal(fstatat(dir, "a/b", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	is_directory(path_make_dirs_in(dir, "a/b/c", 0750), "a/b/c");
	is_directory(path_make_dirs_in(dir, "/a//b/d/", 0755), "a/b/d");
	is_directory(path_make_dirs_in(dir, "absolute/new", 0755), "sub/new");
	is_directory(path_make_dirs_in(dir, "to-sub/new/er", 0755), "sub/new/er");
	is_directory(path_make_dirs_in(dir, "../../../e", 0755), "e");
	is_directory(path_make_dirs_in(dir, ".", 0755), ".");
	is_directory(path_make_dirs_in(dir, "", 0755), ".");
	assert_int_equal(path_make_dirs_in(dir, "file/x", 0755), -ENOTDIR);
	assert_int_equal(path_make_dirs_in(dir, "file", 0755), -ENOTDIR);
	assert_int_equal(path_make_dirs_in(dir, "nowhere/x", 0755), -EEXIST);
	assert_int_equal(path_make_dirs_in(-EBADF, "x", 0755), -EBADF);
	umask(old);
}

static void make_dirs_of_a_long_name(void **state)
{
	static char name[8192];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	assert_int_equal(path_make_dirs_in(dir, name, 0755), -ENAMETOOLONG);
	name[300] = '\0';
	assert_int_equal(path_make_dirs_in(dir, name, 0755), -ENAMETOOLONG);
}

/* Whatever became of it, no descriptor stays open: the next one is the same as before. */
static void make_dirs_leaks_nothing(void **state)
{
	static const char *const paths[] = { "file/x", "nowhere/x", "p/q/r", "", "file" };
	int before = dup(dir), after;

	(void)state;
	close(before);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		fd_close(path_make_dirs_in(dir, paths[i], 0755));
	after = dup(dir);
	close(after);
	assert_int_equal(after, before);
}

static void of_fd(void **state)
{
	char path[PATH_FD_SIZE];
	int fd;

	(void)state;
	fd = path_open_own(dir, "file", O_RDONLY, 0);
	reads(open(path_of_fd(path, fd), O_RDONLY | O_CLOEXEC), "file\n");
	close(fd);
	assert_string_equal(path_of_fd(path, 2147483647), "/proc/self/fd/2147483647");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_follows_no_link),
		cmocka_unit_test(own_crosses_no_mount),
		cmocka_unit_test(own_never_waits),
		cmocka_unit_test(own_file_says_what_it_is_instead),
		cmocka_unit_test(in_ends_at_the_root),
		cmocka_unit_test(make_dirs),
		cmocka_unit_test(make_dirs_of_a_long_name),
		cmocka_unit_test(make_dirs_leaks_nothing),
		cmocka_unit_test(of_fd),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
