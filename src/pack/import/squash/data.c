/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/progress.h"
#include "pack/import/squash/parts.h"
#include "pack/tree/content.h"

#define DATA_BUFFER ((size_t)256 << 10)

static int put_bytes(struct squash *squash, const struct tree_inode *inode,
		     struct err *err)
{
	static char buffer[DATA_BUFFER];
	struct content_reader reader;
	int r = content_open(&reader, inode, err);

	for (uint64_t left = inode->size_bytes; left && r == 0;) {
		size_t size = left < sizeof(buffer) ? (size_t)left : sizeof(buffer);

		r = content_read(&reader, buffer, size, err);
		if (r == 0) {
			int e = sqfs_block_processor_append(squash->data, buffer, size);

			r = e ? squash_error(squash, e, err) : 0;
		}
		progress_add(squash->progress, size);
		left -= size;
	}
	content_close(&reader);
	return r;
}

static int put_file(struct squash *squash, const struct tree_node *node, struct err *err)
{
	char path[TREE_PATH_SIZE];
	int e = sqfs_block_processor_begin_file(
		squash->data, &squash->slots[node->number].file, NULL, 0);
	int r = e ? squash_error(squash, e, err) : 0;

	if (r == 0)
		r = put_bytes(squash, node->inode, err);
	if (r < 0 && r != -ENOSPC && tree_path(node, path) == 0)
		return err_wrap(err, r, "%s", path);
	if (r < 0)
		return r;
	e = sqfs_block_processor_end_file(squash->data);
	return e ? squash_error(squash, e, err) : 0;
}

int squash_put_data(struct squash *squash, struct err *err)
{
	int r = 0, e;

	for (const struct tree_node *node = squash->root; node && r == 0;
	     node = tree_next(squash->root, node))
		if (node->inode && S_ISREG(node->inode->mode) &&
		    node->inode->size_bytes && squash_owner(node) == node)
			r = put_file(squash, node, err);
	if (r < 0)
		return r;
	progress_verb(squash->progress, "compressing the rest of");
	e = sqfs_block_processor_finish(squash->data);
	return e ? squash_error(squash, e, err) : 0;
}
