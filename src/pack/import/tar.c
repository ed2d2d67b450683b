/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "pack/tree/xattr.h"

/* Pages behind the reader are given back this often, so that memory stays flat. */
#define TAR_RELEASE ((size_t)16 << 20)

struct tar {
	struct tree *tree;
	const struct content *content;
	struct archive *archive;
	char *map; /* the whole file from a page's start */
	size_t map_size;
	const char *bytes; /* the tar itself in it */
	size_t released;
	unsigned int given;
	struct tar_notes notes;
};

/* Stands behind a tar whose last block is not whole. */
static const char padding[512];

static int map_content(struct tar *tar, struct err *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t start = tar->content->offset & ~(page - 1);
	uint64_t size = tar->content->offset - start + tar->content->size_bytes;

	if (tar->content->size_bytes == 0)
		return 0;
	if (size > SIZE_MAX)
		return err_set(err, -EFBIG, "is too long for this machine");
	tar->map = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, tar->content->fd,
			(off_t)start);
	if (tar->map == MAP_FAILED) {
		tar->map = NULL;
		return err_errno(err, -errno, "mapping it");
	}
	tar->map_size = (size_t)size;
	tar->bytes = tar->map + (tar->content->offset - start);
	return 0;
}

/*
 * libarchive gets the whole map as one buffer. It then hands out pointers into it, so
 * that where a file's bytes stand is a subtraction, and skipping them touches no page.
 * umoci leaves out the padding behind the last file, which the engines don't miss.
 */
static la_ssize_t give_map(struct archive *archive, void *context, const void **ret_bytes)
{
	struct tar *tar = context;
	size_t over = (size_t)(tar->content->size_bytes % sizeof(padding));

	(void)archive;
	tar->given++;
	*ret_bytes = tar->given == 1 ? tar->bytes : padding;
	if (tar->given == 1)
		return (la_ssize_t)tar->content->size_bytes;
	return tar->given == 2 && over ? (la_ssize_t)(sizeof(padding) - over) : 0;
}

static void release_behind(struct tar *tar, const char *at)
{
	size_t behind = (size_t)(at - tar->map) & ~(size_t)4095;

	if (behind < tar->released + TAR_RELEASE)
		return;
	(void)madvise(tar->map + tar->released, behind - tar->released, MADV_DONTNEED);
	tar->released = behind;
}

static int failure(const struct tar *tar, const char *path, struct err *err)
{
	const char *why = archive_error_string(tar->archive);

	return err_set(err, -EBADMSG, "%s%s%s", path ? path : "", path ? ": " : "",
		       why ? why : "damaged");
}

struct extents {
	struct tree_extent *items;
	uint32_t count, room;
};

/* Keeps one run of data; runs that follow each other in both places are one. */
static int keep_extent(struct tar *tar, struct extents *all, uint64_t offset, uint64_t at,
		       uint64_t size)
{
	struct tree_extent *last = all->count ? &all->items[all->count - 1] : NULL;

	if (last && last->offset + last->size == offset && last->at + last->size == at) {
		last->size += size;
		return 0;
	}
	if (all->count == all->room) {
		uint32_t room = all->room ? all->room * 2 : 1;
		struct tree_extent *items = tree_alloc(tar->tree, room * sizeof(*items));

		if (!items)
			return -ENOMEM;
		if (all->count)
			memcpy(items, all->items, all->count * sizeof(*items));
		all->items = items;
		all->room = room;
	}
	all->items[all->count++] = (struct tree_extent){ offset, at, size };
	return 0;
}

/* Where the bytes are of the entry whose header was read last. */
static int read_extents(struct tar *tar, struct layer_entry *entry, struct err *err)
{
	struct extents all = { 0 };
	const void *bytes;
	la_int64_t offset;
	size_t size;
	int r;

	while ((r = archive_read_data_block(tar->archive, &bytes, &size, &offset)) ==
	       ARCHIVE_OK) {
		const char *at = bytes;

		if (size == 0)
			continue;
		if (at < tar->bytes || at + size > tar->map + tar->map_size)
			return err_set(err, -EBADMSG,
				       "%s: the tar ends in the middle of it",
				       entry->path);
		if ((uint64_t)offset + size > entry->size_bytes)
			return err_set(err, -EBADMSG, "%s: longer than it says",
				       entry->path);
		/* a sparse map may name any places in any order */
		if (all.count && (uint64_t)offset < all.items[all.count - 1].offset +
							    all.items[all.count - 1].size)
			return err_set(err, -EBADMSG, "%s: parts of it overlap",
				       entry->path);
		if (keep_extent(tar, &all, (uint64_t)offset, (uint64_t)(at - tar->bytes),
				size) < 0)
			return -ENOMEM;
		release_behind(tar, at);
	}
	if (r != ARCHIVE_EOF)
		return failure(tar, entry->path, err);
	entry->extents = all.items;
	entry->extent_count = all.count;
	entry->content = tar->content;
	return 0;
}

