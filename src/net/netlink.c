/* SPDX-License-Identifier: Apache-2.0 */
#include "net/netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

#include "base/sys.h"
#include "net/message.h"

/* Lower ones are for whoever wants to be preferred. */
#define METRIC 100

int netlink_open(void)
{
	return sys_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

int netlink_up(int fd, int index)
{
	struct message message;
	struct ifinfomsg *info = message_begin(&message, RTM_NEWLINK, 0, sizeof(*info));

	info->ifi_index = index;
	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	return message_ask(fd, &message);
}

int netlink_mtu(int fd, int index, unsigned int mtu)
{
	struct message message;
	struct ifinfomsg *info = message_begin(&message, RTM_NEWLINK, 0, sizeof(*info));

	info->ifi_index = index;
	message_add_u32(&message, IFLA_MTU, mtu);
	return message_ask(fd, &message);
}

static unsigned int family_of(const struct net_address *address)
{
	return net_address_is_ipv6(address) ? AF_INET6 : AF_INET;
}

static int change_address(int fd, unsigned int type, unsigned int flags, int index,
			  const struct net_prefix *prefix)
{
	struct message message;
	struct ifaddrmsg *info = message_begin(&message, type, flags, sizeof(*info));

	info->ifa_family = (uint8_t)family_of(&prefix->address);
	info->ifa_prefixlen = (uint8_t)prefix->length;
	info->ifa_index = (uint32_t)index;
	/* it is there at once, as one of IPv4 is, for a program that binds to it */
	info->ifa_flags = info->ifa_family == AF_INET6 ? IFA_F_NODAD : 0;
	message_add_address(&message, IFA_LOCAL, &prefix->address);
	message_add_address(&message, IFA_ADDRESS, &prefix->address);
	if (type == RTM_NEWADDR && info->ifa_family == AF_INET && prefix->length < 31) {
		struct net_address broadcast = prefix->address;

		for (unsigned int bit = 96 + prefix->length; bit < 128; bit++)
			broadcast.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		message_add_address(&message, IFA_BROADCAST, &broadcast);
	}
	return message_ask(fd, &message);
}

/* What addresses are looked for: of an interface, none of those. */
struct search {
	unsigned int family;
	int index;
	const struct net_prefix *but;
	size_t but_count;
	struct net_prefix found;
};

/* Is it one that somebody set, and none of those? */
static bool take_address(void *context, const struct nlmsghdr *header)
{
	struct search *search = context;
	bool ipv6 = search->family == AF_INET6;
	const struct ifaddrmsg *info = NLMSG_DATA(header);
	size_t skip = ipv6 ? 0 : NET_ADDRESS_IPV4;
	struct net_prefix *found = &search->found;
	const struct rtattr *attr;

	if (header->nlmsg_type != RTM_NEWADDR ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
	    info->ifa_index != (uint32_t)search->index)
		return false;
	/* the kernel's own, and what routers announce */
	if (ipv6 && (info->ifa_scope != RT_SCOPE_UNIVERSE ||
		     !(info->ifa_flags & IFA_F_PERMANENT)))
		return false;
	attr = message_find(header, sizeof(*info), ipv6 ? IFA_ADDRESS : IFA_LOCAL,
			    sizeof(found->address) - skip);
	if (!attr)
		return false;
	*found = (struct net_prefix){ .length = info->ifa_prefixlen };
	if (!ipv6)
		memset(found->address.bytes + skip - 2, 0xff, 2);
	memcpy(found->address.bytes + skip, RTA_DATA(attr),
	       sizeof(found->address) - skip);
	for (size_t i = 0; i < search->but_count; i++) {
		if (net_address_equal(&search->but[i].address, &found->address) &&
		    search->but[i].length == found->length)
			return false;
	}
	return true;
}

static int find_address(int fd, struct search *search)
{
	struct message message;
	struct ifaddrmsg *wanted =
		message_begin(&message, RTM_GETADDR, NLM_F_DUMP, sizeof(*wanted));

	wanted->ifa_family = (uint8_t)search->family;
	return message_search(fd, &message, take_address, search);
}

static int forget(int fd, struct search *search)
{
	int r;

	while ((r = find_address(fd, search)) > 0) {
		r = change_address(fd, RTM_DELADDR, 0, search->index, &search->found);
		if (r < 0)
			return r;
	}
	return r;
}

int netlink_forget(int fd, int index, const struct net_prefix *but, size_t count)
{
	struct search search = {
		.family = AF_INET, .index = index, .but = but, .but_count = count
	};
	int r = forget(fd, &search);

	for (size_t i = 0; r == 0 && i < count; i++) {
		if (!net_address_is_ipv6(&but[i].address))
			continue;
		search.family = AF_INET6;
		return forget(fd, &search);
	}
	return r;
}

int netlink_address(int fd, int index, const struct net_prefix *prefix)
{
	return change_address(fd, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index,
			      prefix);
}

int netlink_gateway(int fd, int index, const struct net_address *address,
		    const struct net_address *gateway)
{
	bool wanted = net_address_is_set(gateway);
	struct message message;
	struct rtmsg *info =
		message_begin(&message, wanted ? RTM_NEWROUTE : RTM_DELROUTE,
			      wanted ? NLM_F_CREATE | NLM_F_REPLACE : 0, sizeof(*info));
	int r;

	info->rtm_family = (uint8_t)family_of(address);
	info->rtm_table = RT_TABLE_MAIN;
	info->rtm_scope = wanted ? RT_SCOPE_UNIVERSE : RT_SCOPE_NOWHERE;
	if (wanted) {
		info->rtm_protocol = RTPROT_DHCP;
		info->rtm_type = RTN_UNICAST;
		/* it need not be within the prefix: there are networks of one machine */
		info->rtm_flags = RTNH_F_ONLINK;
		message_add_address(&message, RTA_GATEWAY, gateway);
		/* with the address it goes, too; of IPv6 it may have several */
		if (info->rtm_family == AF_INET)
			message_add_address(&message, RTA_PREFSRC, address);
	}
	message_add_u32(&message, RTA_OIF, (uint32_t)index);
	message_add_u32(&message, RTA_PRIORITY, METRIC + (uint32_t)index);
	r = message_ask(fd, &message);
	return !wanted && r == -ESRCH ? 0 : r;
}

/* One for others than neighbours, which nobody else turned out to have. */
static bool take_ipv6(void *context, const struct nlmsghdr *header)
{
	const int *index = context;
	const struct ifaddrmsg *info = NLMSG_DATA(header);

	return header->nlmsg_type == RTM_NEWADDR &&
	       header->nlmsg_len >= NLMSG_LENGTH(sizeof(*info)) &&
	       info->ifa_index == (uint32_t)*index &&
	       info->ifa_scope == RT_SCOPE_UNIVERSE &&
	       !(info->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
}

static bool take_way_out(void *context, const struct nlmsghdr *header)
{
	const int *index = context;
	const struct rtmsg *info = NLMSG_DATA(header);
	const struct rtattr *attr;
	int by;

	if (header->nlmsg_type != RTM_NEWROUTE ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) || info->rtm_dst_len != 0 ||
	    info->rtm_type != RTN_UNICAST || info->rtm_table != RT_TABLE_MAIN)
		return false;
	attr = message_find(header, sizeof(*info), RTA_OIF, sizeof(by));
	if (!attr)
		return false;
	memcpy(&by, RTA_DATA(attr), sizeof(by));
	return by == *index;
}

int netlink_has_ipv6(int fd, int index)
{
	struct message message;
	struct ifaddrmsg *address =
		message_begin(&message, RTM_GETADDR, NLM_F_DUMP, sizeof(*address));
	struct rtmsg *route;
	int r;

	address->ifa_family = AF_INET6;
	r = message_search(fd, &message, take_ipv6, &index);
	if (r <= 0)
		return r;
	route = message_begin(&message, RTM_GETROUTE, NLM_F_DUMP, sizeof(*route));
	route->rtm_family = AF_INET6;
	return message_search(fd, &message, take_way_out, &index);
}
