/* SPDX-License-Identifier: Apache-2.0 */
/* A device's own network lines that parse are within their limits, and each for somebody. */
#include <assert.h>
#include <string.h>

#include "format/net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_prefix(const struct net_prefix *prefix)
{
	char text[NET_ADDRESS_TEXT_SIZE];
	struct net_address again;

	assert(prefix->length >= 1 && prefix->length <= 128);
	(void)net_address_text(&prefix->address, text);
	assert(net_address_parse(text, strlen(text), &again) == 0);
	assert(net_address_equal(&prefix->address, &again));
}

static void check_line(const struct net_line *line)
{
	assert(line->kind <= NET_NONE && line->kind != NET_LOCAL);
	assert(memchr(line->name, '\0', sizeof(line->name)));
	assert(!strchr(line->name, '/') && strcmp(line->name, "lo") != 0);
	assert(memchr(line->hostname, '\0', sizeof(line->hostname)));
	assert(line->dns_count <= NET_MAX_DNS);
	if (line->kind != NET_STATIC)
		return;
	assert(line->match != NET_ANY);
	assert(line->address_count >= 1 && line->address_count <= NET_MAX_ADDRESSES);
	for (size_t i = 0; i < line->address_count; i++)
		check_prefix(&line->addresses[i]);
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
