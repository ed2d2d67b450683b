/* SPDX-License-Identifier: Apache-2.0 */
#include "net/router.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "net/lease.h"

#define UNIT 8	 /* what an option's length counts, and the fixed part of these two */
#define RDNSS 25 /* then addresses */
#define DNSSL 31 /* then names, and zeros */
#define LABEL_MOST 63 /* a larger number leads elsewhere, which is not for here */

/* RFC 4861 asks three times, 4 s apart. */
#define ASKS 3
#define ASK_MS 4000

void router_begin(struct router *router, uint64_t now_ms)
{
	router->asks = ASKS;
	router->ask_ms = now_ms;
}

bool router_end(struct router *router)
{
	bool any = router->servers[0].text[0] || router->domains[0].text[0];

	*router = (struct router){ .ask_ms = UINT64_MAX };
	return any;
}

/* @until_ms 0 takes it back, by the next router_expire(). Is it a new one? */
static bool put(struct router_word *words, size_t most, const char *text,
		uint64_t until_ms)
{
	size_t i = 0;
	bool added;

	while (i < most && words[i].text[0] && strcmp(words[i].text, text) != 0)
		i++;
	/* Whoever came first stays: with one that takes another's place, a router that has more
	 * to say than there is room for would change them with each word. */
	added = i < most && !words[i].text[0] && until_ms;
	if (added)
		(void)strcpy(words[i].text, text);
	if (i < most)
		words[i].until_ms = until_ms;
	return added;
}

static bool take_servers(struct router *router, const char *name, const uint8_t *option,
			 size_t size, uint64_t until_ms)
{
	struct net_address address, again;
	char text[ROUTER_TEXT_SIZE];
	bool added = false;
	struct str s;

	/* whole addresses, or it is not what it says */
	if (size % sizeof(address) != UNIT)
		return false;
	for (size_t at = UNIT; at < size; at += sizeof(address)) {
		memcpy(&address, option + at, sizeof(address));
		str_init(&s, text, sizeof(text));
		s.used = strlen(net_address_text(&address, text));
		/* one that a machine may have */
		if (!net_address_is_ipv6(&address) ||
		    net_address_parse(text, s.used, &again) < 0)
			continue;
		if (net_address_is_near(&address))
			str_addf(&s, "%%%s", name);
		added = put(router->servers, ROUTER_SERVERS, text, until_ms) || added;
	}
	return added;
}

/* Labels, each behind its size, up to an empty one; "" is what no domain is. How many bytes
 * these are; 0: there are no more, or torn ones. */
static size_t read_name(const uint8_t *bytes, size_t size, char *ret_text)
{
	bool plain = true;
	size_t at = 0;
	struct str s;

	str_init(&s, ret_text, ROUTER_TEXT_SIZE);
	while (at < size && bytes[at]) {
		const char *label = (const char *)bytes + at + 1;
		size_t label_size = bytes[at];

		if (label_size > LABEL_MOST || label_size >= size - at)
			return 0;
		plain = plain && !memchr(label, '.', label_size);
		str_add(&s, at ? "." : "");
		str_add_bytes(&s, label, label_size);
		at += 1 + label_size;
	}
	if (at == 0 || at == size)
		return 0;
	if (!plain || str_done(&s) < 0 || !lease_is_domain(ret_text, s.used))
		ret_text[0] = '\0';
	return at + 1;
}

static bool take_domains(struct router *router, const uint8_t *option, size_t size,
			 uint64_t until_ms)
{
	char text[ROUTER_TEXT_SIZE];
	bool added = false;

	for (size_t at = UNIT, next; at < size; at += next) {
		next = read_name(option + at, size - at, text);
		if (next == 0)
			break;
		if (text[0] && put(router->domains, ROUTER_DOMAINS, text, until_ms))
			added = true;
	}
	return added;
}

