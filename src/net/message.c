/* SPDX-License-Identifier: Apache-2.0 */
#include "net/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/sys.h"

void *message_begin(struct message *message, unsigned int type, unsigned int flags,
		    size_t size)
{
	*message = (struct message){
		.header = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
			    .nlmsg_type = (uint16_t)type,
			    .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags) },
	};
	return message->rest;
}

static void add(struct message *message, unsigned int type, const void *value,
		size_t size)
{
	char *at = (char *)message + NLMSG_ALIGN(message->header.nlmsg_len);
	const struct rtattr attr = { .rta_len = (uint16_t)RTA_LENGTH(size),
				     .rta_type = (uint16_t)type };

	memcpy(at, &attr, sizeof(attr));
	memcpy(at + RTA_LENGTH(0), value, size);
	message->header.nlmsg_len =
		NLMSG_ALIGN(message->header.nlmsg_len) + (uint32_t)RTA_SPACE(size);
}

void message_add_u32(struct message *message, unsigned int type, uint32_t value)
{
	add(message, type, &value, sizeof(value));
}

void message_add_address(struct message *message, unsigned int type,
			 const struct net_address *address)
{
	size_t skip = net_address_is_ipv6(address) ? 0 : NET_ADDRESS_IPV4;

	add(message, type, address->bytes + skip, sizeof(address->bytes) - skip);
}

ssize_t message_receive(int fd, void *buf, size_t size)
{
	struct sockaddr_nl from = { .nl_pid = 0 };
	ssize_t r;

	do
		r = sys_recvfrom(fd, buf, size, MSG_DONTWAIT, &from, sizeof(from));
	while (r >= 0 && from.nl_pid != 0);
	return r;
}

/* The kernel answers before the write returns. */
static int answer(int fd)
{
	_Alignas(8) char buf[1024];
	const struct nlmsghdr *header = (const struct nlmsghdr *)buf;
	const struct nlmsgerr *said = NLMSG_DATA(header);
	ssize_t size = message_receive(fd, buf, sizeof(buf));

	if (size < 0)
		return (int)size;
	if ((size_t)size < NLMSG_LENGTH(sizeof(*said)) ||
	    header->nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return said->error;
}

int message_send(int fd, const struct message *message)
{
	return fd_write_all(fd, message, message->header.nlmsg_len);
}

int message_ask(int fd, struct message *message)
{
	int r;

	message->header.nlmsg_flags |= NLM_F_ACK;
	r = message_send(fd, message);
	return r < 0 ? r : answer(fd);
}

const struct nlmsghdr *message_at(const char *buf, size_t at, size_t end)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)(buf + at);

	if (end - at < sizeof(*header) || header->nlmsg_len < sizeof(*header) ||
	    header->nlmsg_len > end - at)
		return NULL;
	return header;
}

const struct rtattr *message_find(const struct nlmsghdr *header, size_t fixed,
				  unsigned int type, size_t size)
{
	const char *at = (const char *)NLMSG_DATA(header) + NLMSG_ALIGN(fixed);
	const char *end = (const char *)header + header->nlmsg_len;

	while (end - at >= (ptrdiff_t)sizeof(struct rtattr)) {
		const struct rtattr *attr = (const struct rtattr *)at;

		if (attr->rta_len < sizeof(*attr) || attr->rta_len > end - at)
			return NULL;
		if (attr->rta_type == type && attr->rta_len >= RTA_LENGTH(size))
			return attr;
		at += RTA_ALIGN(attr->rta_len);
	}
	return NULL;
}

/* Read to the end: the next answer is another's. */
int message_search(int fd, const struct message *message,
		   bool (*take)(void *context, const struct nlmsghdr *header),
		   void *context)
{
	_Alignas(8) char buf[8192];
	const struct nlmsghdr *header;
	bool found = false;
	int r = message_send(fd, message);

	while (r == 0) {
		ssize_t size = message_receive(fd, buf, sizeof(buf));

		if (size < 0)
			return (int)size;
		for (size_t at = 0; (header = message_at(buf, at, (size_t)size));
		     at += NLMSG_ALIGN(header->nlmsg_len)) {
			if (header->nlmsg_type == NLMSG_DONE ||
			    header->nlmsg_type == NLMSG_ERROR)
				return found;
			found = found || take(context, header);
		}
	}
	return r;
}
