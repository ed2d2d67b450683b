/* SPDX-License-Identifier: Apache-2.0 */
/* Time, waiting, and power. */
#include "base/sys.h"

#include <linux/reboot.h>
#include <linux/time_types.h>
#include <poll.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys/ret.h"

/* By number: libc's first looks for the kernel's shared page, in 1 KiB. */
#ifndef SYS_clock_gettime64
#define SYS_clock_gettime64 SYS_clock_gettime
#endif
#ifndef SYS_clock_nanosleep_time64
#define SYS_clock_nanosleep_time64 SYS_clock_nanosleep
#endif

int sys_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	struct __kernel_timespec now;

	if (syscall(SYS_clock_gettime64, clock, &now) < 0)
		return -errno;
	ret_time->tv_sec = now.tv_sec;
	ret_time->tv_nsec = (long)now.tv_nsec;
	return 0;
}

int sys_nanosleep(const struct timespec *time)
{
	RET((int)syscall(SYS_clock_nanosleep_time64, CLOCK_REALTIME, 0, time, NULL));
}

int sys_poll(struct pollfd *fds, unsigned int count, int timeout_ms)
{
	RET(poll(fds, count, timeout_ms));
}

int sys_sync(void)
{
	sync();
	return 0;
}

int sys_reboot(int cmd)
{
	RET(reboot(cmd));
}

int sys_reboot_to(const char *where)
{
	RET((int)syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			 LINUX_REBOOT_CMD_RESTART2, where));
}
