/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/control.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/sys.h"

#define STREAMS 3
#define HEAD_SIZE 16 /* the number of an answer, at most */
#define QUESTION_SIZE 4096

void control_init(struct control *control, struct loop *loop, control_answer *answer,
		  void *context)
{
	*control = (struct control){
		.loop = loop,
		.answer = answer,
		.context = context,
		.listeners = { -EBADF, -EBADF },
	};
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		control->clients[i].fd = -EBADF;
}

/* What runs for one that is not there any more would run unseen. */
static void hang_up(struct control *control, struct control_client *client)
{
	if (client->pid > 0)
		(void)sys_kill(client->pid, client->gently ? SIGTERM : SIGKILL);
	loop_remove(control->loop, client->fd);
	fd_close(fd_take(&client->fd));
	client->pid = 0;
	client->gently = false;
}

static void reply(struct control *control, struct control_client *client, int r,
		  const char *text)
{
	char head[HEAD_SIZE];
	struct str s;

	str_init(&s, head, sizeof(head));
	str_addf(&s, "%d\n", r);
	struct iovec parts[2] = {
		{ head, s.used },
		{ (char *)(uintptr_t)text, strlen(text) },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	if (sys_sendmsg(client->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		hang_up(control, client);
}

static size_t split(char *text, size_t size, const char **ret_words)
{
	size_t count = 0;

	if (size == 0 || text[size - 1] != '\0')
		return 0;
	for (size_t at = 0; at < size; at += strlen(text + at) + 1) {
		if (count == CONTROL_WORDS)
			return 0;
		ret_words[count++] = text + at;
	}
	ret_words[count] = NULL;
	return count;
}

static void take(struct control *control, struct control_client *client, char *bytes,
		 size_t size, const int *streams)
{
	const char *words[CONTROL_WORDS + 1];
	const struct control_question question = { client, words, streams };
	char text[CONTROL_SIZE - HEAD_SIZE];
	struct str s;
	int r = -EINVAL;

	control->asked = true;
	str_init(&s, text, sizeof(text));
	if (split(bytes, size, words) == 0)
		str_add(&s, "not a question");
	else
		r = control->answer(control->context, &question, &s);
	if (r <= 0)
		reply(control, client, r, text);
}

/* The descriptors that came along, all of which are ours now. */
static size_t take_streams(struct msghdr *message, int ret_streams[STREAMS])
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	size_t size;

	if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
		return 0;
	size = head->cmsg_len - CMSG_LEN(0);
	memcpy(ret_streams, CMSG_DATA(head), size);
	return size / sizeof(int);
}

static void asked(void *context, int fd)
{
	struct control *control = context;
	struct control_client *client = control->clients;
	_Alignas(struct cmsghdr) char rights[CMSG_SPACE(STREAMS * sizeof(int))];
	char bytes[QUESTION_SIZE];
	struct iovec part = { bytes, sizeof(bytes) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = rights,
				  /* CMSG_SPACE would have room for one more */
				  .msg_controllen = CMSG_LEN(STREAMS * sizeof(int)) };
	int streams[STREAMS];
	size_t count;
	ssize_t size;

	while (client->fd != fd)
		client++;
	size = sys_recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (size == -EAGAIN || size == -EINTR)
		return;
	count = size > 0 ? take_streams(&message, streams) : 0;
	if (size <= 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || client->pid)
		hang_up(control, client);
	else
		take(control, client, bytes, (size_t)size,
		     count == STREAMS ? streams : NULL);
	for (size_t i = 0; i < count; i++)
		fd_close(streams[i]);
}

/* A place for one more: somebody who is in the middle of nothing goes. */
static struct control_client *find_place(struct control *control)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (control->clients[i].fd < 0)
			return &control->clients[i];
	}
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client =
			&control->clients[control->next++ % CONTROL_CLIENTS];

		if (client->pid == 0) {
			hang_up(control, client);
			return client;
		}
	}
	return NULL;
}

/* The socket's mode keeps others out; this does where somebody changed that. */
static bool is_root(int fd)
{
	struct ucred peer = { .uid = (uid_t)-1 };

	return sys_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, sizeof(peer)) >= 0 &&
	       peer.uid == 0;
}

static void called(void *context, int fd)
{
	struct control *control = context;
	__fd int peer = sys_accept(fd, SOCK_CLOEXEC);
	struct control_client *client =
		peer >= 0 && is_root(peer) ? find_place(control) : NULL;

	if (!client || loop_add(control->loop, peer, asked, control) < 0)
		return;
	*client = (struct control_client){ .manages = fd == control->listeners[1],
					   .fd = TAKE_FD(peer) };
}

int control_listen(struct control *control, const char *path, bool manages,
		   struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	__fd int fd =
		sys_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct str s;
	int r;

	str_init(&s, address.sun_path, sizeof(address.sun_path));
	str_add(&s, path);
	r = fd < 0 ? fd : str_done(&s);
	if (r == 0) {
		int mask = sys_umask(0177);

		r = sys_bind(fd, &address, sizeof(address));
		(void)sys_umask((mode_t)mask);
	}
	if (r == 0)
		r = sys_listen(fd, CONTROL_CLIENTS);
	if (r == 0)
		r = loop_add(control->loop, fd, called, control);
	if (r < 0)
		return err_errno(err, r, "%s", path);
	control->listeners[manages] = TAKE_FD(fd);
	return 0;
}

bool control_ended(struct control *control, pid_t pid, int status)
{
	char text[32];
	struct str s;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd < 0 || client->pid != pid)
			continue;
		client->pid = 0;
		client->gently = false;
		str_init(&s, text, sizeof(text));
		str_addf(&s, "status=%d\n", status);
		reply(control, client, 0, text);
		return true;
	}
	return false;
}

bool control_was_asked(struct control *control)
{
	bool asked = control->asked;

	control->asked = false;
	return asked;
}
