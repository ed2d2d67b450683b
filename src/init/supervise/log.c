/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/loop.h"
#include "base/page.h"
#include "base/path.h"
#include "base/sys.h"

#define LOGS "logs"

static int read_ring(void *context, uint64_t offset, void *buf, size_t size)
{
	const struct log *log = context;

	return fd_pread_all(log->fd, buf, size, offset);
}

static int write_head(const struct log *log)
{
	uint8_t bytes[RING_HEAD_SIZE];

	ring_encode_head(&log->head, bytes);
	return fd_pwrite_all(log->fd, bytes, sizeof(bytes), 0);
}

/* Memory that is there now is there later, when it may be short. */
static int fill(int fd, uint64_t size)
{
	static PAGE_ALIGNED uint8_t zeros[16384]; /* no part of the program's file */

	for (uint64_t at = 0; at < size; at += sizeof(zeros)) {
		size_t piece =
			size - at < sizeof(zeros) ? (size_t)(size - at) : sizeof(zeros);
		int r = fd_pwrite_all(fd, zeros, piece, at);

		if (r < 0)
			return r;
	}
	return 0;
}

int log_open(struct log *log, int run, const char *name, uint64_t size, struct err *err)
{
	__fd int logs = -EBADF;
	int r = sys_mkdirat(run, LOGS, 0700);

	log->head = (struct ring_head){ .size = size - RING_HEAD_SIZE };
	log->fd = -EBADF;
	if (r < 0 && r != -EEXIST)
		return err_errno(err, r, LOGS);
	logs = path_open_own(run, LOGS, O_PATH | O_DIRECTORY, 0);
	if (logs >= 0)
		log->fd = path_open_own(logs, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	r = logs < 0 ? logs : log->fd;
	if (r >= 0)
		r = fill(log->fd, size);
	if (r == 0)
		r = write_head(log);
	return r < 0 ? err_errno(err, r, LOGS "/%s", name) : 0;
}

/* @bytes are whole records, @count of them. */
static void write_records(struct log *log, const uint8_t *bytes, size_t size,
			  uint64_t count)
{
	struct ring_head *head = &log->head;
	uint64_t tail = head->tail;

	ring_make_room(head, size, read_ring, log);
	if (head->tail != tail)
		(void)write_head(log);
	for (size_t done = 0; done < size;) {
		uint64_t offset;
		size_t piece = ring_span(head, head->head + done, size - done, &offset);

		(void)fd_pwrite_all(log->fd, bytes + done, piece, offset);
		done += piece;
	}
	head->head += size;
	head->count += count;
	(void)write_head(log);
}

size_t log_add(struct log *log, uint8_t stream, const char *bytes, size_t size, bool open)
{
	uint8_t records[RING_RECORD_SIZE + RING_MAX_BYTES];
	size_t used = 0, count = 0, all = 0;
	uint64_t now_ms = loop_now_ms();

	if (log->fd < 0)
		return size;
	while (size > 0) {
		const char *end = memchr(bytes, '\n', size);
		size_t line = end ? (size_t)(end - bytes) : size, taken = line + !!end;
		struct ring_record record = { .size = (uint32_t)line,
					      .stream = stream,
					      .open = !end && open,
					      .time_ms = now_ms };

		if (used + RING_RECORD_SIZE + line > sizeof(records)) {
			write_records(log, records, used, count);
			all += used;
			used = count = 0;
		}
		record.number = log->head.count + count;
		ring_encode_record(&record, records + used);
		memcpy(records + used + RING_RECORD_SIZE, bytes, line);
		used += RING_RECORD_SIZE + line;
		count++;
		bytes += taken;
		size -= taken;
	}
	write_records(log, records, used, count);
	return all + used;
}

static int read_whole(struct log *log, char *ret_text, size_t size)
{
	char bytes[RING_MAX_BYTES];
	struct ring_reader reader;
	struct ring_record record;
	struct stat st;
	int r = sys_fstat(log->fd, &st);

	if (r == 0)
		r = ring_open(&reader, read_ring, log, (uint64_t)st.st_size);
	while (r >= 0 && (r = ring_next(&reader, &record, bytes)) > 0) {
		size_t room = record.size < size ? record.size : size - 1;

		if (record.size == 0)
			continue;
		memcpy(ret_text, bytes, room);
		ret_text[room] = '\0';
	}
	return r;
}

void log_last(int run, const char *name, char *ret_text, size_t size)
{
	__fd int logs = path_open_own(run, LOGS, O_PATH | O_DIRECTORY, 0);
	struct log log = { .fd = -EBADF };

	ret_text[0] = '\0';
	if (logs >= 0)
		log.fd = path_open_own(logs, name, O_RDONLY, 0);
	if (log.fd >= 0)
		(void)read_whole(&log, ret_text, size);
	fd_close(log.fd);
}

void log_unshown(struct log *log, uint64_t bytes)
{
	if (log->fd < 0)
		return;
	log->head.unshown += bytes;
	(void)write_head(log);
}
