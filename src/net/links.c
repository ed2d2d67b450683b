/* SPDX-License-Identifier: Apache-2.0 */
#include "net/links.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"

struct link *links_find(struct links *links, int index)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->items[i].index == index)
			return &links->items[i];
	return NULL;
}

struct link *links_find_client(struct links *links, pid_t pid)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->items[i].pid == pid)
			return &links->items[i];
	return NULL;
}

struct link *links_add(struct links *links, int index)
{
	struct link *link = &links->items[links->count];

	if (links->count == LINKS_MAX)
		return NULL;
	links->count++;
	*link = (struct link){ .index = index, .from = -EBADF, .until_ms = UINT64_MAX };
	return link;
}

void links_remove(struct links *links, struct link *link)
{
	struct link *last = &links->items[--links->count];

	/* the others keep their order, which is that of the names that are asked */
	memmove(link, link + 1, (size_t)((char *)last - (char *)link));
}

/* Is that one's server @turn also one of an interface before, or of it earlier? */
static bool is_told(const struct links *links, size_t item, size_t turn)
{
	const struct net_address *dns = &links->items[item].lease.dns[turn];

	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->items[i];

		for (size_t t = 0; link->bound && t < link->lease.dns_count; t++) {
			bool before = t < turn || (t == turn && i < item);

			if (before && net_address_equal(&link->lease.dns[t], dns))
				return true;
		}
	}
	return false;
}

static void add_search(const struct links *links, struct str *text)
{
	bool any = false;

	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->items[i];

		if (!link->bound || !link->lease.search[0])
			continue;
		str_addf(text, "%s %s", any ? "" : "search", link->lease.search);
		any = true;
	}
	str_add(text, any ? "\n" : "");
}

void links_write_resolv(const struct links *links, struct str *text)
{
	char address[NET_ADDRESS_TEXT_SIZE];

	add_search(links, text);
	for (size_t turn = 0; turn < NET_MAX_DNS; turn++) {
		for (size_t i = 0; i < links->count; i++) {
			const struct link *link = &links->items[i];

			if (!link->bound || turn >= link->lease.dns_count ||
			    is_told(links, i, turn))
				continue;
			str_addf(text, "nameserver %s\n",
				 net_address_text(&link->lease.dns[turn], address));
		}
	}
}

static void write_gateway(struct str *text, const struct net_address *gateway)
{
	char address[NET_ADDRESS_TEXT_SIZE];

	if (net_address_is_set(gateway))
		str_addf(text, "gateway=%s\n", net_address_text(gateway, address));
}

static void write_lease(const struct link *link, struct str *text)
{
	const struct lease *lease = &link->lease;
	char address[NET_ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < lease->address_count; i++)
		str_addf(text, "address=%s/%u\n",
			 net_address_text(&lease->addresses[i].address, address),
			 lease->addresses[i].length);
	write_gateway(text, &lease->gateways.ipv4);
	write_gateway(text, &lease->gateways.ipv6);
	for (size_t i = 0; i < lease->dns_count; i++)
		str_addf(text, "dns=%s\n", net_address_text(&lease->dns[i], address));
	if (lease->search[0])
		str_addf(text, "search=%s\n", lease->search);
	if (link->until_ms != UINT64_MAX)
		str_addf(text, "until=%" PRIu64 "\n", link->until_ms);
}

void links_write_state(const struct links *links, struct str *text)
{
	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->items[i];
		const uint8_t *mac = link->mac;

		str_addf(text,
			 "interface=%s\nmac=%02x:%02x:%02x:%02x:%02x:%02x\nhow=%s\n"
			 "carrier=%s\n",
			 link->name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
			 link->line->kind == NET_DHCP ? "dhcp" : "static",
			 link->carrier ? "yes" : "no");
		if (link->bound)
			write_lease(link, text);
	}
}
