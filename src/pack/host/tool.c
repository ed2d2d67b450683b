/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

#define PIPE_SIZE (1 << 20)
#define PATH_SIZE 4096
#define NO_EXEC 127

/* What the process is made of before it is there: after fork() only system calls. */
struct start {
	const struct tool_options *options;
	char path[PATH_SIZE];
	char **env;
	int in, out, errors;
};

extern char **environ;

/* mke2fs and its like live where the PATH of ordinary users on Debian doesn't look. */
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

/* For whoever hasn't got it: the package of Debian's that has. */
static const char *package_of(const char *name)
{
	static const char *const packages[][2] = {
		{ "sqfs2tar", "squashfs-tools-ng" },
		{ "mke2fs", "e2fsprogs" },
		{ "debugfs", "e2fsprogs" },
		{ "e2fsck", "e2fsprogs" },
		{ "skopeo", "skopeo" },
		{ "mkimage", "u-boot-tools" },
		{ "fdtput", "device-tree-compiler" },
		{ "sbsign", "sbsigntool" },
	};

	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (strcmp(packages[i][0], name) == 0)
			return packages[i][1];
	return NULL;
}

static int not_installed(const char *name, struct err *err)
{
	const char *package = package_of(name);

	if (package)
		return err_set(err, -ENOENT, "%s is not installed: it is in %s", name,
			       package);
	return err_set(err, -ENOENT, "%s is not installed", name);
}

/* Is a variable of @variable's name in this NULL-ended list? */
static bool is_among(const char *variable, const char *const *list)
{
	size_t size = strcspn(variable, "=") + 1;

	for (; list && *list; list++)
		if (strncmp(*list, variable, size) == 0)
			return true;
	return false;
}

/* Our environment with the options' over it; the strings stay their owners'. */
static char **make_env(const struct tool_options *options)
{
	static const char *const plain[] = { "LC_ALL=C", "TZ=UTC", NULL };
	static const char *const gone[] = { "SOURCE_DATE_EPOCH=", "SQFS_CMDLINE=", NULL };
	static const char *const none[] = { NULL };
	const char *const *added = options->env ? options->env : none;
	const char *const *over = options->own ? none : plain;
	const char *const *without = options->own ? none : gone;
	size_t count = 2, used = 0;
	char **env;

	for (size_t i = 0; environ[i]; i++)
		count++;
	for (size_t i = 0; added[i]; i++)
		count++;
	env = calloc(count + 1, sizeof(*env));
	for (size_t i = 0; env && environ[i]; i++)
		if (!is_among(environ[i], added) && !is_among(environ[i], over) &&
		    !is_among(environ[i], without))
			env[used++] = environ[i];
	for (size_t i = 0; env && over[i]; i++)
		if (!is_among(over[i], added))
			env[used++] = (char *)over[i];
	for (size_t i = 0; env && added[i]; i++)
		env[used++] = (char *)added[i];
	return env;
}

_Noreturn static void exec_tool(const struct start *start)
{
	const struct tool_options *options = start->options;
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(start->in, 0) < 0 || dup2(start->out, 1) < 0 ||
	    (start->errors >= 0 && dup2(start->errors, 2) < 0))
		_exit(NO_EXEC);
	if (options->keep_fd > 0)
		(void)fcntl(options->keep_fd, F_SETFD, 0);
	(void)execve(start->path, (char *const *)options->argv, start->env);
	_exit(NO_EXEC);
}

/* Forks with the pipe that @flow wants. */
static int launch(struct tool *tool, enum tool_flow flow, struct start *start,
		  struct err *err)
{
	const struct tool_options *options = start->options;
	__fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	__fd int theirs = -EBADF;
	int ends[2];

