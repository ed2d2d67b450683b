/* SPDX-License-Identifier: Apache-2.0 */
#include "net/service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/loop.h"
#include "base/page.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "net/client.h"
#include "net/config.h"
#include "net/event.h"
#include "net/links.h"
#include "net/netlink.h"

#define WRITE_MS 1000

struct service {
	const char *udhcpc;
	bool overwrite;
	int dir; /* where its files go */
	int ask; /* netlink */
	struct netlink_watch watch;
	struct loop loop;
	struct config config;
	struct links links;
	bool told;	     /* that there is a network */
	bool changed;	     /* is what routers say, and the files have it not yet */
	uint64_t written_ms; /* when those were */
};

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
	char line[256], text[256];
	struct str s;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_init(&s, line, sizeof(line));
	str_addf(&s, SERVICE_NAME ": %s\n", text);
	(void)fd_write_all(2, line, s.used);
}

/* If it can be, as a whole or not at all, for those who read it meanwhile. */
static void put_file(const struct service *service, const char *name,
		     const struct str *text)
{
	const char *first = service->overwrite ? name : ".new";
	int r = path_write_own(service->dir, first, text->buf, text->used);

	if (r == 0 && !service->overwrite)
		r = sys_renameat(service->dir, ".new", service->dir, name);
	if (r < 0)
		say("%s: %s", name, err_reason(r));
}

static PAGE_ALIGNED char file[LINKS_MAX * LINKS_STATE_SIZE];

static void put_state(const struct service *service)
{
	struct str text;

	str_init(&text, file, sizeof(file));
	links_write_state(&service->links, &text);
	put_file(service, SERVICE_STATE, &text);
	page_give_back(file, sizeof(file));
	page_give_back_code();
}

static void put_files(struct service *service)
{
	struct str text;

	service->changed = false;
	service->written_ms = loop_now_ms();
	str_init(&text, file, sizeof(file));
	links_write_resolv(&service->links, &text);
	put_file(service, SERVICE_RESOLV, &text);
	put_state(service);
}

static void say_address(const struct link *link, const struct net_prefix *prefix, int r)
{
	char address[NET_ADDRESS_TEXT_SIZE];

	say("%s: %s/%u%s%s", link->name, net_address_text(&prefix->address, address),
	    prefix->length, r < 0 ? ": " : "", r < 0 ? err_reason(r) : "");
}

static void set_up_gateway(struct service *service, const struct link *link,
			   const struct net_address *own,
			   const struct net_address *gateway)
{
	char address[NET_ADDRESS_TEXT_SIZE];
	int r = netlink_gateway(service->ask, link->index, own, gateway);

	if (r < 0)
		say("%s: gateway %s: %s", link->name,
		    net_address_is_set(gateway) ? net_address_text(gateway, address)
						: "none",
		    err_reason(r));
}

static void set_up(struct service *service, struct link *link)
{
	const struct lease *lease = &link->lease;
	const struct net_address *ipv4 = NULL, *ipv6 = NULL;
	int r = netlink_forget(service->ask, link->index, lease->addresses,
			       lease->address_count);

	for (size_t i = 0; i < lease->address_count; i++) {
		const struct net_prefix *prefix = &lease->addresses[i];
		int added = netlink_address(service->ask, link->index, prefix);

		say_address(link, prefix, added < 0 ? added : r);
		if (net_address_is_ipv6(&prefix->address))
			ipv6 = &prefix->address;
		else if (!ipv4)
			ipv4 = &prefix->address;
	}
	if (ipv4)
		set_up_gateway(service, link, ipv4, &lease->gateways.ipv4);
	if (ipv6)
		set_up_gateway(service, link, ipv6, &lease->gateways.ipv6);
	if (lease->mtu)
		(void)netlink_mtu(service->ask, link->index, lease->mtu);
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
		set_up(service, link);
	put_files(service);
	if (!service->told)
		(void)fd_write_all(1, "\n", 1);
	service->told = true;
}

static void unbind_link(struct service *service, struct link *link)
{
	if (!link->bound)
		return;
	say("%s: no lease any more", link->name);
	link->bound = false;
	(void)netlink_forget(service->ask, link->index, NULL, 0);
	put_files(service);
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
		say("%s: DHCP: %s", link->name, err.text);
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
		put_files(service);
	else
		put_state(service);
}

/* Hardware has a device behind it; bridges, tunnels and other people's have none. */
static bool is_device(const char *name)
{
	char path[64];
	__fd int fd = -EBADF;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/device", name);
	fd = sys_openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
	return fd >= 0;
}

/* Without a cable, its routes are not those that are taken. A kernel without this has one
 * interface, or waits. */
static void look_elsewhere(const char *name)
{
	char path[96];
	__fd int fd = -EBADF;

	(void)snprintf(path, sizeof(path),
		       "/proc/sys/net/ipv4/conf/%s/ignore_routes_with_linkdown", name);
	fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
	if (fd >= 0)
		(void)fd_write_all(fd, "1", 1);
}

static void add_link(struct service *service, const struct netlink_link *told)
{
	const struct net_line *line =
		net_find(service->config.lines, service->config.count, told->name,
			 told->mac, told->ethernet && is_device(told->name));
	struct link *link = line ? links_add(&service->links, told->index) : NULL;
	struct lease lease;
	int r;

	if (!link)
		return;
	memcpy(link->name, told->name, sizeof(link->name));
	memcpy(link->mac, told->mac, sizeof(link->mac));
	link->line = line;
	look_elsewhere(link->name);
	r = netlink_up(service->ask, link->index);
	if (r < 0)
		say("%s: up: %s", link->name, err_reason(r));
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
		service->changed = true;
}

static void take_links(void *context, int fd)
{
	struct service *service = context;
	struct netlink_link told;
	int r;

	(void)fd;
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
			put_files(service);
		} else {
			look_at_carrier(service, link, told.carrier);
		}
	}
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
		service->changed = true;
	if (router_is_due(&link->router, now_ms))
		(void)router_ask(link->index);
	return router_next(&link->router);
}

/* However often routers change their mind, the files are written once a second. */
static uint64_t turn_files(struct service *service, uint64_t now_ms)
{
	uint64_t due_ms = service->written_ms + WRITE_MS;

	if (service->changed && now_ms >= due_ms)
		put_files(service);
	return service->changed ? due_ms : UINT64_MAX;
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
	return sooner(next_ms, turn_files(service, now_ms));
}

static int prepare(struct service *service, char *const args[], struct err *err)
{
	/* SIGPIPE: process 1 may have heard enough */
	static const int signals[] = { SIGCHLD, SIGPIPE };
	struct err passed = ERR_INIT;
	int r = 0, fd;

	service->udhcpc = args[1];
	service->overwrite = strcmp(args[3], SERVICE_OVERWRITE) == 0;
	r = service->dir =
		sys_openat(AT_FDCWD, args[0], O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (r < 0)
		return err_errno(err, r, "%s", args[0]);
	r = config_read(&service->config, args[2], args + 4, &passed, err);
	if (r < 0)
		return r;
	if (passed.text[0])
		say(CONFIG_LOCAL " of the store: %s; passed over", passed.text);
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
		say("%s", r == -EINVAL ? "arguments are missing" : err.text);
		return 1;
	}
	(void)sys_prctl(PR_SET_NAME, (unsigned long)(uintptr_t)SERVICE_NAME);
	/* names that one before this knew hold until there are others */
	put_state(&service);
	for (;;)
		(void)loop_turn(&service.loop, turn(&service, loop_now_ms()));
}
