/* SPDX-License-Identifier: Apache-2.0 */
#include "net/lease.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

/* The least that IPv4 asks of a link, and the largest of Ethernet. */
#define MTU_LEAST 576
#define MTU_MOST 9216

static const char *get(char *const env[], const char *name)
{
	size_t size = strlen(name);

	for (; *env; env++)
		if (strncmp(*env, name, size) == 0 && (*env)[size] == '=')
			return *env + size + 1;
	return NULL;
}

/* The next of words with a space between them; NULL: no more. */
static const char *next_word(const char **at, size_t *ret_size)
{
	const char *word = *at + strspn(*at, " ");

	*ret_size = strcspn(word, " ");
	*at = word + *ret_size;
	return *ret_size ? word : NULL;
}

/* A DHCP server speaks of IPv4. */
static size_t read_addresses(const char *text, struct net_address *ret_list, size_t most)
{
	size_t count = 0, size;
	const char *word;

	while (text && count < most && (word = next_word(&text, &size))) {
		struct net_address address;

		if (net_address_parse(word, size, &address) == 0 &&
		    !net_address_is_ipv6(&address))
			ret_list[count++] = address;
	}
	return count;
}

/* "255.255.255.0" is 24. 0 or -EBADMSG. */
static int read_mask(const char *text, unsigned int *ret_prefix)
{
	uint32_t mask = 0;
	unsigned int ones = 0;

	for (unsigned int i = 0; i < 4; i++) {
		size_t size = strcspn(text, i < 3 ? "." : "");
		uint64_t number;

		if (str_number(text, size, &number) < 0 || number > 255 ||
		    (i < 3 && text[size] != '.'))
			return -EBADMSG;
		mask = mask << 8 | (uint32_t)number;
		text += size + (i < 3);
	}
	while (ones < 32 && mask & UINT32_C(1) << (31 - ones))
		ones++;
	if (ones == 0 || (ones < 32 && mask << ones))
		return -EBADMSG;
	*ret_prefix = ones;
	return 0;
}

/* What was meant before there were masks. */
static unsigned int class_prefix(const struct net_address *address)
{
	uint8_t first = address->bytes[NET_ADDRESS_IPV4];

	return first < 128 ? 8 : first < 192 ? 16 : 24;
}

bool lease_is_domain(const char *text, size_t size)
{
	char last = '.';

	for (size_t i = 0; i < size; last = text[i++]) {
		char c = text[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '_';

		if (!plain && (last == '.' || (c != '-' && c != '.')))
			return false;
	}
	return size > 0;
}

static bool has_word(const struct str *words, const char *word, size_t size)
{
	const char *at = words->buf, *other;
	size_t other_size;

	while ((other = next_word(&at, &other_size)))
		if (other_size == size && memcmp(other, word, size) == 0)
			return true;
	return false;
}

void lease_add_domains(struct str *search, const char *text)
{
	const char *word;
	size_t size;

	while (text && (word = next_word(&text, &size))) {
		if (!lease_is_domain(word, size) || has_word(search, word, size) ||
		    search->used + 1 + size >= search->size)
			continue;
		str_add(search, search->used ? " " : "");
		str_add_bytes(search, word, size);
	}
}

static uint64_t get_number(char *const env[], const char *name)
{
	const char *text = get(env, name);
	uint64_t number;

	return text && str_number(text, strlen(text), &number) == 0 ? number : 0;
}

int lease_read(char *const env[], struct lease *ret_lease, struct err *err)
{
	const char *ip = get(env, "ip"), *mask = get(env, "subnet");
	struct lease lease = { .seconds = UINT32_MAX, .address_count = 1 };
	struct net_address *own = &lease.addresses[0].address;
	struct net_address *gateway = &lease.gateways.ipv4;
	uint64_t mtu = get_number(env, "mtu"), seconds = get_number(env, "lease");
	struct str search;

	if (!ip || net_address_parse(ip, strlen(ip), own) < 0 || net_address_is_ipv6(own))
		return err_set(err, -EBADMSG, "the server gave no usable address");
	if (!mask || read_mask(mask, &lease.addresses[0].length) < 0)
		lease.addresses[0].length = class_prefix(own);
	(void)read_addresses(get(env, "router"), gateway, 1);
	if (net_address_equal(gateway, own))
		*gateway = (struct net_address){ { 0 } };
	lease.dns_count = read_addresses(get(env, "dns"), lease.dns, NET_MAX_DNS);
	str_init(&search, lease.search, sizeof(lease.search));
	lease_add_domains(&search, get(env, "search"));
	lease_add_domains(&search, get(env, "domain"));
	if (mtu >= MTU_LEAST && mtu <= MTU_MOST)
		lease.mtu = (unsigned int)mtu;
	if (seconds && seconds < UINT32_MAX)
		lease.seconds = (uint32_t)seconds;
	*ret_lease = lease;
	return 0;
}

void lease_of_line(const struct net_line *line, struct lease *ret_lease)
{
	*ret_lease = (struct lease){
		.address_count = line->address_count,
		.gateways = line->gateways,
		.dns_count = line->dns_count,
		.seconds = UINT32_MAX,
	};
	memcpy(ret_lease->addresses, line->addresses, sizeof(line->addresses));
	memcpy(ret_lease->dns, line->dns, sizeof(line->dns));
}
