/* SPDX-License-Identifier: Apache-2.0 */
#include "container/loopback.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/sys.h"

/* By joining the network that it is in: a kernel without others doesn't know that word. */
int loopback_check(const struct manifest *manifest, struct err *err)
{
	__fd int self = manifest->network ? sys_pidfd_open(sys_getpid()) : -EBADF;

	if (self >= 0 && sys_setns(self, CLONE_NEWNET) == -EINVAL)
		return err_set(err, -ENOSYS,
			       "network: takes CONFIG_NET_NS, which this kernel has not");
	return 0;
}

int loopback_make(struct err *err)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	/* any socket will do to ask by, and this kind every kernel has */
	__fd int fd = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = fd < 0 ? fd : sys_ioctl(fd, SIOCSIFFLAGS, &lo);

	if (r < 0)
		return err_errno(err, r, "lo");
	loopback_permit();
	return 0;
}

static void set(const char *path, const char *text)
{
	__fd int fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);

	if (fd >= 0)
		(void)fd_write_all(fd, text, strlen(text));
}

void loopback_permit(void)
{
	set("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
	set("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
}
