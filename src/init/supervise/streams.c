/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/streams.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/sys.h"

/* Of one stream before others have their turn. */
#define BUDGET 65536

/* 115200 baud are 11 KB a second: what the console does not take now, it does not get. */
static void to_console(const struct streams *streams, const char *bytes, size_t size)
{
	if (streams->console >= 0)
		(void)sys_write(streams->console, bytes, size);
}

static void ready(void *context, int fd)
{
	const struct streams *streams = context;
	char bytes[4096];

	for (size_t done = 0; done < BUDGET;) {
		ssize_t size = sys_read(fd, bytes, sizeof(bytes));

		if (size <= 0)
			return;
		to_console(streams, bytes, (size_t)size);
		done += (size_t)size;
	}
}

void streams_drain(struct streams *streams)
{
	for (int i = 0; i < STREAM_KINDS; i++)
		ready(streams, streams->ends[i].from);
}

int streams_open(struct streams *streams, struct loop *loop, struct err *err)
{
	for (int i = 0; i < STREAM_KINDS; i++) {
		int ends[2];
		int r = sys_pipe2(ends, O_CLOEXEC);

		if (r == 0) {
			streams->ends[i] = (struct stream){ ends[0], ends[1] };
			/* of our end only: the other is the application's to set */
			r = sys_fcntl(ends[0], F_SETFL, O_NONBLOCK);
		}
		if (r == 0)
			r = loop_add(loop, ends[0], ready, streams);
		if (r < 0)
			return err_errno(err, r, "the application's output");
	}
	streams->console = sys_openat(AT_FDCWD, "/dev/console",
				      O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	return 0;
}
