/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>

#include "base/fd.h"
#include "base/loop.h"
#include "base/path.h"
#include "base/sys.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41) /* Linux 4.13 */
#endif

/* What came from here and is not taken there yet is tried again so often. */
#define AGAIN_MS 20

/* As the kernel has it, which is the beginning of what libc has. */
static int get_mode(struct termios *ret_mode)
{
	return sys_ioctl(0, TCGETS, ret_mode);
}

int terminal_check(struct err *err)
{
	struct termios mode;
	int r = get_mode(&mode);

	return r < 0 ? err_set(err, -ENOTTY,
			       "standard input is no terminal; without -t it need not be")
		     : 0;
}

/* The application may have put what it likes there: only a devpts' own is opened. */
static int open_multiplexer(int root, struct err *err)
{
	char link[PATH_FD_SIZE];
	__fd int fd = path_open_in(root, "dev/pts/ptmx", O_PATH);
	struct statfs fs;
	struct stat st;
	int r = fd < 0 ? fd : sys_fstat(fd, &st);

	if (r == 0)
		r = sys_fstatfs(fd, &fs);
	if (r == 0 && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2) ||
		       fs.f_type != DEVPTS_SUPER_MAGIC))
		r = -ENOTTY;
	if (r == 0)
		r = sys_openat(AT_FDCWD, path_of_fd(link, fd),
			       O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
	return r < 0 ? err_errno(err, r, "/dev/pts/ptmx of the application") : r;
}

static void copy_size(const struct terminal *terminal)
{
	struct winsize size;

	if (sys_ioctl(0, TIOCGWINSZ, &size) == 0)
		(void)sys_ioctl(terminal->there, TIOCSWINSZ, &size);
}

int terminal_open(struct terminal *terminal, const struct ctl *ctl, uint64_t pid,
		  struct err *err)
{
	__fd int device = ctl_open_run(ctl, "policy", O_PATH), root = -EBADF;
	char path[40] = "/";
	int r, locked = 0;

	terminal->there = terminal->slave = -EBADF;
	if (device >= 0)
		(void)snprintf(path, sizeof(path), "/proc/%u/root", (unsigned int)pid);
	root = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (root < 0)
		return err_errno(err, root, "%s", path);
	terminal->there = open_multiplexer(root, err);
	if (terminal->there < 0)
		return terminal->there;
	r = sys_ioctl(terminal->there, TIOCSPTLCK, &locked);
	if (r >= 0)
		r = sys_ioctl_number(terminal->there, TIOCGPTPEER,
				     O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (r < 0)
		return err_errno(err, r, "a new terminal");
	terminal->slave = r;
	copy_size(terminal);
	return 0;
}

void terminal_close(struct terminal *terminal)
{
	fd_close(fd_take(&terminal->there));
	fd_close(fd_take(&terminal->slave));
}

struct pass {
	struct terminal *terminal;
	struct loop loop;
	bool ended;
	int signal, r;
	char typed[512]; /* not taken yet */
	size_t typed_size;
};

/* What the program did not read yet may be more than a terminal holds. */
static void hand_on(struct pass *pass)
{
	ssize_t put = sys_write(pass->terminal->there, pass->typed, pass->typed_size);

	if (put <= 0)
		return;
	pass->typed_size -= (size_t)put;
	memmove(pass->typed, pass->typed + put, pass->typed_size);
}

static void typed(void *context, int fd)
{
	struct pass *pass = context;
	ssize_t size;

	if (pass->typed_size > 0)
		return;
	size = sys_read(fd, pass->typed, sizeof(pass->typed));
	if (size <= 0)
		loop_remove(&pass->loop, fd); /* it hung up */
	pass->typed_size = size <= 0 ? 0 : (size_t)size;
	hand_on(pass);
}

/* More than a terminal holds, so that who goes on writing after the program's end, and may do
 * so for ever, keeps nobody here. */
#define LAST_TURNS 32

/* Of what is there, in so many @turns. */
static void show(struct pass *pass, unsigned int turns)
{
	char bytes[4096];

	while (turns-- > 0 && pass->r == 0) {
		ssize_t size = sys_read(pass->terminal->there, bytes, sizeof(bytes));

		if (size == -EAGAIN || size == -EINTR)
			return;
		/* nobody has it open any more: the answer is on its way */
		if (size <= 0)
			loop_remove(&pass->loop, pass->terminal->there);
		if (size <= 0)
			return;
		pass->r = fd_write_all(1, bytes, (size_t)size);
	}
}

static void said(void *context, int fd)
{
	(void)fd;
	show(context, 1);
}

static void answered(void *context, int fd)
{
	struct pass *pass = context;

	(void)fd;
	pass->ended = true;
}

static void take_signals(void *context, int fd)
{
	struct pass *pass = context;
	int signal;

	while ((signal = loop_next_signal(fd)) > 0) {
		if (signal == SIGWINCH)
			copy_size(pass->terminal);
		else
			pass->signal = signal;
	}
}

static int watch(struct pass *pass, int until, struct err *err)
{
	static const int signals[] = { SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	int fd = loop_signals(signals, sizeof(signals) / sizeof(signals[0]), err);

	if (fd < 0)
		return fd;
	(void)loop_add(&pass->loop, fd, take_signals, pass);
	(void)loop_add(&pass->loop, 0, typed, pass);
	(void)loop_add(&pass->loop, pass->terminal->there, said, pass);
	(void)loop_add(&pass->loop, until, answered, pass);
	copy_size(pass->terminal); /* it may have changed before we were told */
	return 0;
}

static void turn(struct pass *pass)
{
	bool waits = pass->typed_size > 0;

	/* nothing is taken from here as long as that is not taken there */
	if (waits)
		loop_remove(&pass->loop, 0);
	pass->r = loop_turn(&pass->loop, waits ? loop_now_ms() + AGAIN_MS : UINT64_MAX);
	if (!waits)
		return;
	hand_on(pass);
	(void)loop_add(&pass->loop, 0, typed, pass);
}

/* Every key is the program's, and what it draws comes as it is. */
static void make_raw(struct termios *mode)
{
	mode->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR |
				     ICRNL | IXON);
	mode->c_oflag &= ~(tcflag_t)OPOST;
	mode->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	mode->c_cflag = (mode->c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
	mode->c_cc[VMIN] = 1;
	mode->c_cc[VTIME] = 0;
}

int terminal_pass(struct terminal *terminal, int until, struct err *err)
{
	struct pass pass = { .terminal = terminal };
	struct termios before, mode;
	int r = watch(&pass, until, err);

	if (r < 0)
		return r;
	r = get_mode(&before);
	mode = before;
	make_raw(&mode);
	if (r >= 0)
		r = sys_ioctl(0, TCSETS, &mode);
	if (r < 0)
		return err_errno(err, r, "standard input");
	while (!pass.ended && !pass.signal && pass.r == 0)
		turn(&pass);
	if (pass.ended)
		show(&pass, LAST_TURNS);
	/* once what was said is out */
	(void)sys_ioctl(0, TCSETSW, &before);
	if (pass.signal)
		exit(128 + pass.signal);
	return pass.r < 0 ? err_errno(err, pass.r, "terminal") : 0;
}
