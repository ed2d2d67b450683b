/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

#define CHILD_MAX_ENV 8

extern char **environ;

int child_file(const void *bytes, size_t size)
{
	__fd int low = memfd_create("lamina", MFD_CLOEXEC);
	__fd int fd = -EBADF;
	int r;

	if (low < 0)
		return -errno;
	fd = fcntl(low, F_DUPFD_CLOEXEC, CHILD_FIRST_FD);
	if (fd < 0)
		return -errno;
	r = fd_pwrite_all(fd, bytes, size, 0);
	return r < 0 ? r : TAKE_FD(fd);
}

/* mke2fs and sfdisk live where the PATH of ordinary users on Debian doesn't look. */
static int find_program(const char *name, char *ret_path, size_t size)
{
	const char *path = getenv("PATH");
	char *dirs = NULL, *save = NULL;
	int r = -ENOENT;

	if (strchr(name, '/'))
		return (size_t)snprintf(ret_path, size, "%s", name) < size
			       ? 0
			       : -ENAMETOOLONG;
	if (asprintf(&dirs, "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin") < 0)
		return -ENOMEM;
	for (char *dir = strtok_r(dirs, ":", &save); dir && r < 0;
	     dir = strtok_r(NULL, ":", &save))
		if ((size_t)snprintf(ret_path, size, "%s/%s", dir, name) < size &&
		    access(ret_path, X_OK) == 0)
			r = 0;
	free(dirs);
	return r;
}

static int same_variable(const char *a, const char *b)
{
	size_t size = strcspn(b, "=") + 1;

	return strncmp(a, b, size) == 0;
}

/* Our environment with @added over it; the strings stay their owners'. */
static char **make_env(const char *const *added)
{
	size_t count = 0, used = 0;
	char **env;

	while (environ[count])
		count++;
	env = calloc(count + CHILD_MAX_ENV + 1, sizeof(*env));
	for (size_t i = 0; env && i < count; i++) {
		int covered = 0;

		for (size_t j = 0; added && added[j]; j++)
			covered |= same_variable(environ[i], added[j]);
		if (!covered)
			env[used++] = environ[i];
	}
	for (size_t j = 0; env && added && added[j] && j < CHILD_MAX_ENV; j++)
		env[used++] = (char *)added[j];
	return env;
}

static int add_actions(posix_spawn_file_actions_t *actions, const struct child *child)
{
	int r = child->in_fd >= 0
			? posix_spawn_file_actions_adddup2(actions, child->in_fd, 0)
			: posix_spawn_file_actions_addopen(actions, 0, "/dev/null",
							   O_RDONLY, 0);

	if (r == 0)
		r = child->out_fd >= 0
			    ? posix_spawn_file_actions_adddup2(actions, child->out_fd, 1)
			    : posix_spawn_file_actions_addopen(actions, 1, "/dev/null",
							       O_WRONLY, 0);
	if (r == 0 && child->err_fd >= 0)
		r = posix_spawn_file_actions_adddup2(actions, child->err_fd, 2);
	/* onto itself: stays open across exec */
	if (r == 0 && child->keep_fd >= 0)
		r = posix_spawn_file_actions_adddup2(actions, child->keep_fd,
						     child->keep_fd);
	return -r;
}

static int spawn(const struct child *child, const char *path, char **env, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = add_actions(&actions, child);
	if (r == 0)
		r = -posix_spawn(ret_pid, path, &actions, NULL,
				 (char *const *)child->argv, env);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int wait_for(pid_t pid, const char *name, struct err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, -errno, "%s", name);
	if (WIFSIGNALED(status))
		return err_set(err, -ECHILD, "%s: killed by signal %d", name,
			       WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(err, -ECHILD, "%s: exit status %d", name,
			       WEXITSTATUS(status));
	return 0;
}

int child_run(const struct child *child, struct err *err)
{
	const char *name = child->argv[0];
	char path[4096];
	char **env = make_env(child->env);
	pid_t pid;
	int r = env ? find_program(name, path, sizeof(path)) : -ENOMEM;

	if (r == 0)
		r = spawn(child, path, env, &pid);
	free(env);
	if (r == -ENOENT)
		return err_set(err, r, "%s: not installed", name);
	if (r < 0)
		return err_errno(err, r, "%s", name);
	return wait_for(pid, name, err);
}
