/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/diff/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "cli/progress.h"
#include "pack/host/tool.h"
#include "pack/tree/xattr.h"

#define UNPACK_BUFFER ((size_t)256 << 10)

struct unpack {
	struct tree *tree;
	struct tree_node *root;
	struct archive *archive;
	struct progress *progress;
	char buffer[UNPACK_BUFFER];
};

struct unpacked_file {
	struct tree_inode inode; /* first, so that one is the other */
	struct digest digest;
};

const struct digest *unpack_digest(const struct tree_inode *inode)
{
	return &((const struct unpacked_file *)(const void *)inode)->digest;
}

/* sqfs2tar's "./a/b/": the node, and where there is none yet a new one if @add; its
 * parents come first in the stream. NULL: not there, or no memory. */
static struct tree_node *find(struct unpack *u, const char *path, bool add)
{
	struct tree_node *node = u->root;

	for (size_t size; node && *path; path += size + (path[size] == '/')) {
		struct tree_node *dir = node;

		size = strcspn(path, "/");
		if (!size || (size == 1 && path[0] == '.'))
			continue;
		node = size <= TREE_NAME_MAX ? tree_child(u->tree, dir, path, size)
					     : NULL;
		if (!node && add && size <= TREE_NAME_MAX && tree_is_dir(dir) &&
		    !path[size + strspn(path + size, "/")])
			node = tree_add(u->tree, dir, path, size);
	}
	return node;
}

static int read_xattrs(struct unpack *u, struct archive_entry *entry,
		       struct tree_node *node, struct err *err)
{
	const char *name;
	const void *value;
	size_t size;

	(void)archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
		int r;

