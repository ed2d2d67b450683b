/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/kept-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/page.h"
#include "base/path.h"
#include "base/sys.h"

#define HEADS 192 /* of a record's line and a boot's, at most */
/* That of no record. */
#define NOWHERE UINT64_MAX

/* What a power cut left behind the last line feed: half a line, or the zeros of blocks that
 * were never written. */
static int trim(struct kept_file *file)
{
	uint64_t size = file->size_bytes;
	char last = '\n';

	while (size > 0) {
		int r = fd_pread_all(file->fd, &last, 1, size - 1);

		if (r < 0)
			return r;
		if (last == '\n')
			break;
		size--;
	}
	if (size == file->size_bytes)
		return 0;
	file->size_bytes = size;
	return sys_ftruncate(file->fd, (int64_t)size);
}

static int open_new(struct kept_file *file)
{
	struct stat st = { .st_size = 0 };
	int r;

	file->next = NOWHERE;
	file->fd = path_open_own(file->dir, KEPT_NEW, O_RDWR | O_CREAT, 0600);
	r = file->fd < 0 ? file->fd : sys_fstat(file->fd, &st);
	if (r >= 0 && (!S_ISREG(st.st_mode) || st.st_nlink != 1))
		r = -EINVAL;
	file->size_bytes = (uint64_t)st.st_size;
	/* a larger one goes as it is, with the next line */
	if (r >= 0 && file->size_bytes <= file->most_bytes)
		r = trim(file);
	if (r < 0)
		fd_close(fd_take(&file->fd));
	return r;
}

int kept_file_open(struct kept_file *file, int dir, const char *boot, uint64_t most_bytes)
{
	*file = (struct kept_file){ .dir = dir, .boot = boot, .most_bytes = most_bytes };
	return open_new(file);
}

static int turn_over(struct kept_file *file)
{
	int r = sys_fdatasync(file->fd);

	if (r == 0)
		r = path_move(file->dir, KEPT_NEW, file->dir, KEPT_OLD);
	if (r < 0)
		return r;
	fd_close(fd_take(&file->fd));
	return open_new(file);
}

int kept_file_add(struct kept_file *file, const struct ring_record *record,
		  const char *bytes)
{
	static PAGE_ALIGNED char buf[2 * KEPT_LINE_SIZE];
	struct str text;
	int r = file->fd < 0 ? open_new(file) : 0;

	if (r == 0 && file->size_bytes + record->size + HEADS > file->most_bytes)
		r = turn_over(file);
	if (r < 0)
		return r;
	str_init(&text, buf, sizeof(buf));
	if (record->number != file->next)
		kept_write_boot(&text, record->time_ms, file->boot, record->number);
	kept_write_record(&text, record, bytes);
	r = fd_pwrite_all(file->fd, text.buf, text.used, file->size_bytes);
	if (r < 0) {
		(void)sys_ftruncate(file->fd, (int64_t)file->size_bytes);
		return r;
	}
	file->size_bytes += text.used;
	file->next = record->number + 1;
	return 0;
}