	if (null < 0 || (flow != TOOL_FILES && pipe2(ends, O_CLOEXEC) < 0))
		return err_errno(err, -errno, "%s", tool->name);
	if (flow != TOOL_FILES) {
		theirs = ends[1];
		tool->pipe = ends[0];
		(void)fcntl(tool->pipe, F_SETPIPE_SZ, PIPE_SIZE); /* only faster */
	}
	start->in = options->in_fd > 0 ? options->in_fd : null;
	start->out = flow == TOOL_COLLECT  ? theirs
		     : options->out_fd > 0 ? options->out_fd
					   : null;
	start->errors = options->err_fd > 0 ? options->err_fd : tool->errors;
	tool->pid = fork();
	if (tool->pid == 0)
		exec_tool(start);
	return tool->pid < 0 ? err_errno(err, -errno, "%s", tool->name) : 0;
}

int tool_start(struct tool *tool, enum tool_flow flow, const struct tool_options *options,
	       struct err *err)
{
	struct start start = { .options = options };
	int r;

	*tool = (struct tool)TOOL_INIT;
	tool->name = options->argv[0];
	r = find_program(tool->name, start.path, sizeof(start.path));
	if (r == -ENOENT)
		return not_installed(tool->name, err);
	if (r < 0)
		return err_errno(err, r, "%s", tool->name);
	if (!options->own && options->err_fd <= 0) {
		tool->errors = memfd_create("errors", MFD_CLOEXEC);
		if (tool->errors < 0)
			return err_errno(err, -errno, "%s", tool->name);
	}
	start.env = make_env(options);
	r = start.env ? launch(tool, flow, &start, err)
		      : err_errno(err, -ENOMEM, "%s", tool->name);
	free(start.env);
	return r;
}

/* The last line that the tool said which has words in it. */
static void last_words(int fd, char *ret_text, size_t size)
{
	char text[4096];
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t start = end > (off_t)sizeof(text) - 1 ? end - (off_t)sizeof(text) + 1 : 0;
	ssize_t n = end > 0 ? pread(fd, text, sizeof(text) - 1, start) : 0;
	char *save = NULL;

	ret_text[0] = '\0';
	if (n <= 0)
		return;
	text[n] = '\0';
	for (char *line = strtok_r(text, "\r\n", &save); line;
	     line = strtok_r(NULL, "\r\n", &save))
		if (strpbrk(line, "abcdefghijklmnopqrstuvwxyz"))
			(void)snprintf(ret_text, size, "%s", line);
}

static int judge(const struct tool *tool, int status, struct err *err)
{
	char words[160];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_EXEC)
		return err_set(err, -EIO, "%s can't be executed", tool->name);
	last_words(tool->errors, words, sizeof(words));
	if (WIFSIGNALED(status))
		return err_set(err, -EIO, "%s: killed by signal %d%s%s", tool->name,
			       WTERMSIG(status), words[0] ? ": " : "", words);
	return err_set(err, -EIO, "%s: exit status %d%s%s", tool->name,
		       WEXITSTATUS(status), words[0] ? ": " : "", words);
}

int tool_wait(struct tool *tool, struct err *err)
{
	int status = 0, r = 0;

	fd_close(tool->pipe);
	tool->pipe = -EBADF;
	while (tool->pid > 0 && waitpid(tool->pid, &status, 0) < 0 && r == 0)
		if (errno != EINTR)
			r = err_errno(err, -errno, "%s", tool->name);
	if (r == 0 && tool->pid > 0)
		r = judge(tool, status, err);
	tool->pid = -1;
	fd_close(tool->errors);
	tool->errors = -EBADF;
	return r;
}

int tool_run(const struct tool_options *options, struct err *err)
{
	struct tool tool = TOOL_INIT;
	int r = tool_start(&tool, TOOL_FILES, options, err);
	int waited = tool_wait(&tool, r < 0 ? NULL : err);

	return r < 0 ? r : waited;
}

int tool_file(const void *bytes, size_t size)
{
	__fd int low = memfd_create("lamina", MFD_CLOEXEC);
	__fd int fd = -EBADF;
	int r;

	if (low < 0)
		return -errno;
	fd = fcntl(low, F_DUPFD_CLOEXEC, TOOL_FIRST_FD);
	if (fd < 0)
		return -errno;
	r = fd_pwrite_all(fd, bytes, size, 0);
	return r < 0 ? r : TAKE_FD(fd);
}