		if (strcmp(name, "trusted.overlay.opaque") == 0 && size == 1)
			node->flags |= TREE_OPAQUE;
		if (strncmp(name, "trusted.overlay.", 16) == 0)
			continue;
		r = xattr_add(u->tree, &node->inode->xattrs, name, value, size, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_content(struct unpack *u, struct digest *ret_digest, struct err *err)
{
	struct sha256 digest;
	la_ssize_t n = 0;
	int r = sha256_start(&digest);

	while (r == 0 &&
	       (n = archive_read_data(u->archive, u->buffer, sizeof(u->buffer))) > 0) {
		progress_add(u->progress, (uint64_t)n);
		r = sha256_add(&digest, u->buffer, (size_t)n);
	}
	if (n < 0)
		return err_set(err, -EBADMSG, "%s", archive_error_string(u->archive));
	if (r == 0)
		r = sha256_finish(&digest, ret_digest);
	return r < 0 ? err_errno(err, r, "hashing it") : 0;
}

static int read_inode(struct unpack *u, struct archive_entry *entry,
		      struct tree_node *node, struct err *err)
{
	struct unpacked_file *file = tree_alloc(u->tree, sizeof(*file));
	struct tree_inode *inode = &file->inode;
	const char *target = archive_entry_symlink(entry);

	if (!file)
		return -ENOMEM;
	inode->mode = archive_entry_mode(entry);
	inode->uid = (uint32_t)archive_entry_uid(entry);
	inode->gid = (uint32_t)archive_entry_gid(entry);
	inode->mtime = (uint32_t)archive_entry_mtime(entry);
	inode->major = (uint32_t)archive_entry_rdevmajor(entry);
	inode->minor = (uint32_t)archive_entry_rdevminor(entry);
	if (S_ISCHR(inode->mode) && inode->major == 0 && inode->minor == 0) {
		node->flags |= TREE_WHITEOUT;
		return 0;
	}
	node->inode = inode;
	if (S_ISLNK(inode->mode))
		inode->target = tree_text(u->tree, target ? target : "");
	if (S_ISLNK(inode->mode) && !inode->target)
		return -ENOMEM;
	if (S_ISREG(inode->mode)) {
		int r;

		inode->size_bytes = (uint64_t)archive_entry_size(entry);
		r = read_content(u, &file->digest, err);
		if (r < 0)
			return r;
	}
	return read_xattrs(u, entry, node, err);
}

static int read_entry(struct unpack *u, struct archive_entry *entry, struct err *err)
{
	const char *path = archive_entry_pathname(entry);
	const char *link = archive_entry_hardlink(entry);
	struct tree_node *node, *target;

	if (!path || strlen(path) >= TREE_PATH_SIZE)
		return err_set(err, -EBADMSG, "a path of no use");
	node = find(u, path, true);
	if (!node || (node->inode && node != u->root))
		return err_set(err, -EBADMSG, "%s: out of place", path);
	if (!link) {
		int r = read_inode(u, entry, node, err);

		return r < 0 ? err_wrap(err, r, "%s", path) : 0;
	}
	target = find(u, link, false);
	if (!target || !target->inode || target == node || S_ISDIR(target->inode->mode))
		return err_set(err, -EBADMSG, "%s: a link to nothing", path);
	node->inode = target->inode;
	return 0;
}

static int read_all(struct unpack *u, int fd, struct err *err)
{
	struct archive_entry *entry;
	int r;

	(void)archive_read_support_format_tar(u->archive);
	(void)archive_read_support_format_empty(u->archive);
	(void)archive_read_set_format_option(u->archive, "tar", "hdrcharset", "BINARY");
	if (archive_read_open_fd(u->archive, fd, UNPACK_BUFFER) != ARCHIVE_OK)
		return err_set(err, -EBADMSG, "%s", archive_error_string(u->archive));
	while ((r = archive_read_next_header(u->archive, &entry)) == ARCHIVE_OK) {
		r = read_entry(u, entry, err);
		if (r < 0)
			return r;
	}
	if (r != ARCHIVE_EOF)
		return err_set(err, -EBADMSG, "%s", archive_error_string(u->archive));
	return 0;
}

static int read_stream(struct tree *tree, int fd, struct progress *progress,
		       struct tree_node **ret_root, struct err *err)
{
	struct unpack *u = calloc(1, sizeof(*u));
	int r;

	if (!u)
		return -ENOMEM;
	u->tree = tree;
	u->progress = progress;
	u->root = tree_new_root(tree);
	u->archive = archive_read_new();
	r = u->root && u->archive ? read_all(u, fd, err) : -ENOMEM;
	if (r == 0)
		*ret_root = u->root;
	(void)archive_read_free(u->archive);
	free(u);
	return r;
}

int unpack_layer(struct tree *tree, int fd, struct progress *progress,
		 struct tree_node **ret_root, struct err *err)
{
	char path[PATH_FD_SIZE];
	const char *const argv[] = { "sqfs2tar", "--no-skip",	       "-r",
				     ".",	 path_of_fd(path, fd), NULL };
	const struct tool_options run = { .argv = argv, .keep_fd = fd };
	struct tool tool = TOOL_INIT;
	struct err said = ERR_INIT;
	int r = tool_start(&tool, TOOL_COLLECT, &run, err), waited;

	if (r == 0)
		r = read_stream(tree, tool.pipe, progress, ret_root, err);
	waited = tool_wait(&tool, &said);
	if (r == 0 && waited < 0)
		return err_set(err, waited, "%s", said.text);
	return r;
}

int unpack_merge(struct tree *tree, struct tree_node *into, const struct tree_node *from,
		 uint32_t number)
{
	into->inode = from->inode;
	into->layer = number;
	for (const struct tree_node *node = from->child; node; node = node->next) {
		struct tree_node *at =
			tree_child(tree, into, node->name, node->name_size);

		if (at && (!tree_is_dir(at) || !tree_is_dir(node) ||
			   node->flags & TREE_OPAQUE)) {
			tree_remove(tree, at);
			at = NULL;
		}
		if (node->flags & TREE_WHITEOUT)
			continue;
		if (!at)
			at = tree_add(tree, into, node->name, node->name_size);
		if (!at || unpack_merge(tree, at, node, number) < 0)
			return -ENOMEM;
	}
	return 0;
}
