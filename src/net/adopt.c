/* SPDX-License-Identifier: Apache-2.0 */
#include "net/adopt.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/sys.h"
#include "net/links.h"
#include "net/netlink.h"
#include "net/say.h"

bool adopt_is_device(const char *name)
{
	char path[64];
	__fd int fd = -EBADF;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/device", name);
	fd = sys_openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
	return fd >= 0;
}

/* Without a cable, its routes are not those that are taken. A kernel without this has one
 * interface, or waits. */
static void look_elsewhere(const char *name)
{
	char path[96];
	__fd int fd = -EBADF;

	(void)snprintf(path, sizeof(path),
		       "/proc/sys/net/ipv4/conf/%s/ignore_routes_with_linkdown", name);
	fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
	if (fd >= 0)
		(void)fd_write_all(fd, "1", 1);
}

void adopt_link(int ask, const struct link *link)
{
	int r;

	look_elsewhere(link->name);
	r = netlink_up(ask, link->index);
	if (r < 0)
		say_line("%s: up: %s", link->name, err_reason(r));
}

static void say_address(const struct link *link, const struct net_prefix *prefix, int r)
{
	char address[NET_ADDRESS_TEXT_SIZE];

	say_line("%s: %s/%u%s%s", link->name, net_address_text(&prefix->address, address),
		 prefix->length, r < 0 ? ": " : "", r < 0 ? err_reason(r) : "");
}

static void set_up_gateway(int ask, const struct link *link,
			   const struct net_address *own,
			   const struct net_address *gateway)
{
	char address[NET_ADDRESS_TEXT_SIZE];
	int r = netlink_gateway(ask, link->index, own, gateway);

	if (r < 0)
		say_line("%s: gateway %s: %s", link->name,
			 net_address_is_set(gateway) ? net_address_text(gateway, address)
						     : "none",
			 err_reason(r));
}

void adopt_lease(int ask, const struct link *link)
{
	const struct lease *lease = &link->lease;
	const struct net_address *ipv4 = NULL, *ipv6 = NULL;
	int r = netlink_forget(ask, link->index, lease->addresses, lease->address_count);

	for (size_t i = 0; i < lease->address_count; i++) {
		const struct net_prefix *prefix = &lease->addresses[i];
		int added = netlink_address(ask, link->index, prefix);

		say_address(link, prefix, added < 0 ? added : r);
		if (net_address_is_ipv6(&prefix->address))
			ipv6 = &prefix->address;
		else if (!ipv4)
			ipv4 = &prefix->address;
	}
	if (ipv4)
		set_up_gateway(ask, link, ipv4, &lease->gateways.ipv4);
	if (ipv6)
		set_up_gateway(ask, link, ipv6, &lease->gateways.ipv6);
	if (lease->mtu)
		(void)netlink_mtu(ask, link->index, lease->mtu);
}
