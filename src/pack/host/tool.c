/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
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
#define NOT_INSTALLED 127
#define NO_NAMESPACE 126

static int write_map(const char *path, uint32_t inside, unsigned int outside)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%u %u 1\n", inside, outside);
	__fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd_write_all(fd, text, (size_t)n);
}

/* In a user namespace of its own, a process may call itself any one user: no privilege
 * needed, and the same for root as for anybody else. */
static int become(uint32_t uid, uint32_t gid)
{
	unsigned int outside_uid = geteuid(), outside_gid = getegid();
	int r;

	if (outside_uid == uid && outside_gid == gid && outside_uid != 0)
		return 0;
	if (unshare(CLONE_NEWUSER) < 0)
		return outside_uid == uid && outside_gid == gid ? 0 : -errno;
	{
		__fd int fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);

		if (fd >= 0)
			(void)fd_write_all(fd, "deny", 4);
	}
	r = write_map("/proc/self/uid_map", uid, outside_uid);
	return r < 0 ? r : write_map("/proc/self/gid_map", gid, outside_gid);
}

_Noreturn static void run(const struct tool_options *options, int in, int out, int errors)
{
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(errors, 2) < 0)
		_exit(NOT_INSTALLED);
	if (options->keep_fd >= 0)
		(void)fcntl(options->keep_fd, F_SETFD, 0);
	/* what these change in squashfs-tools must not depend on who packs where */
	(void)unsetenv("SOURCE_DATE_EPOCH");
	(void)unsetenv("SQFS_CMDLINE");
	if (options->source_date_epoch)
		(void)setenv("SOURCE_DATE_EPOCH", options->source_date_epoch, 1);
	(void)setenv("LC_ALL", "C", 1);
	(void)setenv("TZ", "UTC", 1);
	if (options->as_owner && become(options->uid, options->gid) < 0)
		_exit(NO_NAMESPACE);
	(void)execvp(options->argv[0], (char *const *)options->argv);
	_exit(NOT_INSTALLED);
}

int tool_start(struct tool *tool, enum tool_flow flow, const struct tool_options *options,
	       struct err *err)
{
	int ends[2];
	__fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	*tool = (struct tool){ .name = options->argv[0],
			       .pid = -1,
			       .pipe = -EBADF,
			       .errors = memfd_create("errors", MFD_CLOEXEC) };
	if (null < 0 || tool->errors < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "%s", tool->name);
	(void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE); /* only faster */
	tool->pid = fork();
	if (tool->pid == 0)
		run(options, flow == TOOL_FEED ? ends[0] : null,
		    flow == TOOL_FEED ? null : ends[1], tool->errors);
	int fork_errno = errno;

	fd_close(ends[flow == TOOL_FEED ? 0 : 1]);
	tool->pipe = ends[flow == TOOL_FEED ? 1 : 0];
	return tool->pid < 0 ? err_errno(err, -fork_errno, "%s", tool->name) : 0;
}

/* The last line that the tool said which has words in it; "Write failed because..." of
 * squashfs-tools says more than the "FATAL ERROR" that follows it. */
static void last_words(int fd, char *ret_text, size_t size)
{
	char text[4096];
	off_t end = lseek(fd, 0, SEEK_END);
	off_t start = end > (off_t)sizeof(text) - 1 ? end - (off_t)sizeof(text) + 1 : 0;
	ssize_t n = end > 0 ? pread(fd, text, sizeof(text) - 1, start) : 0;
	char *save = NULL;

	ret_text[0] = '\0';
	if (n <= 0)
		return;
	text[n] = '\0';
	for (char *line = strtok_r(text, "\r\n", &save); line;
	     line = strtok_r(NULL, "\r\n", &save))
		if (strpbrk(line, "abcdefghijklmnopqrstuvwxyz") &&
		    !strstr(ret_text, " because "))
			(void)snprintf(ret_text, size, "%s", line);
}

static int judge(const struct tool *tool, int status, struct err *err)
{
	char words[160];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_INSTALLED)
		return err_set(err, -ENOENT, "%s is not installed", tool->name);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_NAMESPACE)
		return err_set(err, -EPERM, "%s: user namespaces are not allowed here",
			       tool->name);
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

void tool_stop(struct tool *tool)
{
	if (tool->pid > 0)
		(void)kill(tool->pid, SIGKILL);
	(void)tool_wait(tool, NULL);
}

int tool_check_owner(uint32_t uid, uint32_t gid, struct err *err)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(become(uid, gid) < 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return err_errno(err, -errno, "fork");
	if (status == 0)
		return 0;
	return err_set(err, -EPERM,
		       "squashfs-tools before 4.6 need a user namespace to make a root "
		       "directory of %u:%u; allow unprivileged ones (sysctl "
		       "user.max_user_namespaces)"
		       " or update squashfs-tools",
		       uid, gid);
}
