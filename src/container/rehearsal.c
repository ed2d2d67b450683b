/* SPDX-License-Identifier: Apache-2.0 */
#include "container/rehearsal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "container/confine.h"

/* What the child has to say of a step that failed: an empty text of an execve. */
struct said {
	int r;
	struct err err;
};

static int unable(struct err *err, int r, const char *what)
{
	(void)err_errno(err, r, "rehearsal: %s", what);
	return -ENOTSUP;
}

static int enter(const struct rehearsal *rehearsal, struct err *err)
{
	int r = sys_traceme();

	if (r < 0)
		return unable(err, r, "ptrace");
	r = sys_fchdir(rehearsal->search->root);
	if (r == 0)
		r = sys_chroot(".");
	if (r == 0)
		r = sys_fchdir(rehearsal->cwd);
	if (r < 0)
		return err_errno(err, r, "entering the new root");
	/* a file that wants more capabilities than there will be is not executed */
	if (rehearsal->manifest)
		r = confine_bound(rehearsal->manifest, err);
	if (r < 0)
		return r;
	return identity_apply(rehearsal->search->identity, err);
}

/* As execvp does: after these the next directory of PATH may have a better one. */
static bool goes_on(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -EACCES;
}

/* Opens a program for looking into it, as root where the user may only execute it. */
static int open_as_root(const struct rehearsal *rehearsal, const char *path)
{
	int fd = -EACCES;

	if (identity_revert() == 0)
		fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	return identity_apply(rehearsal->search->identity, NULL) < 0 ? -EACCES : fd;
}

/* The one thing that the kernel does not ask: an interpreter reads its script as the user,
 * who may be one that may only execute it. */
static int check_scripts(const struct rehearsal *rehearsal, const char *path,
			 struct err *err)
{
	uid_t uid = rehearsal->search->identity->uid;
	char names[2][PROGRAM_INTERPRETER_SIZE];
	bool script = uid != 0;

	for (int depth = 0; script && depth < PROGRAM_MAX_DEPTH; depth++) {
		int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
		bool mine = fd != -EACCES;
		char *next = names[depth % 2];
		int r;

		if (!mine)
			fd = open_as_root(rehearsal, path);
		r = fd < 0 ? fd : program_interpreter(fd, &script, next);
		fd_close(fd);
		if (r < 0)
			return 0; /* execve has the word */
		if (script && !mine)
			return err_set(err, -EACCES,
				       "%s: user %u may not read this script", path,
				       (unsigned int)uid);
		path = next;
	}
	return 0;
}

static void tell(int to, const struct said *said)
{
	(void)fd_write_all(to, said, sizeof(*said));
}

static _Noreturn void play(const struct rehearsal *rehearsal, int to)
{
	struct program_names names = { .search = rehearsal->search,
				       .name = rehearsal->args[0] };
	struct said said = { .err = ERR_INIT };
	char path[PROGRAM_SIZE];

	said.r = enter(rehearsal, &said.err);
	if (said.r < 0) {
		tell(to, &said);
		sys_exit(0);
	}
	do {
		said.r = program_next_name(&names, path);
		if (said.r == 0)
			break;
		if (said.r > 0)
			said.r = check_scripts(rehearsal, path, &said.err);
		if (said.r == 0)
			said.r = sys_execve(path, rehearsal->args, rehearsal->env);
		tell(to, &said);
	} while (goes_on(said.r));
	sys_exit(0);
}

/* Until the child has executed something, or given up: either closes its end of the pipe.
 * Counts what failed, and keeps the worst of it. 0 or -errno. */
static int listen(int from, struct said *ret_worst, unsigned int *ret_failed)
{
	*ret_worst = (struct said){ .r = -ENOENT };
	*ret_failed = 0;
	for (;;) {
		struct said said;
		ssize_t n = sys_read(from, &said, sizeof(said));

		if (n == -EINTR)
			continue;
		if (n != (ssize_t)sizeof(said))
			return n < 0 ? (int)n : 0;
		if (*ret_failed == 0 || (said.r != -ENOENT && said.r != -ENOTDIR))
			*ret_worst = said;
		++*ret_failed;
	}
}

