/* SPDX-License-Identifier: Apache-2.0 */
#include "container/start.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "container/loopback.h"
#include "container/process.h"
#include "container/reaper.h"
#include "container/root.h"

/* A network of its own besides, where it is to have none. */
#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC)

static int settle(const struct container *container, struct err *err)
{
	int r = sys_sethostname(container->hostname, strlen(container->hostname));

	if (r < 0)
		return err_errno(err, r, "host name %s", container->hostname);
	r = process_limit(container->manifest, err);
	if (r == 0)
		r = root_enter(container->root, err);
	if (r == 0)
		r = process_stream(container->identity, -EBADF, container->output,
				   container->errors, err);
	if (r == 0)
		r = process_enter(container->manifest->cwd, err);
	return r;
}

static int become(const struct container *container, struct err *err)
{
	const struct process process = {
		.manifest = container->manifest,
		.identity = container->identity,
		.program = container->program,
		.args = container->manifest->args,
		.env = container->environment->env,
	};

	return container->manifest->init ? reaper_become(&process, err)
					 : process_become(&process, err);
}

static int run(const struct container *container, struct err *err)
{
	int r;

	(void)sys_umask(0);
	r = container->manifest->network ? loopback_make(err) : 0;
	if (r == 0)
		r = root_build(container, err);
	if (r == 0)
		r = settle(container, err);
	return r < 0 ? r : become(container, err);
}

static _Noreturn void child(const struct container *container, int report)
{
	struct container_report said = { .err = ERR_INIT };

	said.result = run(container, &said.err);
	/* below PIPE_BUF: as a whole or not at all */
	(void)fd_write_all(report, &said, sizeof(said));
	sys_exit(PROCESS_STATUS(said.result));
}

pid_t container_start(const struct container *container, int *ret_report, struct err *err)
{
	int ends[2];
	int r = sys_pipe2(ends, O_CLOEXEC);
	pid_t pid;

	if (r < 0)
		return err_errno(err, r, "pipe");
	pid = sys_clone(NAMESPACES | (container->manifest->network ? CLONE_NEWNET : 0));
	if (pid == 0)
		child(container, ends[1]);
	fd_close(ends[1]);
	if (pid < 0) {
		fd_close(ends[0]);
		return err_errno(err, pid, "new namespaces");
	}
	*ret_report = ends[0];
	return pid;
}

int container_report(int report, struct err *err)
{
	struct container_report said;
	ssize_t size = sys_read(report, &said, sizeof(said));

	if (size == 0)
		return 0;
	if (size < 0)
		return err_errno(err, (int)size, "waiting for the start");
	if (size != sizeof(said) || said.result >= 0)
		return err_set(err, -EPROTO, "the start ended in half a word");
	said.err.text[sizeof(said.err.text) - 1] = '\0';
	return err_set(err, said.result, "%s", said.err.text);
}