static uint64_t first_end(const struct router_word *words, size_t most, uint64_t end_ms)
{
	for (size_t i = 0; i < most && words[i].text[0]; i++)
		if (words[i].until_ms < end_ms)
			end_ms = words[i].until_ms;
	return end_ms;
}

static uint64_t end_of(const struct router *router)
{
	return first_end(router->servers, ROUTER_SERVERS,
			 first_end(router->domains, ROUTER_DOMAINS, UINT64_MAX));
}

/* They have answered; there are some that say nothing unless they are asked, so that they are
 * once more before anything ends. */
static void ask_again(struct router *router, uint64_t now_ms)
{
	uint64_t end_ms = end_of(router);

	router->asks = ASKS;
	router->ask_ms = end_ms != UINT64_MAX && end_ms > now_ms + ASKS * ASK_MS
				 ? end_ms - ASKS * ASK_MS
				 : UINT64_MAX;
}

bool router_take(struct router *router, const char *name, const uint8_t *options,
		 size_t size, uint64_t now_ms)
{
	bool changed = false;
	size_t length;

	for (; size >= UNIT; options += length, size -= length) {
		uint64_t seconds = (uint32_t)options[4] << 24 |
				   (uint32_t)options[5] << 16 |
				   (uint32_t)options[6] << 8 | options[7];
		uint64_t until_ms = seconds == UINT32_MAX ? UINT64_MAX
				    : seconds		  ? now_ms + seconds * 1000
							  : 0;

		length = (size_t)UNIT * options[1];
		if (length == 0 || length > size)
			break;
		if (options[0] == RDNSS)
			changed = take_servers(router, name, options, length, until_ms) ||
				  changed;
		else if (options[0] == DNSSL)
			changed = take_domains(router, options, length, until_ms) ||
				  changed;
	}
	changed = router_expire(router, now_ms) || changed;
	ask_again(router, now_ms);
	return changed;
}

static bool expire(struct router_word *words, size_t most, uint64_t now_ms)
{
	size_t kept = 0, count;

	for (count = 0; count < most && words[count].text[0]; count++)
		if (words[count].until_ms > now_ms)
			words[kept++] = words[count];
	for (size_t i = kept; i < count; i++)
		words[i].text[0] = '\0';
	return kept < count;
}

bool router_expire(struct router *router, uint64_t now_ms)
{
	bool servers = expire(router->servers, ROUTER_SERVERS, now_ms);

	return expire(router->domains, ROUTER_DOMAINS, now_ms) || servers;
}

bool router_is_due(struct router *router, uint64_t now_ms)
{
	if (now_ms < router->ask_ms)
		return false;
	router->ask_ms = --router->asks ? now_ms + ASK_MS : UINT64_MAX;
	return true;
}

uint64_t router_next(const struct router *router)
{
	uint64_t end_ms = end_of(router);

	return end_ms < router->ask_ms ? end_ms : router->ask_ms;
}

int router_ask(int index)
{
	/* the kernel writes the checksum */
	struct nd_router_solicit packet = { .nd_rs_type = ND_ROUTER_SOLICIT };
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_addr.s6_addr = { 0xff, 0x02, [15] = 2 },
		.sin6_scope_id = (uint32_t)index,
	};
	/* a router takes none that may have come by way of another one */
	const int hops = 255;
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(hops))];
	} limit = {
		.header = { .cmsg_len = CMSG_LEN(sizeof(hops)),
			    .cmsg_level = IPPROTO_IPV6,
			    .cmsg_type = IPV6_HOPLIMIT },
	};
	struct iovec part = { &packet, sizeof(packet) };
	const struct msghdr message = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &limit,
		.msg_controllen = sizeof(limit),
	};
	__fd int fd = sys_socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	ssize_t r = fd;

	memcpy(CMSG_DATA(&limit.header), &hops, sizeof(hops));
	if (r >= 0)
		r = sys_sendmsg(fd, &message, MSG_DONTWAIT);
	return r < 0 ? (int)r : 0;
}
