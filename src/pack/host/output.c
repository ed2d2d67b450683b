/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* What a signal must take away; unlinkat() is safe in a handler. */
static struct output *volatile pending[64];

#define PENDING_COUNT (sizeof(pending) / sizeof(pending[0]))

static void interrupted(int sig)
{
	for (size_t i = 0; i < PENDING_COUNT; i++) {
		struct output *output = pending[i];

		if (output && output->temp[0])
			(void)unlinkat(output->dirfd, output->temp, 0);
	}
	(void)raise(sig); /* SA_RESETHAND: this one ends the process */
}

static void watch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old,
		action = { .sa_handler = interrupted, .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			(void)sigaction(signals[i], &action, NULL);
}

static int pending_add(struct output *output)
{
	for (size_t i = 0; i < PENDING_COUNT; i++)
		if (!pending[i]) {
			pending[i] = output;
			return 0;
		}
	return -EMFILE;
}

static void pending_drop(const struct output *output)
{
	for (size_t i = 0; i < PENDING_COUNT; i++)
		if (pending[i] == output)
			pending[i] = NULL;
}

static int open_parent(int dirfd, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	size_t size = slash ? (size_t)(slash - path) : 0;
	int fd;

	if (size >= sizeof(parent))
		return -ENAMETOOLONG;
	memcpy(parent, path, size);
	parent[size] = '\0';
	*ret_name = slash ? slash + 1 : path;
	fd = openat(dirfd,
		    slash == path ? "/"
		    : slash	  ? parent
				  : ".",
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_temp(struct output *output, mode_t mode)
{
	for (int tries = 0; tries < 100; tries++) {
		unsigned long long number;
		int fd;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -EIO;
		(void)snprintf(output->temp, sizeof(output->temp), ".lamina-%016llx",
			       number);
		fd = openat(output->dirfd, output->temp,
			    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST) {
			output->temp[0] = '\0';
			return -errno;
		}
	}
	output->temp[0] = '\0';
	return -EEXIST;
}

/* Only a regular file is replaced: renaming over /dev/null or a fifo would destroy it. */
static int check_target(struct output *output)
{
	struct stat st;

	if (fstatat(output->dirfd, output->name, &st, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

int output_open(struct output *output, int dirfd, const char *path, mode_t mode,
		struct err *err)
{
	const char *name = NULL;
	int r;

	*output = (struct output)OUTPUT_INIT;
	output->dirfd = open_parent(dirfd, path, &name);
	if (output->dirfd < 0)
		return err_errno(err, output->dirfd, "%s", path);
	if (!*name || strlen(name) >= sizeof(output->name))
		return err_set(err, -EINVAL, "%s: not the name of a file", path);
	(void)stpcpy(output->name, name);
	r = check_target(output);
	if (r == -EINVAL)
		return err_set(err, r, "%s: is there and not a regular file", path);
	if (r == 0)
		r = pending_add(output);
	if (r < 0)
		return err_errno(err, r, "%s", path);
	watch_signals();
	output->fd = open_temp(output, mode);
	return output->fd < 0 ? err_errno(err, output->fd, "%s", path) : 0;
}

static int rename_temp(struct output *output, int keep)
{
	unsigned int flags = keep ? RENAME_NOREPLACE : 0;

	if (renameat2(output->dirfd, output->temp, output->dirfd, output->name, flags) <
	    0)
		return -errno;
	output->temp[0] = '\0';
	return fsync(output->dirfd) < 0 ? -errno : 0;
}

int output_commit(struct output *output, int keep, struct err *err)
{
	int r = fsync(output->fd) < 0 ? -errno : 0;

	if (r == 0)
		r = rename_temp(output, keep);
	return r < 0 ? err_errno(err, r, "%s", output->name) : 0;
}

void output_done(struct output *output)
{
	if (output->temp[0])
		(void)unlinkat(output->dirfd, output->temp, 0);
	output->temp[0] = '\0';
	pending_drop(output);
	fd_close(output->fd);
	fd_close(output->dirfd);
	*output = (struct output)OUTPUT_INIT;
}
