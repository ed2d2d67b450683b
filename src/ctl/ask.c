/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ask.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"

int ask_open(const struct ctl *ctl, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	__fd int fd = sys_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char path[CTL_PATH_SIZE];
	int r = ctl_path(ctl, "control", path, err);
	struct str s;

	if (r < 0)
		return r;
	str_init(&s, address.sun_path, sizeof(address.sun_path));
	str_add(&s, path);
	r = str_done(&s);
	if (r == 0)
		r = fd < 0 ? fd : sys_connect(fd, &address, sizeof(address));
	if (r == -ENOENT)
		return err_set(err, r, "no application is supervised here: no %s", path);
	if (r == -EACCES)
		return err_set(err, r, "%s: only root may ask", path);
	return r < 0 ? err_errno(err, r, "%s", path) : TAKE_FD(fd);
}

int ask_send(int fd, const char *const *words, const int *streams, struct err *err)
{
	const size_t size_of_streams = 3 * sizeof(*streams);
	_Alignas(struct cmsghdr) char rights[CMSG_SPACE(3 * sizeof(*streams))] = { 0 };
	char bytes[4096];
	struct iovec part = { bytes, 0 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	int r;

	for (; *words; words++) {
		size_t size = strlen(*words) + 1;

		if (part.iov_len + size > sizeof(bytes))
			return err_set(err, -E2BIG, "too many words");
		memcpy(bytes + part.iov_len, *words, size);
		part.iov_len += size;
	}
	if (streams) {
		struct cmsghdr *head;

		message.msg_control = rights;
		message.msg_controllen = sizeof(rights);
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(size_of_streams);
		memcpy(CMSG_DATA(head), streams, size_of_streams);
	}
	r = (int)sys_sendmsg(fd, &message, MSG_NOSIGNAL);
	return r < 0 ? err_errno(err, r, "asking init") : 0;
}

int ask_receive(int fd, char ret_text[ASK_SIZE], struct err *err)
{
	ssize_t size = sys_read(fd, ret_text, ASK_SIZE - 1);
	char *end;
	uint64_t number;

	if (size < 0)
		return err_errno(err, (int)size, "init's answer");
	ret_text[size] = '\0';
	end = strchr(ret_text, '\n');
	if (!end)
		return err_set(err, -EPROTO, "init gave no answer");
	*end = '\0';
	if (ret_text[0] == '-' &&
	    str_number(ret_text + 1, strlen(ret_text + 1), &number) == 0 && number < 4096)
		return err_set(err, -(int)number, "%s", end + 1);
	memmove(ret_text, end + 1, strlen(end + 1) + 1);
	return 0;
}

int ask_status(const char *text)
{
	char value[16];
	uint64_t status = 0;

	ctl_value(text, "status", value, sizeof(value));
	(void)str_number(value, strlen(value), &status);
	return WIFSIGNALED((int)status) ? 128 + WTERMSIG((int)status)
					: WEXITSTATUS((int)status);
}

int ask_word(const struct ctl *ctl, const char *word, const char *name,
	     char ret_text[ASK_SIZE], struct err *err)
{
	const char *const words[] = { word, name, NULL };
	__fd int fd = ask_open(ctl, err);
	int r = fd < 0 ? fd : ask_send(fd, words, NULL, err);

	return r < 0 ? r : ask_receive(fd, ret_text, err);
}
