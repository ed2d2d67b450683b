/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/readback.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "cli/progress.h"
#include "pack/host/tool.h"
#include "pack/import/tar-mend.h"
#include "pack/tree/content.h"

#define READBACK_BUFFER ((size_t)256 << 10)

struct readback {
	const struct tree *tree;
	const struct tree_node *root;
	const struct readback_options *options;
	struct archive *archive;
	struct tar_mend mend;
	int pipe;
	size_t seen;
	char given[READBACK_BUFFER]; /* to libarchive */
	char buffer[READBACK_BUFFER];
};

static int differs(struct err *err, const char *path, const char *what)
{
	return err_set(err, -EBADMSG, "read back: %s: %s", path[0] ? path : "/", what);
}

/* sqfs2tar's "./a/b/" in our tree. */
static const struct tree_node *find(const struct readback *rb, const char *path)
{
	const struct tree_node *node = rb->root;

	for (size_t size; node && *path; path += size + (path[size] == '/')) {
		size = strcspn(path, "/");
		if (size && !(size == 1 && path[0] == '.'))
			node = tree_child(rb->tree, node, path, size);
	}
	return node;
}

static const struct tree_xattr *next_expected(const struct tree_xattr *at,
					      const char *name)
{
	while (at && strcmp(at->name, name) != 0)
		at = at->next;
	return at;
}

static int compare_xattrs(const struct tree_node *node, struct archive_entry *entry,
			  const char *path, struct err *err)
{
	const char *opaque = "trusted.overlay.opaque", *name;
	size_t expected = node->flags & TREE_OPAQUE ? 1 : 0, found = 0, size;
	const void *value;

	for (const struct tree_xattr *x = node->inode ? node->inode->xattrs : NULL; x;
	     x = x->next)
		expected++;
	(void)archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
		const struct tree_xattr *x;

		found++;
		if (node->flags & TREE_OPAQUE && strcmp(name, opaque) == 0)
			continue;
		x = next_expected(node->inode ? node->inode->xattrs : NULL, name);
		if (!x || x->size != size || memcmp(x->value, value, size) != 0)
			return differs(err, path, "another extended attribute");
	}
	return found == expected ? 0
				 : differs(err, path, "extended attributes are missing");
}

static int compare_content(struct readback *rb, const struct tree_inode *inode,
			   const char *path, struct err *err)
{
	struct content_reader reader;
	uint64_t left = inode->size_bytes;
	int r = content_open(&reader, inode, err);

	while (r == 0 && left) {
		char expected[16384];
		size_t size =
			left < sizeof(rb->buffer) ? (size_t)left : sizeof(rb->buffer);
		la_ssize_t n = archive_read_data(rb->archive, rb->buffer, size);

		if (n <= 0) {
			r = differs(err, path, "its content is too short");
			break;
		}
		left -= (uint64_t)n;
		progress_add(rb->options->progress, (uint64_t)n);
		for (size_t at = 0, part; r == 0 && at < (size_t)n; at += part) {
			part = (size_t)n - at < sizeof(expected) ? (size_t)n - at
								 : sizeof(expected);
			r = content_read(&reader, expected, part, err);
			if (r == 0 && memcmp(expected, rb->buffer + at, part) != 0)
				r = differs(err, path, "another content");
		}
	}
	content_close(&reader);
	return r;
}

static int compare_link(const struct readback *rb, const struct tree_node *node,
			struct archive_entry *entry, const char *path, struct err *err)
{
	const struct tree_node *target = find(rb, archive_entry_hardlink(entry));

	if (!target || !node->inode || target->inode != node->inode)
		return differs(err, path, "a hard link to another file");
	return 0;
}

static int compare_device(const struct tree_inode *inode, struct archive_entry *entry,
			  const char *path, struct err *err)
{
	if ((uint32_t)archive_entry_rdevmajor(entry) != inode->major ||
	    (uint32_t)archive_entry_rdevminor(entry) != inode->minor)
		return differs(err, path, "another device number");
	return 0;
}

static int compare_inode(struct readback *rb, const struct tree_node *node,
			 struct archive_entry *entry, const char *path, struct err *err)
{
	static const struct tree_inode whiteout = { .mode = S_IFCHR };
	const struct tree_inode *inode = node->inode ? node->inode : &whiteout;
	const char *target = archive_entry_symlink(entry);

