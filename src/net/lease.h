/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What an interface is set to: a DHCP server's word, as udhcpc has it in its environment, or
 * a `net static` line's. A server is anybody on the cable: what is no plain value is left out.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/net.h"

struct str;

#define LEASE_SEARCH_SIZE 256

struct lease {
	struct net_prefix addresses[NET_MAX_ADDRESSES];
	size_t address_count;
	struct net_gateways gateways;
	struct net_address dns[NET_MAX_DNS];
	size_t dns_count;
	char search[LEASE_SEARCH_SIZE]; /* domains, a space between two; "": none */
	unsigned int mtu;		/* 0: not said */
	uint32_t seconds;		/* UINT32_MAX: for ever */
};

/* From udhcpc's NAME=value. 0; -EBADMSG: without a usable address there is none. */
int lease_read(char *const env[], struct lease *ret_lease, struct err *err);

/* Of a NET_STATIC line. */
void lease_of_line(const struct net_line *line, struct lease *ret_lease);

/* Letters, digits, '-' and '_', with single dots between: nothing that a file of lines and
 * words takes for something else. */
bool lease_is_domain(const char *text, size_t size);

/* Adds domains of @text, a space between two, to such ones: those that are not there, and for
 * which there is room. */
void lease_add_domains(struct str *search, const char *text);
