/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Addresses of machines, in one spelling each: "192.0.2.7", and of IPv6 RFC 5952's. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_ADDRESS_TEXT_SIZE 40 /* of eight groups of four digits, with its end */

/* In the order of its bytes, of IPv4 as ::ffff:192.0.2.7; all zeros: none. */
struct net_address {
	uint8_t bytes[16];
};

#define NET_ADDRESS_IPV4 12 /* that one's own bytes begin there */

/* Reads an address that a machine may have. 0 or -EBADMSG: it is none, or is that of
 * nobody, of everybody, of a group or of a loopback. */
int net_address_parse(const char *text, size_t size, struct net_address *ret_address);

bool net_address_is_set(const struct net_address *address);
bool net_address_equal(const struct net_address *a, const struct net_address *b);
bool net_address_is_ipv6(const struct net_address *address);

/* Is it one of fe80::/10, which means nothing without its interface? */
bool net_address_is_near(const struct net_address *address);

/* Writes it. Returns @ret_text. */
const char *net_address_text(const struct net_address *address,
			     char ret_text[NET_ADDRESS_TEXT_SIZE]);

/* An interface's address, and how many bits of it are its network's. */
struct net_prefix {
	struct net_address address;
	unsigned int length;
};

/* "192.0.2.7/24", "2001:db8::7/64": of a machine, not the first or, of IPv4, the last of its
 * network. 0 or -EBADMSG. */
int net_address_parse_prefix(const char *text, size_t size,
			     struct net_prefix *ret_prefix);
