/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * rtnetlink: what the kernel is told of interfaces, and what it tells (netlink-watch.c). Only
 * these and message.c know its structures.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/net.h"

#define NETLINK_LOOPBACK 1 /* the index that lo has in every network namespace */

/* A socket to ask by. An fd, the caller's, or -errno. */
int netlink_open(void);

/* Each 0 or -errno. */
int netlink_up(int fd, int index);
int netlink_mtu(int fd, int index, unsigned int mtu);

/* Takes away all IPv4 addresses but those, and where IPv6 ones are among them, all IPv6 ones
 * that neither the kernel nor a router gave. Routes of IPv4 go with their address. */
int netlink_forget(int fd, int index, const struct net_prefix *but, size_t count);

/* Adds one. */
int netlink_address(int fd, int index, const struct net_prefix *prefix);

/* Where what is not near goes by way of that interface, which has @address; @gateway, of the
 * same kind, may be none. Interfaces don't take that from each other: the one with the lowest
 * index is used. */
int netlink_gateway(int fd, int index, const struct net_address *address,
		    const struct net_address *gateway);

/* Has it an address of IPv6 to be used with others than neighbours, and a way to them, whoever
 * gave it those? 1, 0 or -errno. */
int netlink_has_ipv6(int fd, int index);

struct netlink_link {
	int index;
	bool gone;
	bool ethernet; /* and @mac is its address */
	bool carrier;
	char name[NET_NAME_SIZE];
	uint8_t mac[NET_MAC_SIZE];

	/* or, and then nothing else but @index: options of a router's advertisement, which
	 * last until the next call */
	const uint8_t *options;
	size_t options_size;
};

struct netlink_watch {
	int fd;
	size_t at, end; /* of what was read and not looked at */
	_Alignas(8) char buf[8192];
};

/* From now on every interface that is there, comes, goes or changes is told, and what routers
 * say beside what the kernel takes itself. When addresses and routes of IPv6 change, the fd
 * only becomes readable. 0 or -errno. */
int netlink_watch(struct netlink_watch *watch);

/* The next of them. 1; 0: nothing more now; -ENOBUFS: some were lost, and all of them are
 * told once more; -errno. */
int netlink_watch_next(struct netlink_watch *watch, struct netlink_link *ret_link);
