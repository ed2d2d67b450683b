/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/set-copy.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/store.h"

static bool is_there(const struct staging *staging, const struct digest *digest,
		     uint64_t size_bytes)
{
	__fd int fd = store_open_blob(staging->fd, digest, size_bytes, NULL);

	return fd >= 0;
}

int set_copy_layer(struct staging *staging, const struct place *place, size_t index,
		   struct err *err)
{
	const struct manifest_layer *layer = &place->image->manifest.layers[index];
	unsigned int number = 0;
	__fd int from = -EBADF;
	__fd int to = -EBADF;
	int64_t copied;
	int r;

	if (is_there(staging, &layer->blob, layer->size_bytes))
		return 0;
	from = place_open_blob_checked(place, index, err);
	if (from < 0)
		return from;
	to = staging_file(staging, &number, err);
	if (to < 0)
		return to;
	copied = lseek(from, 0, SEEK_SET) < 0 ? -errno
					      : fd_copy(from, to, layer->size_bytes);
	r = copied < 0 ? (int)copied : staging_add_blob(staging, number, &layer->blob);
	return r < 0 ? err_errno(err, r, "copying it") : 0;
}

int set_copy_manifest(struct staging *staging, const struct image *image,
		      const struct digest *id, struct err *err)
{
	unsigned int number = 0;
	__fd int to = -EBADF;
	int r;

	if (is_there(staging, id, image->size))
		return 0;
	to = staging_file(staging, &number, err);
	if (to < 0)
		return to;
	r = fd_write_all(to, image->text, image->size);
	if (r == 0)
		r = staging_add_blob(staging, number, id);
	return r < 0 ? err_errno(err, r, "its manifest") : 0;
}
