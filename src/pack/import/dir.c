/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "pack/tree/xattr.h"

struct seen { /* a file with several names, and the first of them */
	dev_t dev;
	ino_t ino;
	const char *path;
};

struct dir {
	struct tree *tree;
	const struct content *content;
	const struct dir_owner *owner;
	dev_t output_dev;
	ino_t output_ino;
	tar_entry_fn *fn;
	void *context;
	struct seen *seen; /* a hash table with free places */
	size_t seen_count, seen_room;
	struct tar_notes notes;
	char target[TREE_PATH_SIZE];
	char path[TREE_PATH_SIZE]; /* of what is being read, "./a/b" */
};

static struct seen *seen_place(struct seen *table, size_t room, dev_t dev, ino_t ino)
{
	size_t i =
		(size_t)(((uint64_t)ino ^ (uint64_t)dev << 32) * 0x9e3779b97f4a7c15ULL >>
			 20);

	for (i &= room - 1; table[i].path; i = (i + 1) & (room - 1))
		if (table[i].dev == dev && table[i].ino == ino)
			break;
	return &table[i];
}

static int seen_grow(struct dir *dir)
{
	size_t room = dir->seen_room ? dir->seen_room * 2 : 256;
	struct seen *table = calloc(room, sizeof(*table));

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < dir->seen_room; i++)
		if (dir->seen[i].path)
			*seen_place(table, room, dir->seen[i].dev, dir->seen[i].ino) =
				dir->seen[i];
	free(dir->seen);
	dir->seen = table;
	dir->seen_room = room;
	return 0;
}

/* The first name of a file met before; else remembers this one. */
static int first_name(struct dir *dir, const struct stat *st, const char *path,
		      const char **ret_first)
{
	struct seen *place;

	if (dir->seen_count * 2 >= dir->seen_room && seen_grow(dir) < 0)
		return -ENOMEM;
	place = seen_place(dir->seen, dir->seen_room, st->st_dev, st->st_ino);
	*ret_first = place->path;
	if (place->path)
		return 0;
	*place = (struct seen){ st->st_dev, st->st_ino, tree_text(dir->tree, path) };
	dir->seen_count++;
	return place->path ? 0 : -ENOMEM;
}

static int read_xattrs(struct dir *dir, int fd, struct tree_xattr **list, struct err *err)
{
	char file[PATH_FD_SIZE], names[65536], value[65536];
	ssize_t size = listxattr(path_of_fd(file, fd), names, sizeof(names));

	if (size < 0)
		return errno == ENOTSUP ? 0
					: err_errno(err, -errno, "extended attributes");
	for (const char *name = names; name < names + size; name += strlen(name) + 1) {
		ssize_t n = getxattr(file, name, value, sizeof(value));
		int r;

		if (n < 0)
			return err_errno(err, -errno, "extended attribute %s", name);
		/* of the workstation's own policy, not of the tree */
		if (strcmp(name, "security.selinux") == 0)
			continue;
		r = xattr_add(dir->tree, list, name, value, (size_t)n, err);
		if (r < 0)
			return r;
		if (r == 0)
			dir->notes.foreign_xattrs++;
	}
	return 0;
}

static int read_target(struct dir *dir, int fd, struct layer_entry *entry)
{
	ssize_t n = readlinkat(fd, "", dir->target, sizeof(dir->target) - 1);

	if (n < 0)
		return -errno;
	dir->target[n] = '\0';
	entry->target = dir->target;
	return 0;
}

/* A file's bytes in runs, where it has holes. */
static int read_extents(struct dir *dir, int file_fd, const struct stat *st,
			struct layer_entry *entry)
{
	uint64_t size = (uint64_t)st->st_size;
	struct tree_extent *extents = NULL;
	uint32_t count = 0, room = 0;
	off_t data = 0, hole = st->st_size;

	while (data < st->st_size) {
		if ((uint64_t)st->st_blocks * 512 < size) {
			data = lseek(file_fd, data, SEEK_DATA);
			hole = data < 0 ? -1 : lseek(file_fd, data, SEEK_HOLE);
		}
		if (data < 0 && errno == ENXIO)
			break; /* only a hole is left */
		if (data < 0 || hole < 0)
			return -errno;
		if (hole > st->st_size)
			hole = st->st_size;
		if (count == room) {
			struct tree_extent *old = extents;

			room = room ? room * 2 : 1;
			extents = tree_alloc(dir->tree, room * sizeof(*extents));
			if (!extents)
				return -ENOMEM;
			if (count)
				memcpy(extents, old, count * sizeof(*extents));
		}
		extents[count++] = (struct tree_extent){ (uint64_t)data, (uint64_t)data,
							 (uint64_t)(hole - data) };
		data = hole;
	}
	entry->extents = extents;
	entry->extent_count = count;
	return 0;
}

