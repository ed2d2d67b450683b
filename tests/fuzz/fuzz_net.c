/* SPDX-License-Identifier: Apache-2.0 */
/* A device's own network lines that parse are within their limits, and each for somebody. */
#include <assert.h>
#include <string.h>

#include "format/net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const struct net_line *line)
{
	assert(line->kind <= NET_NONE && line->kind != NET_LOCAL);
	assert(memchr(line->name, '\0', sizeof(line->name)));
	assert(!strchr(line->name, '/') && strcmp(line->name, "lo") != 0);
	assert(memchr(line->hostname, '\0', sizeof(line->hostname)));
	assert(line->dns_count <= NET_MAX_DNS);
	if (line->kind != NET_STATIC)
		return;
	assert(net_address_is_set(&line->address) && line->match != NET_ANY);
	assert(line->prefix >= 1 && line->prefix <= 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_line lines[4];
	struct err err = ERR_INIT;
	size_t count;

	if (net_parse_file((const char *)data, size, lines, 4, &count, &err) < 0) {
		assert(err.text[0]);
		return 0;
	}
	assert(count <= 4);
	for (size_t i = 0; i < count; i++)
		check_line(&lines[i]);
	return 0;
}
