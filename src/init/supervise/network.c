/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/network.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "init/copies.h"
#include "init/pid1/console.h"
#include "net/netlink.h"
#include "net/service.h"

#define CLIENT "udhcpc"
#define UDHCPC STAGE_RUN "/bin/" CLIENT

/* Has no application a root that can't be written? */
static bool is_whole(const struct stage *stage)
{
	bool whole = stage->image->manifest.upper != MANIFEST_UPPER_NONE;

	for (size_t i = 0; i < stage->part_count; i++)
		whole = whole && stage->parts[i].manifest->upper != MANIFEST_UPPER_NONE;
	return whole;
}

/* Is there more than lo? */
static bool is_wanted(const struct manifest *manifest)
{
	return manifest->net_count > 0 && strcmp(manifest->nets[0], "none") != 0;
}

void network_prepare(const struct stage *stage)
{
	struct err err = ERR_INIT;

	if (is_wanted(&stage->image->manifest) &&
	    copies_leave_program(stage->run, CLIENT, &err) < 0)
		console_say("%s", err.text);
}

/* What talks to itself does so by lo, also where there is no other interface. */
static void loopback_up(void)
{
	__fd int fd = netlink_open();
	int r = fd < 0 ? fd : netlink_up(fd, NETLINK_LOOPBACK);

	if (r < 0)
		console_say("lo: %s", err_reason(r));
}

/* The application is shown the directory, and reads the file before there is a network. */
static int make_dir(const struct stage *stage)
{
	int r = sys_mkdirat(AT_FDCWD, NETWORK_DIR, 0755);
	__fd int dir = -EBADF;

	if (r < 0 && r != -EEXIST)
		return r;
	dir = path_open_own(stage->run, "net", O_PATH | O_DIRECTORY, 0);
	return dir < 0 ? dir : path_write_own(dir, SERVICE_RESOLV, "", 0);
}

void network_init(struct network *network, const struct stage *stage, struct loop *loop)
{
	const struct manifest *manifest = &stage->image->manifest;
	int r;

	*network = (struct network){
		.stage = stage,
		.loop = loop,
		.wanted = is_wanted(manifest),
		.from = -EBADF,
		.restart = { .policy = MANIFEST_RESTART_ALWAYS },
	};
	loopback_up();
	network->ready = !network->wanted;
	r = network->wanted ? make_dir(stage) : 0;
	if (r < 0)
		console_say(NETWORK_DIR ": %s", err_reason(r));
}

static void drop_pipe(struct network *network)
{
	int from = fd_take(&network->from);

	if (from < 0)
		return;
	loop_remove(network->loop, from);
	fd_close(from);
}

static void take_word(void *context, int fd)
{
	struct network *network = context;
	char word;

	if (sys_read(fd, &word, 1) > 0)
		network->ready = true;
	drop_pipe(network);
}

static int set_up(int output)
{
	sigset_t none;
	int r = sys_dup3(output, 1, 0);

	sigemptyset(&none);
	return r < 0 ? r : sys_sigprocmask(SIG_SETMASK, &none);
}

/* This program once more, with memory of its own. */
static _Noreturn void become(const struct network *network, int output)
{
	const struct manifest *manifest = &network->stage->image->manifest;
	const char *args[5 + MANIFEST_MAX_NETS + 1] = {
		SERVICE_NAME,
		NETWORK_DIR,
		UDHCPC,
		STAGE_STORE,
		is_whole(network->stage) ? SERVICE_REPLACE : SERVICE_OVERWRITE,
	};
	char *const env[] = { NULL };

	memcpy(args + 5, manifest->nets, manifest->net_count * sizeof(args[0]));
	if (set_up(output) >= 0)
		(void)sys_execve("/proc/self/exe", (char *const *)(uintptr_t)args, env);
	sys_exit(1);
}

static int start(struct network *network)
{
	int ends[2], r = sys_pipe2(ends, O_CLOEXEC | O_NONBLOCK);
	pid_t pid;

	if (r < 0)
		return r;
	pid = sys_fork();
	if (pid == 0)
		become(network, ends[1]);
	fd_close(ends[1]);
	r = pid < 0 ? pid : loop_add(network->loop, ends[0], take_word, network);
	if (r < 0)
		fd_close(ends[0]);
	else
		network->from = ends[0];
	if (pid > 0)
		network->pid = pid;
	return pid < 0 ? pid : 0;
}

static void again(struct network *network, uint64_t now_ms)
{
	uint64_t delay_ms = 0;

	(void)restart_again(&network->restart, true, now_ms - network->began_ms,
			    &delay_ms);
	network->due_ms = now_ms + delay_ms;
}

void network_turn(struct network *network, uint64_t now_ms)
{
	int r;

	if (!network->wanted || network->pid > 0 || now_ms < network->due_ms)
		return;
	network->began_ms = now_ms;
	r = start(network);
	if (r < 0) {
		console_say("network: not started: %s", err_reason(r));
		again(network, now_ms);
	}
}

bool network_ended(struct network *network, pid_t pid, uint64_t now_ms)
{
	if (pid != network->pid || pid <= 0)
		return false;
	network->pid = 0;
	drop_pipe(network);
	again(network, now_ms);
	console_say("network: ended, starts again in %u ms",
		    (unsigned int)(network->due_ms - now_ms));
	return true;
}

uint64_t network_next(const struct network *network)
{
	return network->wanted && network->pid == 0 ? network->due_ms : UINT64_MAX;
}