static const struct content_stamp *make_stamp(struct dir *dir, const struct stat *st)
{
	struct content_stamp *stamp = tree_alloc(dir->tree, sizeof(*stamp));

	if (stamp)
		*stamp = (struct content_stamp){ st->st_dev, st->st_ino, st->st_size,
						 st->st_mtim, st->st_ctim };
	return stamp;
}

static int read_file(struct dir *dir, int fd, const struct stat *st, const char *path,
		     struct layer_entry *entry)
{
	char name[PATH_FD_SIZE];
	__fd int file = open(path_of_fd(name, fd), O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return -errno;
	entry->size_bytes = (uint64_t)st->st_size;
	entry->content = dir->content;
	entry->stamp = make_stamp(dir, st);
	entry->target = tree_text(dir->tree, path); /* where content.h finds it again */
	if (!entry->target || !entry->stamp)
		return -ENOMEM;
	return read_extents(dir, file, st, entry);
}

static int give(struct dir *dir, int fd, const struct stat *st, const char *path,
		struct err *err)
{
	struct layer_entry entry = {
		.path = path,
		.mode = st->st_mode,
		.uid = dir->owner ? dir->owner->uid : st->st_uid,
		.gid = dir->owner ? dir->owner->gid : st->st_gid,
		.mtime = st->st_mtime,
		.major = major(st->st_rdev),
		.minor = minor(st->st_rdev),
	};
	int r = 0;

	dir->notes.own += !dir->owner && st->st_uid && st->st_uid == geteuid();
	if (!S_ISDIR(st->st_mode) && st->st_nlink > 1)
		r = first_name(dir, st, path, &entry.hardlink);
	if (r == 0 && !entry.hardlink && !S_ISSOCK(st->st_mode))
		r = read_xattrs(dir, fd, &entry.xattrs, err);
	if (r < 0)
		return err_wrap(err, r, "%s", path);
	if (!entry.hardlink && S_ISLNK(st->st_mode))
		r = read_target(dir, fd, &entry);
	if (!entry.hardlink && S_ISREG(st->st_mode))
		r = read_file(dir, fd, st, path, &entry);
	if (r < 0)
		return err_errno(err, r, "%s", path);
	return dir->fn(dir->context, &entry, err);
}

static int walk(struct dir *dir, int parent, const char *name, struct err *err);

static int walk_name(struct dir *dir, int fd, const char *name, struct err *err)
{
	size_t used = strlen(dir->path), room = sizeof(dir->path) - used;
	int r;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if ((size_t)snprintf(dir->path + used, room, "/%s", name) >= room)
		r = err_set(err, -ENAMETOOLONG, "%.64s...: the path is too long",
			    dir->path);
	else
		r = walk(dir, fd, name, err);
	dir->path[used] = '\0';
	return r;
}

static int walk_below(struct dir *dir, int fd, struct err *err)
{
	int list_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = list_fd < 0 ? NULL : fdopendir(list_fd);
	struct dirent *entry;
	int r = list ? 0 : err_errno(err, -errno, "%s", dir->path);

	while (r == 0 && (errno = 0, entry = readdir(list)))
		r = walk_name(dir, fd, entry->d_name, err);
	if (r == 0 && list && errno)
		r = err_errno(err, -errno, "%s", dir->path);
	if (list)
		(void)closedir(list);
	return r;
}

static int walk(struct dir *dir, int parent, const char *name, struct err *err)
{
	__fd int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, -errno, "%s", dir->path);
	if (st.st_dev == dir->output_dev && st.st_ino == dir->output_ino) {
		dir->notes.outputs++;
		return strcmp(dir->path, ".") != 0
			       ? 0
			       : err_set(err, -EINVAL,
					 "is where the image goes (--output): that has no "
					 "place in itself");
	}
	r = give(dir, fd, &st, dir->path, err);
	return r == 0 && S_ISDIR(st.st_mode) ? walk_below(dir, fd, err) : r;
}

int dir_read(struct tree *tree, const struct content *content,
	     const struct dir_options *options, tar_entry_fn *entry, void *context,
	     struct tar_notes *ret_notes, struct err *err)
{
	struct dir dir = { .tree = tree,
			   .content = content,
			   .owner = options->owner,
			   .fn = entry,
			   .context = context,
			   .path = "." };
	struct stat st;
	int r;

	if (fstat(options->output, &st) < 0)
		return err_errno(err, -errno, "output");
	dir.output_dev = st.st_dev;
	dir.output_ino = st.st_ino;
	r = walk(&dir, content->fd, ".", err);
	free(dir.seen);
	if (r == 0)
		*ret_notes = dir.notes;
	return r;
}
