/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "pack/cmd/look/parts.h"
#include "pack/tree/content.h"
#include "stack/switch.h"

int look_walk(struct look *look, const char *path, const struct tree_inode **ret_inode)
{
	struct resolve *walk = &look->walk;
	const struct tree_node *node = NULL;
	int r;

	resolve_start(walk, look->tree, look->tree->lower);
	r = resolve_dirs(walk, path, NULL);
	for (size_t i = 0; i <= walk->depth && r == 0; i++) {
		if (node && !tree_is_dir(node))
			r = -ENOTDIR;
		node = resolve_node(&walk->frames[i]);
	}
	*ret_inode = r == 0 && node ? node->inode : NULL;
	return r;
}

void look_real_path(const struct look *look, char ret_path[TREE_PATH_SIZE])
{
	const struct resolve *walk = &look->walk;
	size_t used = 0;

	for (size_t i = 1; i <= walk->depth; i++) {
		const struct resolve_frame *frame = &walk->frames[i];

		if (used + frame->name_size + 2 > TREE_PATH_SIZE)
			break;
		ret_path[used++] = '/';
		memcpy(ret_path + used, frame->name, frame->name_size);
		used += frame->name_size;
	}
	if (used == 0)
		ret_path[used++] = '/';
	ret_path[used] = '\0';
}

static bool is_below(const char *path, const char *dir)
{
	size_t size = strlen(dir);

	return strncmp(path, dir, size) == 0 && (path[size] == '/' || !path[size]);
}

bool look_is_later(const struct look *look)
{
	const struct manifest *manifest = look->manifest;
	char path[TREE_PATH_SIZE];

	look_real_path(look, path);
	for (size_t i = 0; i < look->volume_count; i++)
		if (is_below(path, look->volumes[i]))
			return true;
	for (size_t i = 0; i < manifest->inject_count; i++)
		if (is_below(path, manifest->injects[i]))
			return true;
	return switch_moves(path, manifest->run == MANIFEST_RUN_EXEC);
}

bool look_may_pass(const struct look *look)
{
	const struct resolve *walk = &look->walk;

	if (look->identity.uid == 0)
		return true;
	for (size_t i = 0; i < walk->depth; i++) {
		const struct tree_node *node = resolve_node(&walk->frames[i]);
		struct stat st = { .st_mode = 0 };

		if (!node)
			return true;
		st.st_mode = node->inode->mode;
		st.st_uid = node->inode->uid;
		st.st_gid = node->inode->gid;
		if (!program_may_execute(&st, &look->identity))
			return false;
	}
	return true;
}

static int copy_bytes(struct content_reader *reader, uint64_t size, int to,
		      struct err *err)
{
	static char buf[65536];

	while (size) {
		size_t count = size < sizeof(buf) ? (size_t)size : sizeof(buf);
		int r = content_read(reader, buf, count, err);

		if (r == 0)
			r = fd_write_all(to, buf, count);
		if (r < 0)
			return r;
		size -= count;
	}
	return 0;
}

int look_copy(const struct tree_inode *inode, int to, struct err *err)
{
	struct content_reader reader;
	int r = content_open(&reader, inode, err);

	if (r < 0)
		return r;
	r = copy_bytes(&reader, inode->size_bytes, to, err);
	content_close(&reader);
	return r;
}
