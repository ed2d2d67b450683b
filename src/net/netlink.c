/* SPDX-License-Identifier: Apache-2.0 */
#include "net/netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/sys.h"

/* Lower ones are for whoever wants to be preferred. */
#define METRIC 100

struct request {
	struct nlmsghdr header;
	_Alignas(4) char rest[124];
};

static void *begin(struct request *request, unsigned int type, unsigned int flags,
		   size_t size)
{
	*request = (struct request){
		.header = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
			    .nlmsg_type = (uint16_t)type,
			    .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags) },
	};
	return request->rest;
}

static void add(struct request *request, unsigned int type, const void *value,
		size_t size)
{
	char *at = (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);
	const struct rtattr attr = { .rta_len = (uint16_t)RTA_LENGTH(size),
				     .rta_type = (uint16_t)type };

	memcpy(at, &attr, sizeof(attr));
	memcpy(at + RTA_LENGTH(0), value, size);
	request->header.nlmsg_len =
		NLMSG_ALIGN(request->header.nlmsg_len) + (uint32_t)RTA_SPACE(size);
}

static void add_u32(struct request *request, unsigned int type, uint32_t value)
{
	add(request, type, &value, sizeof(value));
}

static void add_address(struct request *request, unsigned int type,
			const struct net_address *address)
{
	add(request, type, address->bytes, sizeof(address->bytes));
}

/* What the kernel sent: nobody else's word counts. */
static ssize_t receive(int fd, void *buf, size_t size)
{
	struct sockaddr_nl from = { .nl_pid = 0 };
	ssize_t r;

	do
		r = sys_recvfrom(fd, buf, size, MSG_DONTWAIT, &from, sizeof(from));
	while (r >= 0 && from.nl_pid != 0);
	return r;
}

/* The kernel answers before the write returns. */
static int answer(int fd)
{
	_Alignas(8) char buf[1024];
	const struct nlmsghdr *header = (const struct nlmsghdr *)buf;
	const struct nlmsgerr *said = NLMSG_DATA(header);
	ssize_t size = receive(fd, buf, sizeof(buf));

	if (size < 0)
		return (int)size;
	if ((size_t)size < NLMSG_LENGTH(sizeof(*said)) ||
	    header->nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return said->error;
}

static int ask(int fd, struct request *request)
{
	int r;

	request->header.nlmsg_flags |= NLM_F_ACK;
	r = fd_write_all(fd, request, request->header.nlmsg_len);
	return r < 0 ? r : answer(fd);
}

int netlink_open(void)
{
	return sys_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

int netlink_up(int fd, int index)
{
	struct request request;
	struct ifinfomsg *info = begin(&request, RTM_NEWLINK, 0, sizeof(*info));

	info->ifi_index = index;
	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	return ask(fd, &request);
}

int netlink_mtu(int fd, int index, unsigned int mtu)
{
	struct request request;
	struct ifinfomsg *info = begin(&request, RTM_NEWLINK, 0, sizeof(*info));

	info->ifi_index = index;
	add_u32(&request, IFLA_MTU, mtu);
	return ask(fd, &request);
}

static int change_address(int fd, unsigned int type, unsigned int flags, int index,
			  const struct net_address *address, unsigned int prefix)
{
	struct request request;
	struct ifaddrmsg *info = begin(&request, type, flags, sizeof(*info));

	info->ifa_family = AF_INET;
	info->ifa_prefixlen = (uint8_t)prefix;
	info->ifa_index = (uint32_t)index;
	add_address(&request, IFA_LOCAL, address);
	add_address(&request, IFA_ADDRESS, address);
	if (type == RTM_NEWADDR && prefix < 31) {
		struct net_address broadcast = *address;

		for (unsigned int bit = prefix; bit < 32; bit++)
			broadcast.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		add_address(&request, IFA_BROADCAST, &broadcast);
	}
	return ask(fd, &request);
}

static const struct rtattr *find_attr(const struct nlmsghdr *header, size_t fixed,
				      unsigned int type, size_t size)
{
	const char *at = (const char *)NLMSG_DATA(header) + NLMSG_ALIGN(fixed);
	const char *end = (const char *)header + header->nlmsg_len;

	while (end - at >= (ptrdiff_t)sizeof(struct rtattr)) {
		const struct rtattr *attr = (const struct rtattr *)at;

		if (attr->rta_len < sizeof(*attr) || attr->rta_len > end - at)
			return NULL;
		if (attr->rta_type == type && attr->rta_len >= RTA_LENGTH(size))
			return attr;
		at += RTA_ALIGN(attr->rta_len);
	}
	return NULL;
}

/* The message at @at of @end bytes, if it is a whole one with @fixed bytes of its kind. */
static const struct nlmsghdr *message(const char *buf, size_t at, size_t end)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)(buf + at);

	if (end - at < sizeof(*header) || header->nlmsg_len < sizeof(*header) ||
	    header->nlmsg_len > end - at)
		return NULL;
	return header;
}

/* The first IPv4 address of interface @index that is not @but (NULL: any). 1, 0 or
 * -errno; read to the end, the next answer is another's. */
