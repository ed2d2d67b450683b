/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "pack/import/tar-header.h"
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

	/* libarchive's word for what no reader of its took */
	if (!path && why && strcmp(why, "Unrecognized archive format") == 0)
		why = "is no tar";
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

	/* the largest means "no change" to chown(2), and nobody to the kernel */
	if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
		return err_set(err, -EINVAL,
			       "%s: its owner %lld:%lld is no user and group id",
			       entry->path, (long long)uid, (long long)gid);
	if (archive_entry_size(from) < 0)
		return err_set(err, -EBADMSG, "%s: a negative size", entry->path);
	entry->uid = (uint32_t)uid;
	entry->gid = (uint32_t)gid;
	return 0;
}

/* A long link whose own header has an empty one: libarchive (3.6, 3.7) forgets it. */
static int recall_link(struct tar *tar, const struct tar_header *header,
		       struct layer_entry *entry)
{
	char *link;

	if (entry->target || entry->hardlink || !header->link_size ||
	    (header->type != '1' && header->type != '2'))
		return 0;
	link = tree_alloc(tar->tree, header->link_size + 1);
	if (!link)
		return -ENOMEM;
	memcpy(link, header->link, header->link_size);
	if (header->type == '1')
		entry->hardlink = link;
	else
		entry->target = link;
	return 0;
}

/* Where the entry's headers stand: from the end of the one before to where the reader is. */
static int read_header(struct tar *tar, uint64_t start, struct archive_entry *from,
		       struct layer_entry *entry, struct err *err)
{
	uint64_t end = (uint64_t)archive_filter_bytes(tar->archive, 0);
	struct tar_header header;
	int r;

	if (end < start || end > tar->content->size_bytes)
		return err_set(err, -EBADMSG, "ends in the middle of a header");
	r = tar_header_read(tar->bytes + start, (size_t)(end - start), &header, err);
	/* of POSIX, GNU's directory and sparse file; engines refuse the others as well */
	if (r == 0 && header.type && !strchr("01234567DS", header.type))
		return err_set(err, -EBADMSG,
			       header.type == 'M' ? "is the rest of a file, of which "
						    "another tape has the beginning"
						  : "its type is none that a tar has");
	/* as it stands there: libarchive's may be changed by an ACL */
	entry->mode = archive_entry_filetype(from) | header.mode;
	if (r == 0)
		r = recall_link(tar, &header, entry);
	if (r == 0 && header.type == '1' && !entry->hardlink)
		return err_set(err, -EBADMSG, "a hard link to nothing");
	return r;
}

/* Names are bytes: without a conversion, whatever stands in the tar comes out. */
static int take_entry(struct tar *tar, uint64_t start, struct archive_entry *from,
		      struct layer_entry *entry, struct err *err)
{
	int r;

	entry->path = archive_entry_pathname(from);
	entry->hardlink = archive_entry_hardlink(from);
	entry->target = archive_entry_symlink(from);
	entry->mtime = archive_entry_mtime(from);
	entry->major = (uint32_t)archive_entry_rdevmajor(from);
	entry->minor = (uint32_t)archive_entry_rdevminor(from);
	if (!entry->path)
		return err_set(err, -EBADMSG, "an entry has no name");
	r = read_header(tar, start, from, entry, err);
	if (r < 0)
		return err_wrap(err, r, "%s", entry->path);
	r = check_numbers(from, entry, err);
	if (r == 0)
		r = read_xattrs(tar, from, entry, err);
	if (r < 0 || entry->hardlink || !S_ISREG(entry->mode))
		return r;
	entry->size_bytes = (uint64_t)archive_entry_size(from);
	return read_extents(tar, entry, err);
}

/* How many bytes from @at on are zeros. */
static uint64_t count_zeros(const struct tar *tar, uint64_t at)
{
	uint64_t start = at;

	while (at < tar->content->size_bytes && tar->bytes[at] == 0)
		at++;
	return at - start;
}

/*
 * A tar without its end mark, two blocks of zeros, may have lost entries, unless its digest says
 * that it is whole. @end is where the last entry ends. What follows the mark is nobody's.
 */
static int check_end(struct tar *tar, uint64_t end, struct err *err)
{
	uint64_t size = tar->content->size_bytes;
	uint64_t at = (uint64_t)archive_filter_bytes(tar->archive, 0), zeros;

	if (at <= end || at > size)
		return tar->content->complete || at > end
			       ? 0
			       : err_set(err, -EBADMSG,
					 "truncated: the tar has no end mark");
	zeros = count_zeros(tar, at);
	if (at + zeros == size)
		return 0;
	if (end == 0)
		return err_set(err, -EBADMSG, "is no tar: it begins with zeros");
	if (zeros < TAR_BLOCK && (at - end < 2 * TAR_BLOCK ||
				  count_zeros(tar, at - 2 * TAR_BLOCK) < 2 * TAR_BLOCK))
		return err_set(err, -EBADMSG,
			       "damaged: a single block of zeros stands before more, "
			       "where a tar ends with two");
	tar->notes.behind_end += size - at;
	return 0;
}

static int read_entries(struct tar *tar, tar_entry_fn *fn, void *context, struct err *err)
{
	struct archive_entry *from;
	uint64_t end = 0;

	for (;;) {
		struct layer_entry entry = { 0 };
		int r = archive_read_next_header(tar->archive, &from);

		if (r == ARCHIVE_EOF)
			return check_end(tar, end, err);
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return failure(tar, NULL, err);
		r = take_entry(tar, end, from, &entry, err);
		if (r == 0)
			r = fn(context, &entry, err);
		if (r < 0)
			return r;
		if (archive_read_data_skip(tar->archive) < ARCHIVE_WARN)
			return failure(tar, entry.path, err);
		end = (uint64_t)archive_filter_bytes(tar->archive, 0);
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