static int wait_for(pid_t pid, int *ret_status)
{
	int r;

	do {
		r = sys_waitpid(pid, ret_status, __WALL);
	} while (r == -EINTR);
	return r < 0 ? r : 0;
}

/* Is what @pid has become this program once more, by way of /proc/self/exe? As process 1 it
 * would begin anew for ever. Where the root has no /proc, nothing leads there. */
static bool is_ourselves(int root, pid_t pid)
{
	struct stat ours, its;
	char path[32];

	(void)snprintf(path, sizeof(path), "proc/%d/exe", (int)pid);
	return sys_fstatat(root, "proc/self/exe", &ours, 0) == 0 &&
	       sys_fstatat(root, path, &its, 0) == 0 && path_is_same(&ours, &its);
}

/* How the child stands or fell, with *@ret_ours where it stands. It is gone afterwards,
 * whatever it was. 0 or -errno. */
static int end(int root, pid_t pid, int *ret_status, bool *ret_ours)
{
	int r = wait_for(pid, ret_status), ignored;

	*ret_ours = false;
	if (r == 0 && !WIFSTOPPED(*ret_status))
		return 0;
	if (r == 0 && WSTOPSIG(*ret_status) == SIGTRAP)
		*ret_ours = is_ourselves(root, pid);
	(void)sys_kill(pid, SIGKILL);
	(void)wait_for(pid, &ignored);
	return r;
}

/* What our own look at the program finds to say; the kernel has no words but its errno. */
static int explain(const struct rehearsal *rehearsal, int r, char *path, struct err *err)
{
	const struct program_search *search = rehearsal->search;
	struct err words = ERR_INIT;

	if (program_find(search, rehearsal->args[0], path, &words) < 0)
		return err_set(err, r, "%s", words.text);
	return err_errno(err, r, "%s: the kernel does not start it for user %u", path,
			 (unsigned int)search->identity->uid);
}

static int judge(const struct rehearsal *rehearsal, int status, const struct said *worst,
		 unsigned int failed, char ret_path[PROGRAM_SIZE], struct err *err)
{
	struct program_names names = { .search = rehearsal->search,
				       .name = rehearsal->args[0] };
	int sig = WIFSTOPPED(status)	? WSTOPSIG(status)
		  : WIFSIGNALED(status) ? WTERMSIG(status)
					: 0;

	if (!sig && worst->err.text[0])
		return err_set(err, worst->r, "%s", worst->err.text);
	if (!sig)
		return explain(rehearsal, worst->r, ret_path, err);
	do {
		(void)program_next_name(&names, ret_path);
	} while (failed-- > 0);
	/* a file that breaks off where the kernel has given up the old program already */
	return sig == SIGTRAP
		       ? 0
		       : err_set(err, -ENOEXEC, "%s: ended by signal %d as it started",
				 ret_path, sig);
}

int rehearsal_run(const struct rehearsal *rehearsal, char ret_path[PROGRAM_SIZE],
		  struct err *err)
{
	int fds[2], heard = 0, status = 0;
	bool ours;
	int r = sys_pipe2(fds, O_CLOEXEC);
	unsigned int failed = 0;
	struct said worst;
	pid_t pid;

	if (r < 0)
		return unable(err, r, "pipe");
	pid = sys_fork();
	if (pid == 0)
		play(rehearsal, fds[1]);
	fd_close(fds[1]);
	if (pid > 0)
		heard = listen(fds[0], &worst, &failed);
	fd_close(fds[0]);
	if (pid < 0)
		return unable(err, pid, "fork");
	r = end(rehearsal->search->root, pid, &status, &ours);
	if (heard < 0 || r < 0)
		return unable(err, r < 0 ? r : heard, "its answer");
	if (ours)
		return err_set(err, -ELOOP, "%s: leads to lamina-init itself",
			       rehearsal->args[0]);
	return judge(rehearsal, status, &worst, failed, ret_path, err);
}
