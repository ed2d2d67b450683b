/* SPDX-License-Identifier: Apache-2.0 */
#include "net/service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/loop.h"
#include "base/sys.h"
#include "net/adopt.h"
#include "net/client.h"
#include "net/config.h"
#include "net/event.h"
#include "net/links.h"
#include "net/netlink.h"
#include "net/say.h"
#include "net/shown.h"

struct service {
	const char *udhcpc;
	int ask; /* netlink */
	struct netlink_watch watch;
	struct loop loop;
	struct config config;
	struct links links;
	struct shown shown;
	bool told; /* that there is a network */
};

static void tell(struct service *service)
{
	if (!service->told)
		(void)fd_write_all(1, "\n", 1);
	service->told = true;
}

static void bind_link(struct service *service, struct link *link,
		      const struct lease *lease)
{
	bool same = link->bound && memcmp(&link->lease, lease, sizeof(*lease)) == 0;

	link->bound = true;
	link->lease = *lease;
	link->until_ms = lease->seconds == UINT32_MAX
				 ? UINT64_MAX
				 : loop_now_ms() + (uint64_t)lease->seconds * 1000;
	if (!same)
		adopt_lease(service->ask, link);
	shown_put(&service->shown, &service->links);
	tell(service);
}

static void unbind_link(struct service *service, struct link *link)
{
	if (!link->bound)
		return;
	say_line("%s: no lease any more", link->name);
	link->bound = false;
	(void)netlink_forget(service->ask, link->index, NULL, 0);
	shown_put(&service->shown, &service->links);
}

/* Does not what a client says first, that there is no lease, to an address of one before. */
static void take_events(void *context, int fd)
{
	struct service *service = context;
	struct event event;
	int r;

	while ((r = event_next(fd, &event)) > 0) {
		for (size_t i = 0; i < service->links.count; i++) {
			struct link *link = &service->links.items[i];

			if (link->from != fd)
				continue;
			if (event.kind == EVENT_BOUND)
				bind_link(service, link, &event.lease);
			else if (event.kind == EVENT_DECONFIG && link->heard)
				unbind_link(service, link);
			link->heard = true;
		}
	}
	/* its end is known by its process's */
	if (r < 0)
		loop_remove(&service->loop, fd);
}

static void start_client(struct service *service, struct link *link, uint64_t now_ms)
{
	struct err err = ERR_INIT;
	int r = client_start(link, service->udhcpc, &err);
	bool first = link->began_ms == 0;

	link->began_ms = now_ms;
	if (r == 0)
		r = loop_add(&service->loop, link->from, take_events, service);
	if (r == 0)
		return;
	if (first)
		say_line("%s: DHCP: %s", link->name, err.text);
	client_stop(link);
	(void)restart_again(&link->restart, true, 0, &link->due_ms);
	link->due_ms += now_ms;
}

static void end_client(struct service *service, struct link *link)
{
	if (link->from >= 0)
		loop_remove(&service->loop, link->from);
	client_stop(link);
}

/* Servers of its line's own are those that count. */
static bool hears_routers(const struct link *link)
{
	return link->line->dns_count == 0;
}

static void look_at_carrier(struct service *service, struct link *link, bool carrier)
{
	bool known = false;

	if (link->carrier == carrier)
		return;
	link->carrier = carrier;
	/* By the next cable it may be somebody else who is asked: a client that goes on asks
	 * the old one first, and gives up the address when nobody answers. */
	if (carrier) {
		link->due_ms = 0;
		if (hears_routers(link))
			router_begin(&link->router, loop_now_ms());
	} else {
		end_client(service, link);
		known = router_end(&link->router);
	}
	if (known)
		shown_put(&service->shown, &service->links);
	else
		shown_put_state(&service->shown, &service->links);
}

static void add_link(struct service *service, const struct netlink_link *told)
{
	const struct net_line *line =
		net_find(service->config.lines, service->config.count, told->name,
			 told->mac, told->ethernet && adopt_is_device(told->name));
	struct link *link = line ? links_add(&service->links, told->index) : NULL;
	struct lease lease;

	if (!link)
		return;
	memcpy(link->name, told->name, sizeof(link->name));
	memcpy(link->mac, told->mac, sizeof(link->mac));
	link->line = line;
	adopt_link(service->ask, link);
	if (line->kind == NET_STATIC) {
		lease_of_line(line, &lease);
		bind_link(service, link, &lease);
	}
	look_at_carrier(service, link, told->carrier);
}

static void take_options(struct service *service, struct link *link,
			 const struct netlink_link *told)
{
	if (link->carrier && hears_routers(link) &&
	    router_take(&link->router, link->name, told->options, told->options_size,
			loop_now_ms()))
		service->shown.changed = true;
}

/* The kernel sets that up itself, by a router's word. */
static void look_for_ipv6(struct service *service)
{
	for (size_t i = 0; i < service->links.count && !service->told; i++) {
		const struct link *link = &service->links.items[i];

		if (!link->carrier || netlink_has_ipv6(service->ask, link->index) <= 0)
			continue;
		/* the names first that came with it */
		if (service->shown.changed)
			shown_put(&service->shown, &service->links);
		tell(service);
	}
}

