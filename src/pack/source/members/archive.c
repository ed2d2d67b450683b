/* SPDX-License-Identifier: Apache-2.0 */
/* A layout in one tar: its list, and what lies where in it. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/host/decompress.h"
#include "pack/host/scratch.h"
#include "pack/source/members/parts.h"

#define MAX_MEMBERS 100000
#define COPY_SIZE (256 << 10)

/* --- reading a tar's list
 * ---------------------------------------------------------------- */

/* "a/b" and "../c" as "c". NULL when it leads out of the archive, or memory is out. */
static char *join(const char *base, const char *target)
{
	const char *slash = target[0] == '/' ? NULL : strrchr(base, '/');
	size_t dir = slash ? (size_t)(slash - base) : 0, used;
	char *path = malloc(dir + strlen(target) + 2);

	if (!path)
		return NULL;
	memcpy(path, base, dir);
	used = dir;
	while (*target) {
		size_t count = strcspn(target, "/");

		if (count == 2 && memcmp(target, "..", 2) == 0) {
			if (used == 0) {
				free(path);
				return NULL;
			}
			while (used > 0 && path[--used] != '/')
				continue;
		} else if (count > 0 && !(count == 1 && *target == '.')) {
			if (used > 0)
				path[used++] = '/';
			memcpy(path + used, target, count);
			used += count;
		}
		target += count + (target[count] == '/');
	}
	path[used] = '\0';
	return path;
}

struct member *members_archive_find(const struct members *members, const char *name)
{
	/* from the end: the last entry of a name is the one that unpacking would leave */
	for (size_t i = members->count; i-- > 0;)
		if (strcmp(members->list[i].name, name) == 0)
			return &members->list[i];
	return NULL;
}

static struct member *add_member(struct members *members, const char *name)
{
	struct member *list;

	/* grows by doubling */
	if ((members->count & (members->count - 1)) == 0) {
		list = realloc(members->list, (2 * members->count + 1) * sizeof(*list));
		if (!list)
			return NULL;
		members->list = list;
	}
	members->list[members->count] = (struct member){ .name = join("", name) };
	if (!members->list[members->count].name)
		return NULL;
	return &members->list[members->count++];
}

/* A name that leads out of the archive can't be asked for: such an entry is nobody's. */
static int note_entry(struct members *members, struct archive *a,
		      struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);
	const char *symlink = archive_entry_symlink(entry);
	const char *hardlink = archive_entry_hardlink(entry);
	char *plain = name ? join("", name) : NULL;
	struct member *member = plain ? add_member(members, plain) : NULL;

	if (!member) {
		int r = !plain ? 0 : -ENOMEM;

		free(plain);
		return r;
	}
	free(plain);
	if (symlink || hardlink) {
		member->kind = MEMBER_LINK;
		member->link =
			hardlink ? join("", hardlink) : join(member->name, symlink);
	} else if (archive_entry_filetype(entry) == AE_IFREG &&
		   archive_entry_sparse_count(entry) == 0) {
		member->kind = MEMBER_FILE;
		member->size_bytes = (uint64_t)archive_entry_size(entry);
		/* all that was read so far was headers: here the data begins */
		member->offset = (uint64_t)archive_filter_bytes(a, 0);
	} else {
		member->kind = MEMBER_OTHER;
	}
	return members->count > MAX_MEMBERS ? -E2BIG : 0;
}

static int tar_failed(struct archive *a, struct err *err)
{
	const char *reason = archive_error_string(a);

	/* libarchive's word for what no reader of its took */
	if (reason && strcmp(reason, "Unrecognized archive format") == 0)
		reason = "is no tar";
	return err_set(err, -EBADMSG, "%s", reason ? reason : "not a tar");
}

static int read_list(struct members *members, struct archive *a, struct err *err)
{
	struct archive_entry *entry;
	int r = 0;

	for (;;) {
		int got = archive_read_next_header(a, &entry);

		if (got == ARCHIVE_EOF)
			return 0;
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
			return tar_failed(a, err);
		r = note_entry(members, a, entry);
		if (r == -E2BIG)
			return err_set(err, r, "has more than %d entries", MAX_MEMBERS);
		if (r < 0)
			return err_errno(err, r, "reading its list");
	}
}

/* --- a tar that can't be read in place
 * ------------------------------------------------------ */

static ssize_t read_stored(void *context, const void **ret_bytes)
{
	static char buffer[COPY_SIZE];
	ssize_t n;

	do
		n = read(*(const int *)context, buffer, sizeof(buffer));
	while (n < 0 && errno == EINTR);
	*ret_bytes = buffer;
	return n < 0 ? -errno : n;
}

static int copy_plain(struct decompress *decompress, uint64_t limit_bytes, int fd,
		      struct err *err)
{
	const void *bytes;
	uint64_t size = 0;
	ssize_t n;

	while ((n = decompress_next(decompress, &bytes, err)) > 0) {
		int r;

		size += (uint64_t)n;
		if (size > limit_bytes)
			return err_set(err, -E2BIG,
				       "unpacks to more than %" PRIu64
				       " bytes (--limit-bytes)",
				       limit_bytes);
		r = fd_write_all(fd, bytes, (size_t)n);
		if (r < 0)
			return err_errno(err, r, "temporary file");
	}
	return (int)n;
}

/* Decompresses all of @from into a temporary file. */
static int spool(int from, uint64_t limit_bytes, struct err *err)
{
	__fd int to = scratch_open(err);
	struct decompress *decompress = NULL;
	int r = to < 0 ? to : decompress_open(&decompress, read_stored, &from, err);

	if (r == 0)
		r = copy_plain(decompress, limit_bytes, to, err);
	decompress_free(decompress);
	if (r == 0 && lseek(to, 0, SEEK_SET) < 0)
		r = err_errno(err, -errno, "temporary file");
	return r < 0 ? r : TAKE_FD(to);
}

/* Can @fd be read anywhere, and is it a tar as it is? A tar has its magic at 257. */
static bool is_plain_tar(int fd)
{
	char magic[5];

	return fd_pread_all(fd, magic, sizeof(magic), 257) == 0 &&
	       memcmp(magic, "ustar", sizeof(magic)) == 0;
}

int members_archive_open(struct members *members, const char *path, uint64_t limit_bytes,
			 struct err *err)
{
	struct archive *a;
	int r;

	members->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					     : open(path, O_RDONLY | O_CLOEXEC);
	if (members->fd < 0)
		return err_errno(err, -errno, "can't open it");
	if (!is_plain_tar(members->fd)) {
		int plain = spool(members->fd, limit_bytes, err);

		if (plain < 0)
			return plain;
		fd_close(members->fd);
		members->fd = plain;
	}
	a = archive_read_new();
	if (!a || archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_open_fd(a, members->fd, COPY_SIZE) != ARCHIVE_OK)
		r = a ? tar_failed(a, err) : -ENOMEM;
	else
		r = read_list(members, a, err);
	(void)archive_read_free(a);
	return r;
}
