/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/kept-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"

#define KEPT "kept" /* of init's directory: where init has it mounted */
#define LOG "log"   /* of a store */

static bool is_called(const char *entry, const char *name)
{
	const char *member = strchr(entry, '+');

	return !name || strcmp(entry, name) == 0 ||
	       (member && strcmp(member + 1, name) == 0);
}

int kept_reader_find(int logs, const char *name, char ret_name[VOLUME_OWNER_SIZE])
{
	char image[MANIFEST_NAME_SIZE];
	const struct dirent *entry;
	struct dir list;
	int r, found = 0;

	dir_init(&list, logs);
	while ((r = dir_next(&list, &entry)) > 0) {
		if (!volume_owner(entry->d_name, image) ||
		    !is_called(entry->d_name, name))
			continue;
		(void)strcpy(ret_name, entry->d_name);
		if (name && strcmp(ret_name, name) == 0)
			return 1;
		found = found ? 2 : 1;
	}
	return r < 0 ? r : found;
}

/* In a container there is no store, but the first of the two may be shown to it; where no
 * image that runs keeps its log, an earlier one may have. */
static int open_logs(const struct ctl *ctl, struct err *err)
{
	char path[CTL_PATH_SIZE];
	int r = ctl->store ? 0 : ctl_path(ctl, KEPT, path, err);
	int logs = -ENOENT;

	if (r < 0)
		return r;
	if (!ctl->store)
		logs = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (logs != -ENOENT)
		return logs;
	r = ctl->store ? 0 : ctl_path(ctl, "store", path, err);
	if (r < 0)
		return r;
	__fd int store = sys_openat(AT_FDCWD, ctl->store ? ctl->store : path,
				    O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	return store < 0 ? store : path_open_own(store, LOG, O_RDONLY | O_DIRECTORY, 0);
}

/* The newer one first: what becomes the older one meanwhile is that twice. */
static int open_files(struct kept_reader *reader, int dir)
{
	struct stat newer, older;
	int fd = path_open_own_file(dir, KEPT_NEW, NULL, NULL);

	if (fd < 0 && fd != -ENOENT)
		return fd;
	reader->fds[1] = fd;
	fd = path_open_own_file(dir, KEPT_OLD, NULL, NULL);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	reader->fds[0] = fd;
	if (reader->fds[1] >= 0 && sys_fstat(reader->fds[1], &newer) == 0 &&
	    sys_fstat(fd, &older) == 0 && path_is_same(&newer, &older))
		fd_close(fd_take(&reader->fds[0]));
	return 0;
}

int kept_reader_open(struct kept_reader *reader, const struct ctl *ctl, const char *name,
		     struct err *err)
{
	char owner[VOLUME_OWNER_SIZE] = "";
	__fd int logs = open_logs(ctl, err), dir = -EBADF;
	int r = logs;

	reader->fds[0] = reader->fds[1] = -EBADF;
	kept_reader_rewind(reader);
	if (r >= 0)
		r = kept_reader_find(logs, name, owner);
	if (r == 2)
		return err_set(err, -EINVAL,
			       "the store keeps several logs: say which, such as %s",
			       owner);
	if (r == 1)
		r = dir = path_open_own(logs, owner, O_PATH | O_DIRECTORY, 0);
	if (r > 0)
		r = open_files(reader, dir);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? err_errno(err, r, LOG "/%s", owner)
		     : reader->fds[0] >= 0 || reader->fds[1] >= 0;
}

void kept_reader_rewind(struct kept_reader *reader)
{
	reader->at = reader->offset = reader->from = reader->used = 0;
	reader->boot[0] = '\0';
	reader->number = reader->lost = 0;
}

/* A line of a file, without its end. 1; 0: there is none; -errno. One too long to be ours
 * comes in pieces, which are no lines either. */
static int next_line(struct kept_reader *reader, char **ret_text, size_t *ret_size)
{
	for (;;) {
		char *text = reader->buf + reader->from;
		size_t left = reader->used - reader->from;
		char *end = memchr(text, '\n', left);
		ssize_t got;

		if (end || left >= KEPT_LINE_SIZE) {
			*ret_text = text;
			*ret_size = end ? (size_t)(end - text) : left;
			reader->from += *ret_size + !!end;
			return 1;
		}
		memmove(reader->buf, text, left);
		reader->from = 0;
		reader->used = left;
		got = sys_pread(reader->fds[reader->at], reader->buf + left,
				sizeof(reader->buf) - 1 - left, (int64_t)reader->offset);
		if (got <= 0)
			return (int)got;
		reader->offset += (uint64_t)got;
		reader->used += (size_t)got;
	}
}

static void take_boot(struct kept_reader *reader, const struct kept_line *line)
{
	bool same = strcmp(reader->boot, line->boot) == 0;

	if (same && line->number > reader->number)
		reader->lost += line->number - reader->number;
	else if (!same)
		reader->lost = reader->boot[0] ? line->number : 0;
	(void)strcpy(reader->boot, line->boot);
	reader->number = line->number;
}

int kept_reader_next(struct kept_reader *reader, struct kept_line *ret_line)
{
	char *text = NULL;
	size_t size = 0;

	while (reader->at < 2) {
		int r = reader->fds[reader->at] < 0 ? 0 : next_line(reader, &text, &size);

		if (r < 0)
			return r;
		if (r == 0) {
			reader->at++;
			reader->offset = reader->from = reader->used = 0;
			continue;
		}
		if (kept_parse(text, size, ret_line) < 0)
			continue;
		if (!ret_line->text) {
			take_boot(reader, ret_line);
			continue;
		}
		(void)strcpy(ret_line->boot, reader->boot);
		ret_line->number = reader->number++;
		return 1;
	}
	return 0;
}
