/* SPDX-License-Identifier: Apache-2.0 */
#include "container/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "container/confine.h"

/* The kernel's own 4096 is too few for what serves many; none at all makes old programs
 * close a billion descriptors at their start. */
int process_limit(const struct manifest *manifest, struct err *err)
{
	uint64_t most = manifest->nofile;
	static const char adjust[] = "/proc/self/oom_score_adj";
	__fd int score = sys_openat(AT_FDCWD, adjust, O_WRONLY | O_CLOEXEC, 0);
	int r = sys_setrlimit(RLIMIT_NOFILE, most < 1024 ? most : 1024, most);

	if (r == 0)
		r = sys_setrlimit(RLIMIT_CORE, 0, 0);
	if (r < 0)
		return err_errno(err, r, "limits");
	r = score < 0 ? score : fd_write_all(score, "0", 1);
	return r < 0 ? err_errno(err, r, "%s", adjust) : 0;
}

int process_null(int dev, int flags, struct err *err)
{
	__fd int null = path_open_own(dev, "null", flags, 0);
	struct stat st;
	int r = null < 0 ? null : sys_fstat(null, &st);

	if (r < 0)
		return err_errno(err, r, "/dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(err, -ENXIO, "/dev/null: is another device");
	return TAKE_FD(null);
}

static int open_null(struct err *err)
{
	__fd int dev = sys_openat(AT_FDCWD, "/dev",
				  O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);

	return dev < 0 ? err_errno(err, dev, "/dev") : process_null(dev, O_RDWR, err);
}

/* Pipes that the application's user owns: it may open /dev/stdout again. */
int process_stream(const struct identity *identity, int input, int output, int errors,
		   struct err *err)
{
	__fd int null = input < 0 ? open_null(err) : -EBADF;
	const int streams[] = { input < 0 ? null : input, output, errors };

	if (streams[0] < 0)
		return null;
	for (int i = 0; i <= 2; i++) {
		int r = streams[i] == i ? 0 : sys_dup3(streams[i], i, 0);

		if (r >= 0 && i > 0 && input < 0)
			r = sys_fchownat(i, "", identity->uid, identity->gid,
					 AT_EMPTY_PATH);
		if (r < 0)
			return err_errno(err, r, "standard stream %d", i);
	}
	return 0;
}

int process_enter(const char *cwd, struct err *err)
{
	char rel[4096];
	int r = str_below_root(cwd, rel, sizeof(rel));
	__fd int root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	__fd int dir = -EBADF;

	if (r == 0)
		r = root;
	if (r >= 0)
		r = dir = path_make_dirs_in(root, rel, 0755);
	if (r >= 0)
		r = sys_fchdir(dir);
	return r < 0 ? err_errno(err, r, "working directory %s", cwd) : 0;
}

/* Signals are blocked in a parent that waits for them by descriptor. */
static int unblock_signals(struct err *err)
{
	sigset_t none;
	int r;

	sigemptyset(&none);
	r = sys_sigprocmask(SIG_SETMASK, &none);
	return r < 0 ? err_errno(err, r, "signal mask") : 0;
}

int process_become(const struct process *process, struct err *err)
{
	int r = sys_setsid();

	if (r >= 0 && process->terminal)
		r = sys_ioctl_number(0, TIOCSCTTY, 0);
	if (r < 0)
		return err_errno(err, r, "session");
	/* whatever a library or a mistake left open: no descriptor of init's may go along */
	r = sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (r < 0 && r != -ENOSYS && r != -EINVAL) /* Linux 5.9 and 5.11 */
		return err_errno(err, r, "close_range");
	(void)sys_umask(022);
	r = unblock_signals(err);
	if (r == 0)
		r = confine_apply(process->manifest, process->identity, true, err);
	if (r < 0)
		return r;
	r = sys_execve(process->program, (char *const *)(uintptr_t)process->args,
		       (char *const *)(uintptr_t)process->env);
	return err_errno(err, r, "%s", process->program);
}
