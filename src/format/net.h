/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A line `net` of a manifest, or of a device's own file: which interfaces, and what their
 * addresses are. lamina-manifest(5) is the source.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/net-address.h"

#define NET_NAME_SIZE 16 /* of an interface, with its end */
#define NET_MAC_SIZE 6
#define NET_HOSTNAME_SIZE 64
#define NET_MAX_DNS 3	       /* as many as a resolver asks */
#define NET_MAX_ADDRESSES 8    /* of an interface */
#define NET_MAX_FILE_SIZE 4096 /* of a device's own lines */

enum net_kind {
	NET_DHCP,
	NET_STATIC,
	NET_LOCAL, /* the device's own lines, where it has some, instead of the others */
	NET_NONE,  /* nothing is set up */
};

enum net_match {
	NET_ANY,
	NET_BY_NAME,
	NET_BY_MAC,
};

/* Where what is not near goes: by IPv4 and by IPv6, each may be none. */
struct net_gateways {
	struct net_address ipv4, ipv6;
};

struct net_line {
	enum net_kind kind;
	enum net_match match;
	char name[NET_NAME_SIZE];
	uint8_t mac[NET_MAC_SIZE];
	char hostname[NET_HOSTNAME_SIZE]; /* told to the DHCP server; "": none */
	struct net_prefix addresses[NET_MAX_ADDRESSES];
	size_t address_count;
	struct net_gateways gateways;
	struct net_address dns[NET_MAX_DNS];
	size_t dns_count;
};

/* Reads what stands behind the key. 0; -EBADMSG with the reason. */
int net_parse(const char *text, size_t size, struct net_line *ret_line, struct err *err);

/* Reads a device's own file: lines `net`, empty ones and comments; `local` is not for it.
 * At most @most lines. 0; -EBADMSG with the line and the reason. */
int net_parse_file(const char *bytes, size_t size, struct net_line *ret_lines,
		   size_t most, size_t *ret_count, struct err *err);

/* Do both name the same interface? */
bool net_same_match(const struct net_line *a, const struct net_line *b);

/* The first of @lines that is for an interface; @device: it is a piece of hardware, with
 * an Ethernet address. NULL: none is. */
const struct net_line *net_find(const struct net_line *lines, size_t count,
				const char *name, const uint8_t mac[NET_MAC_SIZE],
				bool device);
