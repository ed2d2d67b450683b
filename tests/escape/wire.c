/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets, terminals, descriptors, and what belongs to others. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "escape.h"

static int make_socket(int domain, int type, int protocol)
{
	int fd = socket(domain, type, protocol);

	return done(fd, fd);
}

static int interface(unsigned long request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;
	struct ifreq ifr = { .ifr_name = "lo" };

	(void)ioctl(fd, request == SIOCSIFMTU ? SIOCGIFMTU : SIOCGIFFLAGS, &ifr);
	r = ioctl(fd, (int)request, &ifr);
	return done(fd, r);
}

HERE(ciphers, make_socket(AF_ALG, SOCK_SEQPACKET, 0))
HERE(beside, make_socket(AF_VSOCK, SOCK_STREAM, 0))
HERE(packets, make_socket(AF_PACKET, SOCK_RAW, 0))
HERE(raw_ip, make_socket(AF_INET, SOCK_RAW, IPPROTO_TCP))
HERE(keys_by_socket, make_socket(AF_KEY, SOCK_RAW, 2))
HERE(express, make_socket(AF_XDP, SOCK_RAW, 0))
HERE(lo_flags, interface(SIOCSIFFLAGS))
HERE(lo_size, interface(SIOCSIFMTU))

static int address_set(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;
	struct ifreq ifr = { .ifr_name = "lo" };
	struct sockaddr_in *address = (struct sockaddr_in *)(void *)&ifr.ifr_addr;

	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r = ioctl(fd, SIOCSIFADDR, &ifr);
	return done(fd, r);
}

/* One request with nothing but @size zeros in it, and the kernel's answer. */
static int request(int protocol, int type, int flags, size_t size)
{
	struct {
		struct nlmsghdr head;
		char body[64];
	} sent = { .head = { .nlmsg_len = (uint32_t)(sizeof(struct nlmsghdr) + size),
			     .nlmsg_type = (uint16_t)type,
			     .nlmsg_flags =
				     (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags) } };
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[256];
	} got;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0 || send(fd, &sent, sent.head.nlmsg_len, 0) < 0 ||
	    recv(fd, &got, sizeof(got), 0) < (ssize_t)(sizeof(got.head) + sizeof(int)) ||
	    got.head.nlmsg_type != NLMSG_ERROR)
		return done(fd, -1);
	errno = -got.error.error;
	return done(fd, errno ? -1 : 0);
}

/* An interface of no kind. */
HERE(link_made, request(NETLINK_ROUTE, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 16))
HERE(rules_read, request(NETLINK_NETFILTER, 10 << 8 | 1 /* NFT_MSG_GETTABLE */, 0, 4))
HERE(ipsec_flushed, request(NETLINK_XFRM, 0x1c /* XFRM_MSG_FLUSHSA */, 0, 0))

static int forced_buffer(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4096;
	int r = setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));

	return done(fd, r);
}

/* --- terminals, descriptors, others ------------------------------------------------------ */

/* The end of a new terminal that a program has. */
static int terminal(int master)
{
	int zero = 0, number = 0;
	char path[32];

	if (master < 0 || ioctl(master, TIOCSPTLCK, &zero) < 0 ||
	    ioctl(master, (int)TIOCGPTN, &number) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/dev/pts/%d", number);
	return open(path, O_RDWR | O_CLOEXEC);
}

static int typed_there(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), slave;

	(void)setsid();
	slave = terminal(master);
	return slave < 0 ? -1 : ioctl(slave, TIOCSTI, "x");
}
HERE(typed, apart(typed_there))

/* What is written to the console comes here; the console itself has it back at once. */
static int console_taken_there(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int slave = terminal(master), console, number;
	int r = slave < 0 ? -1 : ioctl(slave, TIOCCONS);

	number = errno;
	if (r == 0 && mknod("/dev/taken", S_IFCHR | 0600, makedev(5, 1)) == 0) {
		console = open("/dev/taken", O_WRONLY | O_NOCTTY | O_CLOEXEC);
		(void)ioctl(console, TIOCCONS);
		close(console);
	}
	errno = number;
	return done(slave, r);
}
HERE(console_taken, apart(console_taken_there))

/* More than the three, and what this opens. */
static int inherited(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 0;
	errno = EBADF;
	return -1;
}

/* Out of the root by what is above it. */
static int climbed_there(void)
{
	int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (mkdir("/jail", 0755) < 0 && errno != EEXIST)
		return -1;
	if (chroot("/jail") < 0 || fchdir(top) < 0)
		return -1;
	for (int i = 0; i < 20; i++)
		(void)!chdir("..");
	return chroot(".") < 0 ? -1 : access("/etc/lamina/policy", F_OK);
}
HERE(climbed, apart(climbed_there))

static int inits_files(void)
{
	return access("/run/lamina/private", F_OK);
}

static int stores_files(void)
{
	return access("/run/lamina/store/blobs", F_OK);
}

static int inits_processes(void)
{
	errno = ESRCH;
	return getppid() == 0 && getpid() == 1 ? -1 : 0;
}

/* Whoever else there is: nobody. */
HERE(others_signalled, kill(-1, 0))

const struct attempt attempts_wire[] = {
	A(inherited),
	A(inits_files),
	A(stores_files),
	A(inits_processes),
	A(others_signalled),
	A(climbed),
	A(ciphers),
	A(beside),
	A(packets),
	A(raw_ip),
	A(keys_by_socket),
	A(express),
	A(address_set),
	THEN(link_made, EOPNOTSUPP),
	THEN(rules_read, EINVAL),
	THEN(ipsec_flushed, EINVAL),
	A(lo_flags),
	A(lo_size),
	A(forced_buffer),
	A(typed),
	A(console_taken),
	{ 0 },
};
