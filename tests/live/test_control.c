/* SPDX-License-Identifier: Apache-2.0 */
/* Process 1's socket, and peers that behave in every way. */
#include "init/supervise/control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/live.h"

static struct loop loop;
static struct control control;
static int streams; /* that came along with the last question */
static bool managed;

static int answer(void *context, const struct control_question *question,
		  struct str *text)
{
	(void)context;
	managed = question->client->manages;
	streams = question->streams ? 3 : 0;
	if (strcmp(question->words[0], "run") == 0) {
		question->client->pid = fork();
		if (question->client->pid == 0) {
			for (int fd = 3; fd < 64; fd++)
				close(fd); /* the peer's, too */
			alarm(200);
			for (;;)
				pause();
		}
		return 1;
	}
	for (int i = 0; i < 16 && strcmp(question->words[0], "all") == 0; i++)
		str_addf(text, "%0480d", i);
	for (size_t i = 0; question->words[i]; i++)
		str_addf(text, "<%s>", question->words[i]);
	return strcmp(question->words[0], "bad") == 0 ? -EPERM : 0;
}

static void begin(void)
{
	struct err err = ERR_INIT;

	alarm(200); /* nobody may be waited for */
	control_init(&control, &loop, answer, NULL);
	LIVE_GOOD(control_listen(&control, "socket", true, &err), &err);
	LIVE_GOOD(control_listen(&control, "shown", false, &err), &err);
}

static void turn(void)
{
	for (int i = 0; i < 50; i++)
		LIVE_TRUE(loop_turn(&loop, 0) == 0);
}

static int call_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (void *)&address, sizeof(address)) < 0)
		live_fail(__FILE__, __LINE__, "connect: %d", errno);
	return fd;
}

static void expect(int fd, const char *text)
{
	char got[CONTROL_SIZE];
	ssize_t size;

	turn();
	size = recv(fd, got, sizeof(got) - 1, 0);
	got[size < 0 ? 0 : size] = '\0';
	if (strcmp(got, text) != 0)
		live_fail(__FILE__, __LINE__, "'%s' is not '%s'", got, text);
}

static void answers(void)
{
	static char got[CONTROL_SIZE];
	struct stat st;
	int fd;

	begin();
	LIVE_TRUE(stat("socket", &st) == 0 && (st.st_mode & 07777) == 0600);
	fd = call_at("socket");
	LIVE_TRUE(write(fd, "one\0two", 8) == 8);
	expect(fd, "0\n<one><two>");
	LIVE_TRUE(managed && streams == 0);
	LIVE_TRUE(write(fd, "bad", 4) == 4);
	expect(fd, "-1\n<bad>");
	LIVE_TRUE(write(fd, "open end", 8) == 8);
	expect(fd, "-22\nnot a question");
	/* as much as there may be to say of each member of a set */
	LIVE_TRUE(write(fd, "all", 4) == 4);
	turn();
	LIVE_TRUE(recv(fd, got, sizeof(got), 0) == 2 + 16 * 480 + 5);
	LIVE_TRUE(memcmp(got + 2 + 16 * 480, "<all>", 5) == 0);
	close(fd);
	fd = call_at("shown");
	LIVE_TRUE(write(fd, "one", 4) == 4);
	expect(fd, "0\n<one>");
	LIVE_TRUE(!managed);
}

static bool is_hung_up(int fd)
{
	char byte;

	turn();
	return recv(fd, &byte, 1, 0) == 0;
}

static void too_much(void)
{
	static char large[CONTROL_SIZE];
	int fd;

	begin();
	fd = call_at("socket");
	LIVE_TRUE(write(fd, large, sizeof(large)) == sizeof(large));
	LIVE_TRUE(is_hung_up(fd));
	/* more words than there may be */
	fd = call_at("socket");
	LIVE_TRUE(write(fd, large, CONTROL_WORDS + 1) == CONTROL_WORDS + 1);
	expect(fd, "-22\nnot a question");
}

