/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "install/install.h"
#include "store/images.h"

/* The one image, or the one that the caller has named. */
static int choose(int store, struct digest *id, struct err *err)
{
	struct digest found;
	struct images images;
	size_t count = 0;
	int r;

	if (digest_is_set(id))
		return 0;
	images_init(&images, store);
	while ((r = images_next(&images, &found, err)) > 0)
		count++;
	if (r < 0)
		return r;
	if (count == 0)
		return err_set(err, -ENOENT, "no image in it");
	if (count > 1)
		return err_set(err, -EINVAL,
			       "%zu images in it: `lamina bundle --image ID` takes one",
			       count);
	*id = found;
	return 0;
}

static int open_directory(struct install_from *from, struct digest *id, struct err *err)
{
	char name[STORE_IMAGE_PATH_SIZE];
	int r = choose(from->fd, id, err);

	if (r < 0)
		return r;
	__fd int dir = path_open_own(from->fd, store_image_path(id, name),
				     O_PATH | O_DIRECTORY, 0);

	if (dir < 0)
		return err_errno(err, dir, "images/%.12s", DIGEST_HEX(id));
	r = store_read_file(dir, "manifest", from->manifest, sizeof(from->manifest),
			    &from->manifest_size, err);
	if (r < 0)
		return r;
	r = store_read_file(dir, "manifest.sig", from->signatures,
			    sizeof(from->signatures), &from->signatures_size, err);
	return r == -ENOENT ? err_set(err, -ENOKEY, "not signed: run `lamina sign`") : r;
}

/* What is there and no blob is told when its turn comes. */
static int look(struct install_from *from, const struct manifest *manifest,
		struct err *err)
{
	struct manifest_blob blob;
	int r = store_read_file(from->fd, DELTAS_NAME, from->texts.deltas,
				DELTAS_MAX_SIZE, &from->texts.deltas_size, err);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r < 0)
		from->texts.deltas_size = 0;
	for (size_t i = 0; manifest_blob(manifest, i, &blob); i++) {
		int fd = store_open_blob(from->fd, blob.digest, blob.size_bytes, NULL);

		from->absent[i] = fd == -ENOENT;
		fd_close(fd);
	}
	return 0;
}

static int next_blob(struct install_from *from, const struct manifest_blob *blob,
		     bool wanted, struct err *err)
{
	from->blob = *blob;
	from->done_bytes = 0;
	fd_close(from->blob_fd);
	from->blob_fd = -EBADF;
	if (!wanted)
		return 0;
	from->blob_fd = store_open_blob(from->fd, blob->digest, blob->size_bytes, err);
	return from->blob_fd < 0 ? from->blob_fd : 0;
}

static int read_blob(struct install_from *from, void *buf, size_t size, struct err *err)
{
	int r = fd_pread_all(from->blob_fd, buf, size, from->done_bytes);

	from->done_bytes += size;
	return r < 0 ? err_errno(err, r, "reading the directory's blob") : 0;
}

static int take(struct install_from *from, int dir, const char *name)
{
	__fd int blobs = path_open_own(from->fd, "blobs/sha256", O_PATH | O_DIRECTORY, 0);
	int r = blobs < 0 ? blobs : sys_renameat(blobs, name, dir, name);

	return r < 0 ? r : TAKE_FD(from->blob_fd);
}

static int finish(struct install_from *from, const struct digest *id, struct err *err)
{
	(void)from;
	(void)id;
	(void)err;
	return 0;
}

const struct install_source install_directory = {
	.name = "directory",
	.open = open_directory,
	.look = look,
	.next_blob = next_blob,
	.read = read_blob,
	.take = take,
	.finish = finish,
};