	if (archive_entry_mode(entry) != inode->mode)
		return differs(err, path, "another type or mode");
	if (archive_entry_uid(entry) != inode->uid ||
	    archive_entry_gid(entry) != inode->gid)
		return differs(err, path, "another owner");
	if (archive_entry_mtime(entry) != inode->mtime)
		return differs(err, path, "another time");
	if (S_ISLNK(inode->mode) && (!target || strcmp(target, inode->target) != 0))
		return differs(err, path, "another link target");
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		return compare_device(inode, entry, path, err);
	if (!S_ISREG(inode->mode))
		return 0;
	if ((uint64_t)archive_entry_size(entry) != inode->size_bytes)
		return differs(err, path, "another size");
	return compare_content(rb, inode, path, err);
}

static int compare_entry(struct readback *rb, struct archive_entry *entry,
			 struct err *err)
{
	const char *path = archive_entry_pathname(entry);
	const struct tree_node *node = path ? find(rb, path) : NULL;
	int r;

	if (!node)
		return differs(err, path ? path : "?", "should not be there");
	rb->seen++;
	if (archive_entry_hardlink(entry))
		return compare_link(rb, node, entry, path, err);
	r = compare_inode(rb, node, entry, path, err);
	if (r == 0)
		r = compare_xattrs(node, entry, path, err);
	return r;
}

static int compare_all(struct readback *rb, struct err *err)
{
	struct archive_entry *entry;
	size_t count = 0;
	int r;

	while ((r = archive_read_next_header(rb->archive, &entry)) == ARCHIVE_OK) {
		r = compare_entry(rb, entry, err);
		if (r < 0)
			return r;
	}
	if (r != ARCHIVE_EOF)
		return err_set(err, -EBADMSG, "read back: %s",
			       archive_error_string(rb->archive));
	for (const struct tree_node *n = rb->root; n; n = tree_next(rb->root, n))
		count++;
	if (rb->seen != count)
		return err_set(err, -EBADMSG, "read back: %zu entries instead of %zu",
			       rb->seen, count);
	return 0;
}

/* The next bytes of sqfs2tar's, by whole blocks. */
static la_ssize_t give_pipe(struct archive *archive, void *context,
			    const void **ret_bytes)
{
	struct readback *rb = context;
	size_t used = 0;
	ssize_t n = 1;

	while (n != 0 && used < sizeof(rb->given)) {
		n = read(rb->pipe, rb->given + used, sizeof(rb->given) - used);
		if (n < 0 && errno != EINTR) {
			archive_set_error(archive, errno, "reading it: %s",
					  strerror(errno));
			return ARCHIVE_FATAL;
		}
		used += n > 0 ? (size_t)n : 0;
	}
	tar_mend(&rb->mend, rb->given, used);
	*ret_bytes = rb->given;
	return (la_ssize_t)used;
}

static int compare_stream(struct readback *rb, struct err *err)
{
	int r;

	rb->archive = archive_read_new();
	if (!rb->archive)
		return -ENOMEM;
	(void)archive_read_support_format_tar(rb->archive);
	(void)archive_read_support_format_empty(rb->archive);
	(void)archive_read_set_format_option(rb->archive, "tar", "hdrcharset", "BINARY");
	if (archive_read_open(rb->archive, rb, NULL, give_pipe, NULL) == ARCHIVE_OK)
		r = compare_all(rb, err);
	else
		r = err_set(err, -EBADMSG, "read back: %s",
			    archive_error_string(rb->archive));
	(void)archive_read_free(rb->archive);
	return r;
}

int readback_check(const struct tree *tree, const struct tree_node *root, int fd,
		   const struct readback_options *options, struct err *err)
{
	char path[PATH_FD_SIZE];
	const char *const argv[] = { "sqfs2tar", "--no-skip",	       "-r",
				     ".",	 path_of_fd(path, fd), NULL };
	const struct tool_options run = { .argv = argv, .keep_fd = fd };
	struct readback *rb = calloc(1, sizeof(*rb));
	struct tool tool = TOOL_INIT;
	struct err said = ERR_INIT;
	int r = rb ? tool_start(&tool, TOOL_COLLECT, &run, &said) : -ENOMEM, waited;

	if (r < 0)
		(void)err_set(err, r, "%s%s", said.text,
			      r == -ENOENT ? " (or use --no-readback)" : "");
	if (r == 0) {
		rb->tree = tree;
		rb->root = root;
		rb->options = options;
		rb->pipe = tool.pipe;
		r = compare_stream(rb, err);
	}
	free(rb);
	waited = tool_wait(&tool, &said);
	if (r == 0 && waited < 0)
		return err_set(err, waited, "%s", said.text);
	return r;
}
