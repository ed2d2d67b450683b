/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The interfaces that are looked after, and what they come to together: who is asked for
 * names, and what `laminactl net` tells. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/lease.h"
#include "net/router.h"
#include "supervise/restart.h"

struct str;

#define LINKS_MAX 16
#define LINKS_STATE_SIZE 1856 /* of what is told of one, at most */
#define LINKS_SEARCH_SIZE 1024

struct link {
	int index; /* the kernel's */
	char name[NET_NAME_SIZE];
	uint8_t mac[NET_MAC_SIZE];
	bool carrier;
	const struct net_line *line; /* what it is set up by */
	bool bound;		     /* to this: */
	struct lease lease;
	uint64_t until_ms;    /* UINT64_MAX: for ever */
	struct router router; /* beside it; bound or not */

	/* its DHCP client */
	pid_t pid;		   /* 0: none */
	int from;		   /* what the client's events come by, -EBADF */
	bool heard;		   /* it has said something */
	uint64_t began_ms, due_ms; /* its start; the next */
	struct restart restart;
};

struct links {
	struct link items[LINKS_MAX];
	size_t count;
};

/* By the kernel's index, or by the process of its client; NULL: none. */
struct link *links_find(struct links *links, int index);
struct link *links_find_client(struct links *links, pid_t pid);

/* A new one, of which only @index is filled in. NULL: too many. */
struct link *links_add(struct links *links, int index);

/* Any other @link pointer is another one's then. */
void links_remove(struct links *links, struct link *link);

/* resolv.conf: first what each interface names first, so that none puts out another's. */
void links_write_resolv(const struct links *links, struct str *text);

/* key=value lines, those of an interface begin with its name: what laminactl reads. */
void links_write_state(const struct links *links, struct str *text);