static int read_xattrs(struct tar *tar, struct archive_entry *from,
		       struct layer_entry *entry, struct err *err)
{
	const char *name;
	const void *value;
	size_t size;

	(void)archive_entry_xattr_reset(from);
	while (archive_entry_xattr_next(from, &name, &value, &size) == ARCHIVE_OK) {
		int r = xattr_add(tar->tree, &entry->xattrs, name, value, size, err);

		if (r < 0)
			return err_wrap(err, r, "%s", entry->path);
		if (r == 0)
			tar->notes.foreign_xattrs++;
	}
	if (archive_entry_acl_types(from) &
	    (ARCHIVE_ENTRY_ACL_TYPE_ACCESS | ARCHIVE_ENTRY_ACL_TYPE_DEFAULT))
		tar->notes.foreign_xattrs++;
	return 0;
}

static int check_numbers(struct archive_entry *from, struct layer_entry *entry,
			 struct err *err)
{
	la_int64_t uid = archive_entry_uid(from), gid = archive_entry_gid(from);

	if (uid < 0 || gid < 0 || uid > UINT32_MAX || gid > UINT32_MAX)
		return err_set(err, -EINVAL,
			       "%s: its owner %lld:%lld is no user and group id",
			       entry->path, (long long)uid, (long long)gid);
	if (archive_entry_size(from) < 0)
		return err_set(err, -EBADMSG, "%s: a negative size", entry->path);
	entry->uid = (uint32_t)uid;
	entry->gid = (uint32_t)gid;
	return 0;
}

/* Names are bytes: without a conversion, whatever stands in the tar comes out. */
static int take_entry(struct tar *tar, struct archive_entry *from,
		      struct layer_entry *entry, struct err *err)
{
	int r;

	entry->path = archive_entry_pathname(from);
	entry->hardlink = archive_entry_hardlink(from);
	entry->target = archive_entry_symlink(from);
	entry->mode = archive_entry_mode(from);
	entry->mtime = archive_entry_mtime(from);
	entry->major = (uint32_t)archive_entry_rdevmajor(from);
	entry->minor = (uint32_t)archive_entry_rdevminor(from);
	if (!entry->path)
		return err_set(err, -EBADMSG, "an entry has no name");
	r = check_numbers(from, entry, err);
	if (r == 0)
		r = read_xattrs(tar, from, entry, err);
	if (r < 0 || entry->hardlink || !S_ISREG(entry->mode))
		return r;
	entry->size_bytes = (uint64_t)archive_entry_size(from);
	return read_extents(tar, entry, err);
}

/* A tar without its end mark may have lost entries, unless its digest says that it is
 * whole. The mark is what was read after the last entry. */
static int check_end(const struct tar *tar, int64_t entries_end, struct err *err)
{
	if (tar->content->complete || archive_filter_bytes(tar->archive, 0) > entries_end)
		return 0;
	return err_set(err, -EBADMSG, "truncated: the tar has no end mark");
}

static int read_entries(struct tar *tar, tar_entry_fn *fn, void *context, struct err *err)
{
	struct archive_entry *from;
	int64_t end = 0;

	for (;;) {
		struct layer_entry entry = { 0 };
		int r = archive_read_next_header(tar->archive, &from);

		if (r == ARCHIVE_EOF)
			return check_end(tar, end, err);
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return failure(tar, NULL, err);
		r = take_entry(tar, from, &entry, err);
		if (r == 0)
			r = fn(context, &entry, err);
		if (r < 0)
			return r;
		if (archive_read_data_skip(tar->archive) < ARCHIVE_WARN)
			return failure(tar, entry.path, err);
		end = archive_filter_bytes(tar->archive, 0);
	}
}

static int open_archive(struct tar *tar, struct err *err)
{
	tar->archive = archive_read_new();
	if (!tar->archive)
		return -ENOMEM;
	(void)archive_read_support_format_tar(tar->archive);
	(void)archive_read_support_format_empty(tar->archive);
	/* not in all versions' tar reader; without it, the C.UTF-8 locale does as well */
	(void)archive_read_set_format_option(tar->archive, "tar", "hdrcharset", "BINARY");
	if (archive_read_open(tar->archive, tar, NULL, give_map, NULL) != ARCHIVE_OK)
		return failure(tar, NULL, err);
	return 0;
}

int tar_read(struct tree *tree, const struct content *content, tar_entry_fn *entry,
	     void *context, struct tar_notes *ret_notes, struct err *err)
{
	struct tar tar = { .tree = tree, .content = content };
	int r = map_content(&tar, err);

	if (r == 0)
		r = open_archive(&tar, err);
	if (r == 0)
		r = read_entries(&tar, entry, context, err);
	if (tar.archive)
		(void)archive_read_free(tar.archive);
	if (tar.map)
		(void)munmap(tar.map, tar.map_size);
	if (r == 0)
		*ret_notes = tar.notes;
	return r;
}
