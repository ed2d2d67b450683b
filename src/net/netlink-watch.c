/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/sys.h"
#include "net/message.h"
#include "net/netlink.h"

/* All of them, to be told as if they came. */
static int ask_links(int fd)
{
	struct message message;
	struct ifinfomsg *info =
		message_begin(&message, RTM_GETLINK, NLM_F_DUMP, sizeof(*info));

	info->ifi_family = AF_UNSPEC;
	return message_send(fd, &message);
}

int netlink_watch(struct netlink_watch *watch)
{
	const struct sockaddr_nl own = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE |
			     1U << (RTNLGRP_ND_USEROPT - 1),
	};
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
	name = message_find(header, sizeof(*info), IFLA_IFNAME, 1);
	if (name)
		memcpy(ret_link->name, RTA_DATA(name),
		       RTA_PAYLOAD(name) < NET_NAME_SIZE ? RTA_PAYLOAD(name)
							 : NET_NAME_SIZE - 1);
	mac = message_find(header, sizeof(*info), IFLA_ADDRESS, NET_MAC_SIZE);
	ret_link->ethernet = info->ifi_type == ARPHRD_ETHER && mac;
	if (ret_link->ethernet)
		memcpy(ret_link->mac, RTA_DATA(mac), NET_MAC_SIZE);
	return true;
}

static bool read_options(const struct nlmsghdr *header, struct netlink_link *ret_link)
{
	const struct nduseroptmsg *info = NLMSG_DATA(header);

	if (header->nlmsg_type != RTM_NEWNDUSEROPT ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
	    header->nlmsg_len - NLMSG_LENGTH(sizeof(*info)) < info->nduseropt_opts_len ||
	    info->nduseropt_icmp_type != ND_ROUTER_ADVERT)
		return false;
	*ret_link = (struct netlink_link){
		.index = info->nduseropt_ifindex,
		.options = (const uint8_t *)(info + 1),
		.options_size = info->nduseropt_opts_len,
	};
	return true;
}

int netlink_watch_next(struct netlink_watch *watch, struct netlink_link *ret_link)
{
	for (;;) {
		const struct nlmsghdr *header =
			message_at(watch->buf, watch->at, watch->end);
		ssize_t size;

		if (header) {
			size_t next = NLMSG_ALIGN(header->nlmsg_len);

			watch->at = watch->end - watch->at > next ? watch->at + next
								  : watch->end;
			if (read_link(header, ret_link) || read_options(header, ret_link))
				return 1;
			continue;
		}
		size = message_receive(watch->fd, watch->buf, sizeof(watch->buf));
		if (size == -ENOBUFS)
			(void)ask_links(watch->fd);
		if (size < 0)
			return size == -EAGAIN ? 0 : (int)size;
		watch->at = 0;
		watch->end = (size_t)size;
	}
}
