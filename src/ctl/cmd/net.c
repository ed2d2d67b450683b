/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "ctl/ctl.h"
#include "ctl/out.h"

#define NET "net"
#define STATE "state"
#define STATE_SIZE 30720

static const struct cmd_option options[] = {
	{ "json", 0, NULL, "print JSON" },
	{ 0 },
};

/* One interface of the file, as key=value lines. */
struct interface {
	char *text;
	uint64_t now_ms;
	char value[1024];
};

/* "" where it is not said. Lasts until the next call. */
static const char *get(struct interface *interface, const char *name)
{
	ctl_value(interface->text, name, interface->value, sizeof(interface->value));
	return interface->value;
}

/* The next value of a key that may be there several times, from @at on. NULL: no more. */
static const char *next(struct interface *interface, const char **at, const char *name)
{
	size_t size = strlen(name);

	for (const char *end; (end = strchr(*at, '\n'));) {
		const char *line = *at;

		*at = end + 1;
		if (strncmp(line, name, size) != 0 || line[size] != '=')
			continue;
		ctl_value(line, name, interface->value, sizeof(interface->value));
		return interface->value;
	}
	return NULL;
}

/* False: it is for ever. */
static bool seconds_left(struct interface *interface, uint64_t *ret_seconds)
{
	const char *until = get(interface, "until");
	uint64_t until_ms;

	if (str_number(until, strlen(until), &until_ms) < 0)
		return false;
	*ret_seconds =
		until_ms > interface->now_ms ? (until_ms - interface->now_ms) / 1000 : 0;
	return true;
}

static void add_word(struct out *out, const char *before, const char *text)
{
	if (!*text)
		return;
	out_add(out, before);
	out_clean(out, text);
}

/* All values of a key: @before the first one, and one space between. */
static void add_words(struct out *out, struct interface *interface, const char *name,
		      const char *before)
{
	const char *at = interface->text, *value;

	for (; (value = next(interface, &at, name)); before = " ")
		add_word(out, before, value);
}

static void show_text(struct out *out, struct interface *interface)
{
	uint64_t seconds;

	add_words(out, interface, "interface", "");
	add_words(out, interface, "how", "  ");
	if (strcmp(get(interface, "carrier"), "no") == 0)
		out_add(out, "  no cable");
	add_words(out, interface, "address", "  ");
	add_words(out, interface, "gateway", ", gateway ");
	add_words(out, interface, "dns", ", names by ");
	add_words(out, interface, "search", ", in ");
	if (seconds_left(interface, &seconds))
		out_addf(out, ", for %" PRIu64 ":%02u:%02u h", seconds / 3600,
			 (unsigned int)(seconds / 60 % 60), (unsigned int)(seconds % 60));
	out_add(out, "\n");
}

static void add_text(struct out *out, struct interface *interface, const char *key,
		     const char *name)
{
	const char *text = get(interface, name);

	json_text(out, key, *text ? text : NULL);
}

static void add_list(struct out *out, struct interface *interface, const char *key,
		     const char *name)
{
	const char *at = interface->text, *value;

	json_open(out, key, '[');
	while ((value = next(interface, &at, name)))
		json_text(out, NULL, value);
	json_close(out, ']');
}

static void show_json(struct out *out, struct interface *interface)
{
	uint64_t seconds;

	json_open(out, NULL, '{');
	add_text(out, interface, "interface", "interface");
	add_text(out, interface, "mac", "mac");
	add_text(out, interface, "how", "how");
	json_bool(out, "carrier", strcmp(get(interface, "carrier"), "yes") == 0);
	/* the first of each, too */
	add_text(out, interface, "address", "address");
	add_list(out, interface, "addresses", "address");
	add_text(out, interface, "gateway", "gateway");
	add_list(out, interface, "gateways", "gateway");
	add_list(out, interface, "dns", "dns");
	add_text(out, interface, "search", "search");
	if (seconds_left(interface, &seconds))
		json_number(out, "leaseSecondsLeft", seconds);
	else
		json_text(out, "leaseSecondsLeft", NULL);
	json_close(out, '}');
}

static int show(char *text, bool json, struct err *err)
{
	struct interface interface = { .now_ms = clock_now_us() / 1000 };
	struct out out;

	out_init(&out, 1);
	if (json)
		json_open(&out, NULL, '[');
	for (char *at = text, *end; *at; at = end) {
		/* up to where the next one begins */
		end = strstr(at + 1, "\ninterface=");
		end = end ? end + 1 : at + strlen(at);
		char first = *end;

		*end = '\0';
		interface.text = at;
		(json ? show_json : show_text)(&out, &interface);
		*end = first;
	}
	if (json)
		json_close(&out, ']');
	return out_done(&out, err);
}

static int open_state(const struct ctl *ctl, struct err *err)
{
	char path[CTL_PATH_SIZE];
	int r = ctl_path(ctl, NET, path, err);
	/* in a container, a mount of its own */
	__fd int dir =
		r < 0 ? r
		      : sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	return dir < 0 ? dir : path_open_own(dir, STATE, O_RDONLY, 0);
}

static int net_run(struct cmd_line *line, struct err *err)
{
	static char text[STATE_SIZE];
	struct ctl *ctl = ctl_of(line);
	bool json = false;
	bool *const flags[] = { &json };
	int r = ctl_flags(line, flags, 0, err);
	__fd int fd = r < 0 ? r : open_state(ctl, err);
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, text, sizeof(text) - 1);

	if (r < 0)
		return r;
	if (size == -ENOENT)
		return err_set(err, -ENOENT,
			       "nobody looks after a network here: see `net` of "
			       "lamina-manifest(5)");
	if (size < 0)
		return err_errno(err, (int)size, NET "/" STATE);
	text[size] = '\0';
	return show(text, json, err);
}

const struct cmd cmd_net = {
	.name = "net",
	.args = "",
	.help = "The network that was set up for the application",
	.options = options,
	.run = net_run,
};
