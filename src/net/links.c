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
	(void)router_end(&link->router);
	return link;
}

void links_remove(struct links *links, struct link *link)
{
	struct link *last = &links->items[--links->count];

	/* the others keep their order, which is that of the names that are asked */
	memmove(link, link + 1, (size_t)((char *)last - (char *)link));
}

/* Its server @turn: those of its lease come first, then its routers'. NULL: it has not so
 * many. */
static const char *server_of(const struct link *link, size_t turn,
			     char text[NET_ADDRESS_TEXT_SIZE])
{
	size_t count = link->bound ? link->lease.dns_count : 0;

	if (turn < count)
		return net_address_text(&link->lease.dns[turn], text);
	turn -= count;
	if (turn >= ROUTER_SERVERS || !link->router.servers[turn].text[0])
		return NULL;
	return link->router.servers[turn].text;
}

/* Their domains, in the same order. */
static void write_search(struct str *text, const char *key, const struct link *links,
			 size_t count)
{
	char buf[LINKS_SEARCH_SIZE];
	struct str words;

	str_init(&words, buf, sizeof(buf));
	for (size_t i = 0; i < count; i++) {
		if (links[i].bound)
			lease_add_domains(&words, links[i].lease.search);
		for (size_t d = 0; d < ROUTER_DOMAINS; d++)
			lease_add_domains(&words, links[i].router.domains[d].text);
	}
	if (words.used)
		str_addf(text, "%s%s\n", key, buf);
}

void links_write_resolv(const struct links *links, struct str *text)
{
	char address[NET_ADDRESS_TEXT_SIZE], buf[ROUTER_TEXT_SIZE + 16];
	const char *told, *server;
	struct str line;

	write_search(text, "search ", links->items, links->count);
	told = text->buf + text->used;
	for (size_t turn = 0; turn < NET_MAX_DNS + ROUTER_SERVERS; turn++) {
		for (size_t i = 0; i < links->count; i++) {
			server = server_of(&links->items[i], turn, address);
			if (!server)
				continue;
			str_init(&line, buf, sizeof(buf));
			str_addf(&line, "nameserver %s\n", server);
			if (!strstr(told, buf))
				str_add(text, buf);
		}
	}
}

static void write_gateway(struct str *text, const struct net_address *gateway)
{
	char address[NET_ADDRESS_TEXT_SIZE];

	if (net_address_is_set(gateway))
		str_addf(text, "gateway=%s\n", net_address_text(gateway, address));
}

static void write_lease(const struct lease *lease, struct str *text)
{
	char address[NET_ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < lease->address_count; i++)
		str_addf(text, "address=%s/%u\n",
			 net_address_text(&lease->addresses[i].address, address),
			 lease->addresses[i].length);
	write_gateway(text, &lease->gateways.ipv4);
	write_gateway(text, &lease->gateways.ipv6);
}

static void write_names(const struct link *link, struct str *text)
{
	char address[NET_ADDRESS_TEXT_SIZE];
	const char *server;

	for (size_t i = 0; (server = server_of(link, i, address)); i++)
		str_addf(text, "dns=%s\n", server);
	write_search(text, "search=", link, 1);
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
			write_lease(&link->lease, text);
		write_names(link, text);
		if (link->bound && link->until_ms != UINT64_MAX)
			str_addf(text, "until=%" PRIu64 "\n", link->until_ms);
	}
}
