/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "pack/host/output.h"
#include "unit/tree.h"

static struct err err;

static const char *text_of(const char *name)
{
	static char text[64];
	__fd int fd = openat(tree_fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return NULL;
	text[n] = '\0';
	return text;
}

static size_t files(void)
{
	DIR *dir = opendir(tree_path);
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count - 2;
}

static void whole_or_not_at_all(void **state)
{
	struct output output;

	(void)state;
	tree_file("name", "old", 0644);
	assert_int_equal(output_open(&output, tree_fd, "name", 0666, &err), 0);
	assert_int_equal(fd_write_all(output.fd, "new", 3), 0);
	assert_string_equal(text_of("name"), "old");
	assert_int_equal(files(), 2);
	output_done(&output);
	assert_string_equal(text_of("name"), "old");
	assert_int_equal(files(), 1);
	assert_int_equal(output_open(&output, tree_fd, "name", 0666, &err), 0);
	assert_int_equal(fd_write_all(output.fd, "new", 3), 0);
	assert_int_equal(output_commit(&output, 0, &err), 0);
	assert_string_equal(text_of("name"), "new");
	output_done(&output);
	assert_string_equal(text_of("name"), "new");
	assert_int_equal(files(), 1);
}

static void another_one_is_kept(void **state)
{
	struct output output;

	(void)state;
	assert_int_equal(output_open(&output, tree_fd, "name", 0666, &err), 0);
	tree_file("name", "somebody's", 0644);
	assert_int_equal(output_commit(&output, 1, &err), -EEXIST);
	output_done(&output);
	assert_string_equal(text_of("name"), "somebody's");
	assert_int_equal(files(), 1);
}

static void rights(void **state)
{
	mode_t old = umask(027);
	struct output output;
	struct stat st;

	(void)state;
	assert_int_equal(output_open(&output, tree_fd, "name", 0666, &err), 0);
	assert_int_equal(fstat(output.fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	output_done(&output);
	(void)umask(old);
}

static void refused(const char *path, int number, const char *words)
{
	struct output output;

	err = (struct err)ERR_INIT;
	assert_tells(output_open(&output, tree_fd, path, 0666, &err), number, err, words);
	output_done(&output);
}

static void what_is_no_file(void **state)
{
	(void)state;
	tree_dir("dir");
	tree_fifo("fifo");
	refused("dir", -EISDIR, "dir: ");
	refused("fifo", -EINVAL, "fifo: is there and not a regular file");
	refused("dir/", -EINVAL, "dir/: not the name of a file");
	refused("", -EINVAL, ": not the name of a file");
	refused("no/name", -ENOENT, "no/name: ");
	refused("fifo/name", -ENOTDIR, "fifo/name: ");
	assert_int_equal(files(), 2);
}

static void a_signal_takes_it_away(void **state)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

	(void)state;
	tree_file("name", "old", 0644);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			struct output first, second;

			/* a shell's background jobs ignore SIGINT, and so would we */
			(void)signal(numbers[i], SIG_DFL);
			if (output_open(&first, tree_fd, "name", 0666, NULL) < 0 ||
			    output_open(&second, tree_fd, "other", 0666, NULL) < 0)
				_exit(1);
			(void)raise(numbers[i]);
			_exit(2);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), numbers[i]);
		assert_int_equal(files(), 1);
		assert_string_equal(text_of("name"), "old");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole_or_not_at_all, tree_new, tree_done),
		cmocka_unit_test_setup_teardown(another_one_is_kept, tree_new, tree_done),
		cmocka_unit_test_setup_teardown(rights, tree_new, tree_done),
		cmocka_unit_test_setup_teardown(what_is_no_file, tree_new, tree_done),
		cmocka_unit_test_setup_teardown(a_signal_takes_it_away, tree_new,
						tree_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
