/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Messages of rtnetlink: how one to the kernel is made, and those of it are gone through. */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "format/net-address.h"

struct message {
	struct nlmsghdr header;
	_Alignas(4) char rest[124];
};

/* A message of @type with @size bytes of its kind, all zeros. Returns those. */
void *message_begin(struct message *message, unsigned int type, unsigned int flags,
		    size_t size);

/* The kernel wants the four bytes of an IPv4 address. */
void message_add_address(struct message *message, unsigned int type,
			 const struct net_address *address);
void message_add_u32(struct message *message, unsigned int type, uint32_t value);

/* Sends it. 0 or -errno. */
int message_send(int fd, const struct message *message);

/* Sends it; what the kernel says to it. 0 or -errno. */
int message_ask(int fd, struct message *message);

/* Sends it, and shows @take each part of the answer, to the last one, until that has found what
 * it looks for. 1: it has; 0 or -errno. */
int message_search(int fd, const struct message *message,
		   bool (*take)(void *context, const struct nlmsghdr *header),
		   void *context);

/* What the kernel sent, and nobody else; does not wait. How many bytes, or -errno. */
ssize_t message_receive(int fd, void *buf, size_t size);

/* The message at @at of @end bytes, if it is a whole one. */
const struct nlmsghdr *message_at(const char *buf, size_t at, size_t end);

/* Its attribute behind the @fixed bytes of its kind, if that has @size bytes at least. */
const struct rtattr *message_find(const struct nlmsghdr *header, size_t fixed,
				  unsigned int type, size_t size);
