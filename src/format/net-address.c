/* SPDX-License-Identifier: Apache-2.0 */
#include "format/net-address.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

#define GROUPS 8 /* of IPv6, two bytes each */
#define BITS 128

static const uint8_t mapped[NET_ADDRESS_IPV4] = { [10] = 0xff, 0xff };

bool net_address_is_set(const struct net_address *address)
{
	static const struct net_address none;

	return !net_address_equal(address, &none);
}

bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool net_address_is_ipv6(const struct net_address *address)
{
	return memcmp(address->bytes, mapped, sizeof(mapped)) != 0;
}

bool net_address_is_near(const struct net_address *address)
{
	return address->bytes[0] == 0xfe && address->bytes[1] >> 6 == 2;
}

static unsigned int group(const struct net_address *address, size_t index)
{
	return (unsigned int)address->bytes[2 * index] << 8 |
	       address->bytes[2 * index + 1];
}

/* The longest run of two groups or more that are zero, the first of such. */
static size_t find_zeros(const struct net_address *address, size_t *ret_count)
{
	size_t first = GROUPS, most = 1;

	for (size_t i = 0, run = 0; i < GROUPS; i++) {
		run = group(address, i) ? 0 : run + 1;
		if (run > most) {
			most = run;
			first = i + 1 - run;
		}
	}
	*ret_count = most;
	return first;
}

static void add_ipv6(struct str *s, const struct net_address *address)
{
	size_t count, zeros = find_zeros(address, &count);

	for (size_t i = 0; i < GROUPS; i++) {
		if (i == zeros) {
			str_add(s, "::");
			i += count - 1;
			continue;
		}
		str_addf(s, "%s%x", i == 0 || i == zeros + count ? "" : ":",
			 group(address, i));
	}
}

const char *net_address_text(const struct net_address *address,
			     char ret_text[NET_ADDRESS_TEXT_SIZE])
{
	const uint8_t *bytes = address->bytes + NET_ADDRESS_IPV4;
	struct str s;

	str_init(&s, ret_text, NET_ADDRESS_TEXT_SIZE);
	if (net_address_is_ipv6(address))
		add_ipv6(&s, address);
	else
		str_addf(&s, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
	return ret_text;
}

static int parse_ipv4(const char *text, size_t size, struct net_address *address)
{
	uint8_t *bytes = address->bytes + NET_ADDRESS_IPV4;

	memcpy(address->bytes, mapped, sizeof(mapped));
	for (size_t i = 0; i < 4; i++) {
		const char *dot = size ? memchr(text, '.', size) : NULL;
		size_t digits = i < 3 && dot ? (size_t)(dot - text) : size;
		uint64_t number;

		if ((i < 3 && !dot) || str_number(text, digits, &number) < 0 ||
		    number > 255)
			return -EBADMSG;
		bytes[i] = (uint8_t)number;
		text += digits + (i < 3);
		size -= digits + (i < 3);
	}
	/* 0/8 is nobody's, 127/8 is the machine itself, from 224 on are groups */
	return bytes[0] == 0 || bytes[0] == 127 || bytes[0] >= 224 ? -EBADMSG : 0;
}

/* Groups, and one "::" for as many as lack: what else is wrong shows when it is written. */
static int parse_ipv6(const char *text, size_t size, struct net_address *address)
{
	uint8_t *bytes = address->bytes;
	size_t used = 0, gap = 0, behind;

	for (size_t i = 0; i < size;) {
		unsigned int number = 0;
		size_t first;

		i += text[i] == ':';
		if (i < size && text[i] == ':') {
			gap = used;
			i++;
		}
		for (first = i; i < size && str_hex_digit(text[i]) >= 0; i++)
			number = number << 4 | (unsigned int)str_hex_digit(text[i]);
		if (i == first && i == size)
			break;
		if (i == first || used == sizeof(address->bytes))
			return -EBADMSG;
		bytes[used++] = (uint8_t)(number >> 8);
		bytes[used++] = (uint8_t)number;
	}
	behind = used - gap;
	memmove(bytes + sizeof(address->bytes) - behind, bytes + gap, behind);
	memset(bytes + gap, 0, sizeof(address->bytes) - used);
	/* those that begin so are nobody's and the machine itself, and groups */
	return bytes[0] == 0xff || !memcmp(bytes, (uint8_t[NET_ADDRESS_IPV4]){ 0 }, 12)
		       ? -EBADMSG
		       : 0;
}

int net_address_parse(const char *text, size_t size, struct net_address *ret_address)
{
	char again[NET_ADDRESS_TEXT_SIZE];
	struct net_address address = { { 0 } };
	int r = size && memchr(text, ':', size) ? parse_ipv6(text, size, &address)
						: parse_ipv4(text, size, &address);

	if (r == 0 && (strlen(net_address_text(&address, again)) != size ||
		       memcmp(again, text, size) != 0))
		r = -EBADMSG;
	if (r == 0)
		*ret_address = address;
	return r;
}

/* Neither its network's own name nor, by IPv4, everybody's. */
static bool is_host(const struct net_prefix *prefix)
{
	bool ipv6 = net_address_is_ipv6(&prefix->address), zeros = true, ones = !ipv6;
	unsigned int first = prefix->length + (ipv6 ? 0 : 8 * NET_ADDRESS_IPV4);

	for (unsigned int bit = first; bit < BITS; bit++) {
		bool set = prefix->address.bytes[bit / 8] & 0x80 >> bit % 8;

		zeros = zeros && !set;
		ones = ones && set;
	}
	return first >= BITS - 1 || (!zeros && !ones);
}

int net_address_parse_prefix(const char *text, size_t size, struct net_prefix *ret_prefix)
{
	const char *slash = size ? memchr(text, '/', size) : NULL;
	size_t address = slash ? (size_t)(slash - text) : 0;
	struct net_prefix prefix;
	uint64_t number;

	if (!slash || net_address_parse(text, address, &prefix.address) < 0 ||
	    str_number(slash + 1, size - address - 1, &number) < 0 || number < 1 ||
	    number > (net_address_is_ipv6(&prefix.address) ? 128 : 32))
		return -EBADMSG;
	prefix.length = (unsigned int)number;
	if (!is_host(&prefix))
		return -EBADMSG;
	*ret_prefix = prefix;
	return 0;
}
