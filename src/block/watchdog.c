/* SPDX-License-Identifier: Apache-2.0 */
#include "block/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>

#include "base/fd.h"
#include "base/sys.h"

int watchdog_open(const char *path, struct err *err)
{
	int fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);

	return fd < 0 ? err_errno(err, fd, "watchdog %s", path) : fd;
}

bool watchdog_fired(int fd)
{
	int flags = 0;

	return sys_ioctl(fd, WDIOC_GETBOOTSTATUS, &flags) == 0 &&
	       (flags & WDIOF_CARDRESET);
}

int watchdog_arm(int fd, uint32_t timeout_s, struct err *err)
{
	int seconds = (int)timeout_s, r;

	/* Too long for the hardware is no failure: what it does instead is asked for. */
	if (seconds)
		(void)sys_ioctl(fd, WDIOC_SETTIMEOUT, &seconds);
	r = sys_ioctl(fd, WDIOC_GETTIMEOUT, &seconds);
	if (r == 0 && seconds <= 0)
		r = -ERANGE;
	if (r < 0)
		return err_errno(err, r, "watchdog: time-out");
	watchdog_feed(fd);
	return seconds;
}

void watchdog_feed(int fd)
{
	(void)sys_ioctl_number(fd, WDIOC_KEEPALIVE, 0);
}

int watchdog_stop(int fd)
{
	int options = WDIOS_DISABLECARD;
	int r = sys_ioctl(fd, WDIOC_SETOPTIONS, &options);

	/* the other way: a V just before it is closed */
	if (r == 0)
		(void)fd_write_all(fd, "V", 1);
	return r;
}
