/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a router says, what is taken of it is plain, and fits into a file of lines. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "net/links.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct router_word *words, size_t most, const char *letters)
{
	bool ended = false;

	for (size_t i = 0; i < most; i++) {
		const char *at = words[i].text;

		assert(!ended || !at[0]);
		ended = !at[0];
		assert(memchr(at, '\0', ROUTER_TEXT_SIZE));
		for (; *at; at++)
			assert((*at >= '0' && *at <= '9') || strchr(letters, *at) ||
			       ((*at | 32) >= 'a' && (*at | 32) <= 'z'));
	}
}

/* Two words, the second with other bytes and later. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char file[8192];
	static struct links links;
	static const struct net_line line = { .kind = NET_DHCP };
	uint64_t now_ms = 1000;
	struct link *link;
	struct str s;

	links.count = 0;
	link = links_add(&links, 1);
	link->line = &line;
	for (size_t part = size / 2; size; data += part, size -= part, part = size) {
		(void)router_take(&link->router, "eth0", data, part ? part : size,
				  now_ms);
		check(link->router.servers, ROUTER_SERVERS, ":%");
		check(link->router.domains, ROUTER_DOMAINS, "._-");
		assert(router_next(&link->router) > now_ms);
		str_init(&s, file, sizeof(file));
		links_write_resolv(&links, &s);
		links_write_state(&links, &s);
		assert(str_done(&s) == 0);
		now_ms += 60000;
		(void)router_expire(&link->router, now_ms);
		if (!part)
			break;
	}
	return 0;
}
