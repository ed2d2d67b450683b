/* SPDX-License-Identifier: Apache-2.0 */
#include "container/join.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "container/process.h"
#include "container/program.h"

/* A kernel may have no others of the network, and then doesn't know the flag. */
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP)

#define BESIDE "lamina" /* a group below the application's */

static int write_procs(int cgroup)
{
	__fd int procs = path_open_own(cgroup, "cgroup.procs", O_WRONLY, 0);

	return procs < 0 ? procs : fd_write_all(procs, "0", 1);
}

/* An init inside may have made its own group one without processes: then one below that it is,
 * and never none, whose limits nobody set. */
static int enter_cgroup(int cgroup, struct err *err)
{
	__fd int below = -EBADF;
	int r = cgroup < 0 ? 0 : write_procs(cgroup);

	if (r == 0)
		return 0;
	(void)sys_mkdirat(cgroup, BESIDE, 0755);
	below = path_open_own(cgroup, BESIDE, O_RDONLY | O_DIRECTORY, 0);
	r = below < 0 ? below : write_procs(below);
	return r < 0 ? err_errno(err, r, "the application's cgroup") : 0;
}

/* It is the user's, as one that it logs in on; and of its kind, whatever the image says. */
static int take_terminal(const struct container *container, const char *kind,
			 const char **ret_env, struct err *err)
{
	int r = sys_fchownat(0, "", container->identity->uid, (gid_t)-1, AT_EMPTY_PATH);

	*ret_env++ = kind;
	for (const char *const *env = container->environment->env; *env; env++) {
		if (strncmp(*env, kind, strlen("TERM=")) != 0)
			*ret_env++ = *env;
	}
	*ret_env = NULL;
	return r < 0 ? err_errno(err, r, "terminal") : 0;
}

/* What is only being started has its namespaces, but init's own root in them until the last
 * moment: who joined it there would have the device before him. */
static int join(int target, unsigned long namespaces, struct err *err)
{
	struct stat ours, theirs;
	int r = sys_fstatat(AT_FDCWD, "/", &ours, 0);

	if (r == 0)
		r = sys_setns(target, (int)namespaces);
	if (r == 0)
		r = sys_fstatat(AT_FDCWD, "/", &theirs, 0);
	if (r < 0)
		return err_errno(err, r, "joining the application");
	return path_is_same(&ours, &theirs)
		       ? err_set(err, -EAGAIN, "the application is only being started")
		       : 0;
}

static int run(const struct container *container, int target,
	       const struct container_joiner *joiner, struct err *err)
{
	const char *env[ENVIRONMENT_MAX + 2];
	char program[PROGRAM_SIZE];
	struct process process = { .manifest = container->manifest,
				   .identity = container->identity,
				   .program = program,
				   .args = joiner->args,
				   .env = joiner->terminal ? env
							   : container->environment->env,
				   .terminal = joiner->terminal };
	struct program_search search = { .cwd = container->manifest->cwd,
					 .identity = container->identity };
	int r;

	r = enter_cgroup(container->cgroup, err);
	if (r < 0)
		return r;
	/* what runs in there must not look into a process that is still half init's */
	(void)sys_prctl(PR_SET_DUMPABLE, 0);
	r = join(target, NAMESPACES | (container->manifest->network ? CLONE_NEWNET : 0),
		 err);
	if (r < 0)
		return r;
	r = process_stream(container->identity, joiner->input, joiner->output,
			   joiner->errors, err);
	if (r == 0)
		r = process_limit(container->manifest, err);
	if (r == 0 && joiner->terminal)
		r = take_terminal(container, joiner->terminal, env, err);
	if (r == 0)
		r = process_enter(container->manifest->cwd, err);
	if (r < 0)
		return r;
	__fd int root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	search.root = root;
	search.path = environment_get(container->environment, "PATH");
	r = program_find(&search, joiner->args[0], program, err);
	return r < 0 ? r : process_become(&process, err);
}

static _Noreturn void child(const struct container *container, int target,
			    const struct container_joiner *joiner)
{
	struct err err = ERR_INIT;
	char line[sizeof(err.text) + 1];
	struct str s;
	int r = run(container, target, joiner, &err);

	/* a line as any program's: it may be a terminal where this ends up */
	str_init(&s, line, sizeof(line));
	str_addf(&s, "%s\n", err.text);
	(void)fd_write_all(joiner->errors, line, strlen(line));
	sys_exit(PROCESS_STATUS(r));
}

/* Only children get into another pid namespace, and only between these two calls. */
static pid_t fork_there(int target, int self, struct err *err)
{
	int r = sys_setns(target, CLONE_NEWPID);
	pid_t pid;

	if (r < 0)
		return err_errno(err, r, "the application's processes");
	pid = sys_clone(0);
	if (pid == 0)
		return 0;
	r = sys_setns(self, CLONE_NEWPID);
	if (r < 0)
		return err_errno(err, r, "back to one's own processes");
	return pid < 0 ? err_errno(err, pid, "fork") : pid;
}

pid_t container_join(const struct container *container, pid_t pid,
		     const struct container_joiner *joiner, struct err *err)
{
	__fd int target = sys_pidfd_open(pid);
	__fd int self = sys_pidfd_open(sys_getpid());
	pid_t started;

	if (target < 0 || self < 0)
		return err_errno(err, target < 0 ? target : self, "pidfd_open");
	started = fork_there(target, self, err);
	if (started == 0)
		child(container, target, joiner);
	return started;
}
