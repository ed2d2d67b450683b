/* SPDX-License-Identifier: Apache-2.0 */
#include "net/event.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"

static enum event_kind kind_of(const char *name)
{
	static const struct {
		const char *name;
		enum event_kind kind;
	} kinds[] = {
		{ "deconfig", EVENT_DECONFIG },
		{ "bound", EVENT_BOUND },
		{ "renew", EVENT_BOUND },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(name, kinds[i].name) == 0)
			return kinds[i].kind;
	return EVENT_NONE;
}

int event_main(const char *name, char *const env[])
{
	struct event event = { .kind = kind_of(name) };
	struct err err = ERR_INIT;

	if (event.kind == EVENT_BOUND && lease_read(env, &event.lease, &err) < 0)
		return 1;
	/* below PIPE_BUF: as a whole */
	return event.kind != EVENT_NONE && fd_write_all(1, &event, sizeof(event)) < 0;
}

int event_next(int from, struct event *ret_event)
{
	ssize_t size = sys_read(from, ret_event, sizeof(*ret_event));

	if (size == -EAGAIN)
		return 0;
	if (size < 0)
		return (int)size;
	return size == 0 ? -EPIPE : size == sizeof(*ret_event) ? 1 : -EPROTO;
}