/* They ask, and never listen. */
static void deaf(void)
{
	int fd, other;

	begin();
	fd = call_at("socket");
	for (int i = 0; i < 5000; i++) {
		if (send(fd, "one", 4, MSG_NOSIGNAL) < 0 && errno == EPIPE)
			break;
		LIVE_TRUE(i < 4999);
		turn();
	}
	other = call_at("socket");
	LIVE_TRUE(write(other, "one", 4) == 4);
	expect(other, "0\n<one>");
}

static void crowd(void)
{
	int fds[3 * CONTROL_CLIENTS];
	const int count = (int)(sizeof(fds) / sizeof(fds[0]));

	begin();
	for (int i = 0; i < count; i++) {
		fds[i] = call_at("socket");
		turn();
	}
	LIVE_TRUE(write(fds[count - 1], "one", 4) == 4);
	expect(fds[count - 1], "0\n<one>");
	LIVE_TRUE(is_hung_up(fds[0]));
	LIVE_TRUE(loop.count == 2 + CONTROL_CLIENTS);
}

static void send_fds(int fd, const char *word, int count)
{
	int numbers[8] = { 0, 1, 2, 0, 1, 2, 0, 1 };
	_Alignas(struct cmsghdr) char rights[CMSG_SPACE(sizeof(numbers))] = { 0 };
	struct iovec part = { (char *)(uintptr_t)word, strlen(word) + 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = rights,
		.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int)),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
	memcpy(CMSG_DATA(head), numbers, (size_t)count * sizeof(int));
	LIVE_TRUE(sendmsg(fd, &message, 0) > 0);
}

static int next_fd(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	close(fd);
	return fd;
}

static void descriptors(void)
{
	int fd, next;

	begin();
	fd = call_at("socket");
	turn();
	next = next_fd();
	send_fds(fd, "one", 3);
	expect(fd, "0\n<one>");
	LIVE_TRUE(streams == 3);
	send_fds(fd, "one", 1);
	expect(fd, "0\n<one>");
	LIVE_TRUE(streams == 0);
	LIVE_TRUE(next_fd() == next);
	for (int count = 4; count <= 8; count++) {
		send_fds(fd, "one", count);
		LIVE_TRUE(is_hung_up(fd));
		close(fd);
		LIVE_TRUE(next_fd() <= next);
		fd = call_at("socket");
	}
}

static void runs(void)
{
	int fd, status;
	pid_t pid;

	begin();
	fd = call_at("socket");
	LIVE_TRUE(write(fd, "run", 4) == 4);
	turn();
	pid = control.clients[0].pid;
	LIVE_TRUE(pid > 0 && !control_ended(&control, pid + 1, 0));
	LIVE_TRUE(control_ended(&control, pid, 256));
	expect(fd, "0\nstatus=256\n");
	LIVE_TRUE(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
	/* who goes takes it along */
	LIVE_TRUE(write(fd, "run", 4) == 4);
	turn();
	pid = control.clients[0].pid;
	close(fd);
	LIVE_SOON((turn(), control.clients[0].fd < 0));
	LIVE_TRUE(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL);
	LIVE_TRUE(!control_ended(&control, pid, status));
}

static void strangers(void)
{
	int fd;

	begin();
	LIVE_TRUE(chmod("socket", 0666) == 0 && chmod(".", 0755) == 0);
	LIVE_TRUE(seteuid(1) == 0);
	fd = call_at("socket");
	LIVE_TRUE(seteuid(0) == 0);
	LIVE_TRUE(is_hung_up(fd));
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(answers),	LIVE_TEST(too_much),
		LIVE_TEST(deaf),	LIVE_TEST(crowd),
		LIVE_TEST(descriptors), LIVE_TEST(runs),
		LIVE_TEST(strangers),	{ 0 },
	};

	return live_main(tests, argc, argv);
}
