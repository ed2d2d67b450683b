/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A small directory tree for one test, below TMPDIR, and gone after it. Runs without
 * root. */
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"

/* Did it end with that number and a text that has @words in it? */
#define assert_tells(call, number, err, words)                  \
	do {                                                    \
		int result_ = (call);                           \
                                                                \
		assert_int_equal(result_, number);              \
		if (!strstr((err).text, words))                 \
			assert_string_equal((err).text, words); \
	} while (0)

static char tree_path[256];
static int tree_fd = -1;

static inline int tree_remove_one(const char *path, const struct stat *st, int kind,
				  struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

/* For cmocka: setup and teardown. */
static inline int tree_new(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(tree_path, sizeof(tree_path), "%s/lamina-test-XXXXXX",
		       tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(tree_path));
	tree_fd = open(tree_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(tree_fd >= 0);
	return 0;
}

static inline int tree_done(void **state)
{
	(void)state;
	(void)close(tree_fd);
	return nftw(tree_path, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Makes the directories that @rel names before its last slash. */
static inline void tree_parents(const char *rel)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s", rel);
	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdirat(tree_fd, path, 0755);
		*slash = '/';
	}
}

/* Writes @size bytes to @rel, whose directories are made. */
static inline void tree_bytes(const char *rel, const void *bytes, size_t size,
			      mode_t mode)
{
	int fd;

	tree_parents(rel);
	(void)unlinkat(tree_fd, rel, 0);
	fd = openat(tree_fd, rel, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
}

static inline void tree_file(const char *rel, const char *text, mode_t mode)
{
	tree_bytes(rel, text, strlen(text), mode);
}

static inline void tree_link(const char *rel, const char *target)
{
	tree_parents(rel);
	(void)unlinkat(tree_fd, rel, 0);
	assert_int_equal(symlinkat(target, tree_fd, rel), 0);
}

static inline void tree_dir(const char *rel)
{
	tree_parents(rel);
	assert_int_equal(mkdirat(tree_fd, rel, 0755), 0);
}

static inline void tree_fifo(const char *rel)
{
	tree_parents(rel);
	assert_int_equal(mkfifoat(tree_fd, rel, 0600), 0);
}

static inline void tree_unlink(const char *rel)
{
	assert_int_equal(unlinkat(tree_fd, rel, 0), 0);
}
