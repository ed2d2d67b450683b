/* SPDX-License-Identifier: Apache-2.0 */
/* What goes onto a disk: a list of names, and the script that makes debugfs write them.
 */
#include "pack/device/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int disk_tree_add(struct disk_tree *tree, const char *name, uint32_t mode,
		  uint64_t size_bytes, struct err *err)
{
	struct disk_file *files;
	char *copy;

	/* debugfs reads a line a command, and has no way to write these */
	if (strpbrk(name, "\n\r\"") || strlen(name) >= DISK_NAME_SIZE)
		return err_set(err, -EINVAL, "%s: no name for a disk", name);
	files = realloc(tree->files, (tree->count + 1) * sizeof(*files));
	copy = strdup(name);
	if (files)
		tree->files = files;
	if (!files || !copy) {
		free(copy);
		return err_errno(err, -ENOMEM, "%s", name);
	}
	files[tree->count++] = (struct disk_file){
		.name = copy,
		.mode = mode,
		.size_bytes = S_ISREG(mode) ? size_bytes : 0,
		.fd = -1,
	};
	return 0;
}

int disk_tree_add_fd(struct disk_tree *tree, const char *name, int fd,
		     uint64_t size_bytes, struct err *err)
{
	int r = disk_tree_add(tree, name, S_IFREG | 0644, size_bytes, err);

	if (r == 0)
		tree->files[tree->count - 1].fd = fd;
	return r;
}

void disk_tree_own(struct disk_tree *tree, uint32_t uid, uint32_t gid)
{
	tree->files[tree->count - 1].uid = uid;
	tree->files[tree->count - 1].gid = gid;
}

void disk_tree_done(struct disk_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		free(tree->files[i].name);
	free(tree->files);
	*tree = (struct disk_tree){ 0 };
}

static int by_name(const void *a, const void *b)
{
	const struct disk_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void disk_tree_sort(struct disk_tree *tree)
{
	if (tree->count > 0)
		qsort(tree->files, tree->count, sizeof(*tree->files), by_name);
}

uint64_t disk_tree_bytes(const struct disk_tree *tree)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < tree->count; i++)
		bytes += (tree->files[i].size_bytes + 4095) / 4096 * 4096 + 4096;
	return bytes;
}

static int script_file(FILE *script, int store, const struct disk_file *file,
		       const char *name, struct err *err)
{
	char target[4096];
	ssize_t size;

	switch (file->mode & S_IFMT) {
	case S_IFDIR:
		fprintf(script, "mkdir \"%s\"\n", name);
		return 0;
	case S_IFREG:
		if (file->fd >= 0)
			fprintf(script, "write /proc/self/fd/%d \"%s\"\n", file->fd,
				name);
		else
			fprintf(script, "write \"/proc/self/fd/%d/%s\" \"%s\"\n", store,
				file->name, name);
		return 0;
	case S_IFIFO:
		fprintf(script, "mknod \"%s\" p\n", name);
		return 0;
	case S_IFLNK:
		size = readlinkat(store, file->name, target, sizeof(target) - 1);
		if (size < 0)
			return err_errno(err, -errno, "%s", file->name);
		target[size] = '\0';
		if (strpbrk(target, "\n\r\""))
			return err_set(err, -EINVAL, "%s: no target for a disk",
				       file->name);
		fprintf(script, "symlink \"%s\" \"%s\"\n", name, target);
		return 0;
	default:
		return err_set(err, -EINVAL, "%s: neither a file nor a directory",
			       file->name);
	}
}

/* Links have no mode worth setting. debugfs took the others' from the store, and made
 * everything root's. */
static void script_owner(FILE *script, const struct disk_file *file, const char *name)
{
	if (!S_ISLNK(file->mode))
		fprintf(script, "set_inode_field \"%s\" mode 0%o\n", name, file->mode);
	if (file->uid)
		fprintf(script, "set_inode_field \"%s\" uid %u\n", name, file->uid);
	if (file->gid)
		fprintf(script, "set_inode_field \"%s\" gid %u\n", name, file->gid);
}

/* debugfs puts names into its working directory, whatever slashes they have. */
int disk_tree_script(const struct disk_tree *tree, int store, FILE *script,
		     struct err *err)
{
	const char *dir = NULL;
	size_t dir_size = 0;

	for (size_t i = 0; i < tree->count; i++) {
		const struct disk_file *file = &tree->files[i];
		const char *slash = strrchr(file->name, '/');
		const char *name = slash ? slash + 1 : file->name;
		size_t size = (size_t)(name - file->name);
		int r;

		if (!dir || size != dir_size || memcmp(dir, file->name, size) != 0)
			fprintf(script, "cd \"/%.*s\"\n", (int)size, file->name);
		dir = file->name;
		dir_size = size;
		r = script_file(script, store, file, name, err);
		if (r < 0)
			return r;
		script_owner(script, file, name);
	}
	return 0;
}
