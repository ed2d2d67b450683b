/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"

/* Of the log, by one stream before others have their turn: a flooder fills its pipe, and
 * waits. */
#define BUDGET 65536

static bool put(struct streams *streams, const char *bytes, size_t size)
{
	ssize_t r = sys_write(streams->console, bytes, size);
	size_t shown = r < 0 ? 0 : (size_t)r;

	if (shown == size)
		return true;
	streams->unshown += size - shown;
	log_unshown(&streams->log, size - shown);
	return false;
}

/* 115200 baud are 11 KB a second: what the console does not take now, it does not get, and
 * that is said on it when it takes something again. */
static void to_console(struct streams *streams, const char *bytes, size_t size)
{
	char text[64];
	ssize_t r;

	if (streams->console < 0)
		return;
	if (streams->unshown) {
		(void)snprintf(text, sizeof(text),
			       "\n[%" PRIu64 " bytes were not shown here]\n",
			       streams->unshown);
		r = sys_write(streams->console, text, strlen(text));
		if (r != (ssize_t)strlen(text)) {
			streams->unshown += size;
			log_unshown(&streams->log, size);
			return;
		}
		streams->unshown = 0;
	}
	(void)put(streams, bytes, size);
}

static void read_stream(struct streams *streams, enum stream_kind kind)
{
	struct stream *stream = &streams->ends[kind];
	char bytes[RING_MAX_BYTES];

	for (size_t done = 0; done < BUDGET;) {
		ssize_t size = sys_read(stream->from, bytes, sizeof(bytes));

		if (size <= 0)
			return;
		stream->open = bytes[size - 1] != '\n';
		done += log_add(&streams->log, (uint8_t)kind, bytes, (size_t)size, true);
		to_console(streams, bytes, (size_t)size);
	}
}

static void ready(void *context, int fd)
{
	struct streams *streams = context;

	read_stream(streams,
		    fd == streams->ends[STREAM_OUT].from ? STREAM_OUT : STREAM_ERR);
}

void streams_drain(struct streams *streams)
{
	for (enum stream_kind kind = 0; kind < STREAM_KINDS; kind++) {
		read_stream(streams, kind);
		if (streams->ends[kind].open)
			(void)log_add(&streams->log, (uint8_t)kind, "\n", 1, false);
		streams->ends[kind].open = false;
	}
}

static int open_pipe(struct streams *streams, struct stream *stream, struct loop *loop)
{
	int ends[2];
	int r = sys_pipe2(ends, O_CLOEXEC);

	if (r < 0)
		return r;
	*stream = (struct stream){ .from = ends[0], .to = ends[1] };
	/* of our end only: the other is the application's to set */
	r = sys_fcntl(ends[0], F_SETFL, O_NONBLOCK);
	return r < 0 ? r : loop_add(loop, ends[0], ready, streams);
}

int streams_open(struct streams *streams, const char *name,
		 const struct manifest_log *log, int run, struct loop *loop,
		 struct err *err)
{
	for (int i = 0; i < STREAM_KINDS; i++) {
		int r = open_pipe(streams, &streams->ends[i], loop);

		if (r < 0)
			return err_errno(err, r, "the application's output");
	}
	streams->console = -EBADF;
	if (log->console)
		streams->console =
			sys_openat(AT_FDCWD, "/dev/console",
				   O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	return log_open(&streams->log, run, name, log->size_bytes, err);
}
