/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What the routers of a link say of names, by RFC 8106: servers (RDNSS) and domains (DNSSL).
 * Addresses and routes are the kernel's, which hands these on. A router is anybody on the
 * cable: what is no plain value is left out.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/net.h"

#define ROUTER_SERVERS NET_MAX_DNS
#define ROUTER_DOMAINS 4
#define ROUTER_TEXT_SIZE 128

/* As resolv.conf has it: an address of fe80::/10 with "%" and its interface. */
struct router_word {
	char text[ROUTER_TEXT_SIZE]; /* "": none, nor behind it */
	uint64_t until_ms;
};

struct router {
	struct router_word servers[ROUTER_SERVERS];
	struct router_word domains[ROUTER_DOMAINS];
	unsigned int asks; /* how often they are still asked, */
	uint64_t ask_ms;   /* and when next; UINT64_MAX: not */
};

/* A cable is in: the kernel asks them by the first one only. */
void router_begin(struct router *router, uint64_t now_ms);

/* It is out, and what they said is forgotten. Was there anything? */
bool router_end(struct router *router);

/* Takes an advertisement's options as they were on the cable of interface @name. Is there
 * something else than before? When a list is full, what is new in it is left out. */
bool router_take(struct router *router, const char *name, const uint8_t *options,
		 size_t size, uint64_t now_ms);

/* Forgets what has had its time. Was there anything? */
bool router_expire(struct router *router, uint64_t now_ms);

/* Are they to be asked now? Then by router_ask(), once. */
bool router_is_due(struct router *router, uint64_t now_ms);

/* When one of the last two has something to do. */
uint64_t router_next(const struct router *router);

/* Asks those of the interface with the kernel's @index. 0 or -errno: it has no address to ask
 * with, yet. */
int router_ask(int index);