static void hear_links(struct service *service)
{
	struct netlink_link told;
	int r;

	while ((r = netlink_watch_next(&service->watch, &told)) != 0) {
		struct link *link =
			r > 0 ? links_find(&service->links, told.index) : NULL;

		if (r < 0 && r != -ENOBUFS)
			return;
		if (r < 0 || (!link && (told.gone || told.options)))
			continue;
		if (told.options) {
			take_options(service, link, &told);
		} else if (!link) {
			add_link(service, &told);
		} else if (told.gone) {
			end_client(service, link);
			links_remove(&service->links, link);
			shown_put(&service->shown, &service->links);
		} else {
			look_at_carrier(service, link, told.carrier);
		}
	}
}

static void take_links(void *context, int fd)
{
	struct service *service = context;

	(void)fd;
	hear_links(service);
	look_for_ipv6(service);
}

static void take_signals(void *context, int fd)
{
	struct service *service = context;
	uint64_t now_ms = loop_now_ms(), delay_ms = 0;
	int status;
	pid_t pid;

	while (loop_next_signal(fd) > 0)
		;
	while ((pid = sys_waitpid(-1, &status, WNOHANG)) > 0) {
		struct link *link = links_find_client(&service->links, pid);

		if (!link)
			continue;
		link->pid = 0;
		end_client(service, link);
		(void)restart_again(&link->restart, true, now_ms - link->began_ms,
				    &delay_ms);
		link->due_ms = now_ms + delay_ms;
	}
}

/* A client that is due; when the next one is. */
static uint64_t turn_client(struct service *service, struct link *link, uint64_t now_ms)
{
	if (link->line->kind != NET_DHCP || link->pid > 0 || !link->carrier)
		return UINT64_MAX;
	if (now_ms >= link->due_ms)
		start_client(service, link, now_ms);
	return link->pid > 0 ? UINT64_MAX : link->due_ms;
}

/* What routers said has its time, and some say it only to who asks. */
static uint64_t turn_router(struct service *service, struct link *link, uint64_t now_ms)
{
	if (router_expire(&link->router, now_ms))
		service->shown.changed = true;
	if (router_is_due(&link->router, now_ms))
		(void)router_ask(link->index);
	return router_next(&link->router);
}

static uint64_t sooner(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* Also of leases that no client looks after; when to turn again. */
static uint64_t turn(struct service *service, uint64_t now_ms)
{
	uint64_t next_ms = UINT64_MAX;

	for (size_t i = 0; i < service->links.count; i++) {
		struct link *link = &service->links.items[i];

		next_ms = sooner(next_ms, turn_client(service, link, now_ms));
		next_ms = sooner(next_ms, turn_router(service, link, now_ms));
		if (link->bound && now_ms >= link->until_ms)
			unbind_link(service, link);
		if (link->bound)
			next_ms = sooner(next_ms, link->until_ms);
	}
	return sooner(next_ms, shown_turn(&service->shown, &service->links, now_ms));
}

static int prepare(struct service *service, char *const args[], struct err *err)
{
	/* SIGPIPE: process 1 may have heard enough */
	static const int signals[] = { SIGCHLD, SIGPIPE };
	struct err passed = ERR_INIT;
	int r = 0, fd;

	service->udhcpc = args[1];
	service->shown.overwrite = strcmp(args[3], SERVICE_OVERWRITE) == 0;
	r = service->shown.dir =
		sys_openat(AT_FDCWD, args[0], O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (r < 0)
		return err_errno(err, r, "%s", args[0]);
	r = config_read(&service->config, args[2], args + 4, &passed, err);
	if (r < 0)
		return r;
	if (passed.text[0])
		say_line(CONFIG_LOCAL " of the store: %s; passed over", passed.text);
	fd = loop_signals(signals, sizeof(signals) / sizeof(signals[0]), err);
	if (fd < 0)
		return fd;
	r = service->ask = netlink_open();
	if (r >= 0)
		r = netlink_watch(&service->watch);
	if (r == 0)
		r = loop_add(&service->loop, service->watch.fd, take_links, service);
	if (r == 0)
		r = loop_add(&service->loop, fd, take_signals, service);
	return r < 0 ? err_errno(err, r, "netlink") : 0;
}

int service_main(char *const args[])
{
	static struct service service;
	struct err err = ERR_INIT;
	int r = args[0] && args[1] && args[2] && args[3] ? prepare(&service, args, &err)
							 : -EINVAL;

	if (r < 0) {
		say_line("%s", r == -EINVAL ? "arguments are missing" : err.text);
		return 1;
	}
	(void)sys_prctl(PR_SET_NAME, (unsigned long)(uintptr_t)SERVICE_NAME);
	/* names that one before this knew hold until there are others */
	shown_put_state(&service.shown, &service.links);
	for (;;)
		(void)loop_turn(&service.loop, turn(&service, loop_now_ms()));
}
