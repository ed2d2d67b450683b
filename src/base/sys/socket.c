/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets. */
#include "base/sys.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys/ret.h"

/* By number, as below: libc's know older kernels and what is between a struct's members, in
 * 0.5 KiB. There are zeros, as callers name the members that they set. */
int sys_socket(int domain, int type, int protocol)
{
	RET((int)syscall(SYS_socket, domain, type, protocol));
}

int sys_bind(int fd, const void *address, size_t size)
{
	RET(bind(fd, address, (socklen_t)size));
}

ssize_t sys_recvfrom(int fd, void *buf, size_t size, int flags, void *ret_address,
		     size_t address_size)
{
	socklen_t room = (socklen_t)address_size;

	RET(recvfrom(fd, buf, size, flags, ret_address, &room));
}

int sys_listen(int fd, int backlog)
{
	RET(listen(fd, backlog));
}

int sys_accept(int fd, int flags)
{
	RET(accept4(fd, NULL, NULL, flags));
}

int sys_connect(int fd, const void *address, size_t size)
{
	RET(connect(fd, address, (socklen_t)size));
}

int sys_getsockopt(int fd, int level, int option, void *ret_value, size_t size)
{
	socklen_t room = (socklen_t)size;

	RET(getsockopt(fd, level, option, ret_value, &room));
}

ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
	RET(syscall(SYS_sendmsg, fd, message, flags));
}

ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
	RET(recvmsg(fd, message, flags));
}
