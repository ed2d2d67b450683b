/* SPDX-License-Identifier: Apache-2.0 */
#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/sys.h"

int loop_add(struct loop *loop, int fd, loop_ready *ready, void *context)
{
	if (loop->count == LOOP_MAX)
		return -ENOSPC;
	loop->sources[loop->count++] = (struct loop_source){ fd, POLLIN, ready, context };
	return 0;
}

static struct loop_source *find(struct loop *loop, int fd)
{
	for (size_t i = 0; i < loop->count; i++) {
		if (loop->sources[i].fd == fd)
			return &loop->sources[i];
	}
	return NULL;
}

void loop_remove(struct loop *loop, int fd)
{
	struct loop_source *source = find(loop, fd);

	if (source)
		*source = loop->sources[--loop->count];
}

uint64_t loop_now_ms(void)
{
	return clock_now_us() / 1000;
}

/* Rounded up: one that wakes too early would only turn again. */
static int timeout(uint64_t until_ms)
{
	uint64_t now_ms = loop_now_ms();

	if (until_ms == UINT64_MAX)
		return -1;
	if (until_ms <= now_ms)
		return 0;
	return until_ms - now_ms >= INT_MAX ? INT_MAX : (int)(until_ms - now_ms) + 1;
}

int loop_turn(struct loop *loop, uint64_t until_ms)
{
	struct pollfd fds[LOOP_MAX];
	size_t count = loop->count;
	int r;

	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){ .fd = loop->sources[i].fd,
					  .events = loop->sources[i].events };
	r = sys_poll(fds, (unsigned int)count, timeout(until_ms));
	if (r < 0)
		return r == -EINTR ? 0 : r;
	for (size_t i = 0; i < count; i++) {
		struct loop_source *source =
			fds[i].revents ? find(loop, fds[i].fd) : NULL;

		/* one that was handled before may have taken this one away */
		if (source)
			source->ready(source->context, source->fd);
	}
	return 0;
}

int loop_signals(const int *signals, size_t count, struct err *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		sigaddset(&set, signals[i]);
	fd = sys_signalfd(&set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0) {
		int r = sys_sigprocmask(SIG_BLOCK, &set);

		if (r == 0)
			return fd;
		(void)sys_close(fd);
		fd = r;
	}
	return err_errno(err, fd, "waiting for signals");
}

int loop_next_signal(int fd)
{
	struct signalfd_siginfo info;
	ssize_t size = sys_read(fd, &info, sizeof(info));

	if (size == -EAGAIN || size == -EINTR)
		return 0;
	if (size < 0)
		return (int)size;
	return size == sizeof(info) ? (int)info.ssi_signo : -EIO;
}