static int find_address(int fd, int index, const struct net_address *but,
			unsigned int but_prefix, struct net_address *ret_address,
			unsigned int *ret_prefix)
{
	_Alignas(8) char buf[8192];
	struct request request;
	struct ifaddrmsg *wanted =
		begin(&request, RTM_GETADDR, NLM_F_DUMP, sizeof(*wanted));
	const struct nlmsghdr *header;
	int found = 0, r;

	wanted->ifa_family = AF_INET;
	r = fd_write_all(fd, &request, request.header.nlmsg_len);
	while (r == 0) {
		ssize_t size = receive(fd, buf, sizeof(buf));

		if (size < 0)
			return (int)size;
		for (size_t at = 0; (header = message(buf, at, (size_t)size));
		     at += NLMSG_ALIGN(header->nlmsg_len)) {
			const struct ifaddrmsg *info = NLMSG_DATA(header);
			const struct rtattr *attr;

			if (header->nlmsg_type == NLMSG_DONE ||
			    header->nlmsg_type == NLMSG_ERROR)
				return found;
			if (found || header->nlmsg_type != RTM_NEWADDR ||
			    header->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
			    info->ifa_index != (uint32_t)index)
				continue;
			attr = find_attr(header, sizeof(*info), IFA_LOCAL,
					 sizeof(*ret_address));
			if (!attr)
				continue;
			memcpy(ret_address, RTA_DATA(attr), sizeof(*ret_address));
			*ret_prefix = info->ifa_prefixlen;
			found = !but || !net_address_equal(ret_address, but) ||
				*ret_prefix != but_prefix;
		}
	}
	return r;
}

int netlink_address(int fd, int index, const struct net_address *address,
		    unsigned int prefix)
{
	struct net_address other;
	unsigned int other_prefix;
	int r;

	while ((r = find_address(fd, index, address, prefix, &other, &other_prefix)) >
	       0) {
		r = change_address(fd, RTM_DELADDR, 0, index, &other, other_prefix);
		if (r < 0)
			return r;
	}
	if (r < 0 || !address)
		return r;
	return change_address(fd, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index,
			      address, prefix);
}

int netlink_gateway(int fd, int index, const struct net_address *address,
		    const struct net_address *gateway)
{
	bool wanted = net_address_is_set(gateway);
	struct request request;
	struct rtmsg *info =
		begin(&request, wanted ? RTM_NEWROUTE : RTM_DELROUTE,
		      wanted ? NLM_F_CREATE | NLM_F_REPLACE : 0, sizeof(*info));
	int r;

	info->rtm_family = AF_INET;
	info->rtm_table = RT_TABLE_MAIN;
	info->rtm_scope = wanted ? RT_SCOPE_UNIVERSE : RT_SCOPE_NOWHERE;
	if (wanted) {
		info->rtm_protocol = RTPROT_DHCP;
		info->rtm_type = RTN_UNICAST;
		/* it need not be within the prefix: there are networks of one machine */
		info->rtm_flags = RTNH_F_ONLINK;
		add_address(&request, RTA_GATEWAY, gateway);
		/* with the address it goes, too */
		add_address(&request, RTA_PREFSRC, address);
	}
	add_u32(&request, RTA_OIF, (uint32_t)index);
	add_u32(&request, RTA_PRIORITY, METRIC + (uint32_t)index);
	r = ask(fd, &request);
	return !wanted && r == -ESRCH ? 0 : r;
}

/* All of them, to be told as if they came. */
static int ask_links(int fd)
{
	struct request request;
	struct ifinfomsg *info = begin(&request, RTM_GETLINK, NLM_F_DUMP, sizeof(*info));

	info->ifi_family = AF_UNSPEC;
	return fd_write_all(fd, &request, request.header.nlmsg_len);
}

int netlink_watch(struct netlink_watch *watch)
{
	const struct sockaddr_nl own = { .nl_family = AF_NETLINK,
					 .nl_groups = RTMGRP_LINK };
	__fd int fd = netlink_open();
	int r = fd < 0 ? fd : sys_bind(fd, &own, sizeof(own));

	if (r == 0)
		r = ask_links(fd);
	if (r < 0)
		return r;
	watch->at = watch->end = 0;
	watch->fd = TAKE_FD(fd);
	return 0;
}

static bool read_link(const struct nlmsghdr *header, struct netlink_link *ret_link)
{
	const struct ifinfomsg *info = NLMSG_DATA(header);
	const struct rtattr *name, *mac;

	if ((header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK) ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return false;
	*ret_link = (struct netlink_link){
		.index = info->ifi_index,
		.gone = header->nlmsg_type == RTM_DELLINK,
		.carrier = info->ifi_flags & 1U << 16, /* IFF_LOWER_UP */
	};
	name = find_attr(header, sizeof(*info), IFLA_IFNAME, 1);
	if (name)
		memcpy(ret_link->name, RTA_DATA(name),
		       RTA_PAYLOAD(name) < NET_NAME_SIZE ? RTA_PAYLOAD(name)
							 : NET_NAME_SIZE - 1);
	mac = find_attr(header, sizeof(*info), IFLA_ADDRESS, NET_MAC_SIZE);
	ret_link->ethernet = info->ifi_type == ARPHRD_ETHER && mac;
	if (ret_link->ethernet)
		memcpy(ret_link->mac, RTA_DATA(mac), NET_MAC_SIZE);
	return true;
}

int netlink_watch_next(struct netlink_watch *watch, struct netlink_link *ret_link)
{
	for (;;) {
		const struct nlmsghdr *header =
			message(watch->buf, watch->at, watch->end);
		ssize_t size;

		if (header) {
			size_t next = NLMSG_ALIGN(header->nlmsg_len);

			watch->at = watch->end - watch->at > next ? watch->at + next
								  : watch->end;
			if (read_link(header, ret_link))
				return 1;
			continue;
		}
		size = receive(watch->fd, watch->buf, sizeof(watch->buf));
		if (size == -ENOBUFS)
			(void)ask_links(watch->fd);
		if (size < 0)
			return size == -EAGAIN ? 0 : (int)size;
		watch->at = 0;
		watch->end = (size_t)size;
	}
}
