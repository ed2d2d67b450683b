/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/places.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/host/scratch.h"
#include "pack/tree/pax.h"

static void add(struct pax *pax, const char *path, size_t size, uint32_t mode)
{
	struct tree_inode inode = { .mode = mode, .names = 1 };
	struct tree_node node = { .inode = &inode };
	char part[TREE_PATH_SIZE];

	(void)snprintf(part, sizeof(part), "%.*s", (int)size, path);
	pax_add(pax, &node, part, NULL);
}

/* @path is absolute. What is above it may be there already, and stays as it is. */
static void add_directory(struct pax *pax, const char *path, uint32_t mode)
{
	for (const char *at = path + 1; *at;) {
		size_t size = (size_t)(at - path) + strcspn(at, "/");

		add(pax, path + 1, size - 1, S_IFDIR | (path[size] ? 0755 : mode));
		at = path + size + (path[size] == '/');
	}
}

static void add_all(struct pax *pax, const struct manifest *manifest)
{
	static const char *const directories[] = { "/dev", "/proc", "/sys", "/etc" };
	static const char *const files[] = { "etc/hostname", "etc/hosts",
					     "etc/resolv.conf" };

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		add_directory(pax, directories[i], 0755);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		add(pax, files[i], strlen(files[i]), S_IFREG | 0644);
	add_directory(pax, manifest->cwd, 0755);
	/* an engine's tmpfs is everybody's where the image has no directory */
	for (size_t i = 0; i < manifest->volume_count; i++)
		add_directory(pax, manifest->volumes[i].path,
			      manifest->volumes[i].persist ? 0755 : 01777);
	pax_add_end(pax);
}

bool places_wanted(const struct manifest *manifest)
{
	return manifest->run == MANIFEST_RUN_SUPERVISE &&
	       manifest->upper == MANIFEST_UPPER_NONE;
}

int places_make(const struct manifest *manifest, struct source *source, struct err *err)
{
	struct pax pax = { .bytes = NULL };
	struct source_layer *layer;
	__fd int fd = scratch_open(err);
	int r = fd;

	if (fd < 0)
		return fd;
	add_all(&pax, manifest);
	r = pax.error ? pax.error : fd_write_all(fd, pax.bytes, pax.size);
	pax_done(&pax);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return err_errno(err, r, PLACES_NAME);
	layer = source_add_layer(source, SOURCE_TAR, TAKE_FD(fd), PLACES_NAME);
	if (!layer)
		return err_errno(err, -ENOMEM, PLACES_NAME);
	layer->plain = true;
	return 0;
}
