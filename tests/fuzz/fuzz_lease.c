/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a DHCP server says, what is taken of it is plain, and fits into a file of lines. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "net/links.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NUL stands between variables. */
static size_t split(const uint8_t *data, size_t size, char *text, char *env[],
		    size_t most)
{
	size_t count = 0;

	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t at = 0; at < size && count < most; at += strlen(text + at) + 1)
		env[count++] = text + at;
	env[count] = NULL;
	return count;
}

static void check_search(const char *search)
{
	assert(strlen(search) < LEASE_SEARCH_SIZE);
	for (; *search; search++)
		assert((*search >= '0' && *search <= '9') || strchr(" ._-", *search) ||
		       ((*search | 32) >= 'a' && (*search | 32) <= 'z'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[4096], file[8192];
	static struct links links;
	static const struct net_line line = { .kind = NET_DHCP };
	char *env[33];
	struct link *link;
	struct str s;

	if (size >= sizeof(text))
		return 0;
	(void)split(data, size, text, env, 32);
	links.count = 0;
	link = links_add(&links, 1);
	link->line = &line;
	if (lease_read(env, &link->lease, NULL) < 0)
		return 0;
	link->bound = true;
	assert(link->lease.address_count == 1);
	assert(!net_address_is_ipv6(&link->lease.addresses[0].address));
	assert(link->lease.addresses[0].length >= 1 &&
	       link->lease.addresses[0].length <= 32);
	assert(link->lease.dns_count <= NET_MAX_DNS);
	check_search(link->lease.search);
	str_init(&s, file, sizeof(file));
	links_write_resolv(&links, &s);
	links_write_state(&links, &s);
	assert(str_done(&s) == 0);
	return 0;
}
