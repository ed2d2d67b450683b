/* SPDX-License-Identifier: Apache-2.0 */
#include "store/images.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/path.h"

#define DIR_MAX_ENTRIES 4096 /* a hundred times what a store needs */

void images_init(struct images *images, int store)
{
	images->store = store;
	images->more = true;
	images->at = images->count = 0;
}

static bool is_image(const struct dirent *entry, struct digest *ret_id)
{
	if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)
		return false;
	return digest_parse(entry->d_name, strlen(entry->d_name), ret_id) == 0;
}

/* Puts @id in its place; the last one falls out where there is no more room. */
static void keep(struct images *images, const struct digest *id)
{
	size_t low = 0, high = images->count;

	while (low < high) {
		size_t at = (low + high) / 2;

		if (memcmp(&images->ids[at], id, sizeof(*id)) < 0)
			low = at + 1;
		else
			high = at;
	}
	images->more = images->more || images->count == IMAGES_KEPT;
	if (low == IMAGES_KEPT)
		return;
	if (images->count < IMAGES_KEPT)
		images->count++;
	memmove(&images->ids[low + 1], &images->ids[low],
		(images->count - 1 - low) * sizeof(*id));
	images->ids[low] = *id;
}

/* The least ids past @after, NULL: all. */
static int read_names(struct images *images, int fd, const struct digest *after,
		      struct err *err)
{
	const struct dirent *entry;
	struct digest id;
	struct dir list;
	int r, entries = 0;

	dir_init(&list, fd);
	while ((r = dir_next(&list, &entry)) > 0) {
		if (++entries > DIR_MAX_ENTRIES)
			return err_set(err, -E2BIG, "images: more than %d entries",
				       DIR_MAX_ENTRIES);
		if (is_image(entry, &id) &&
		    (!after || memcmp(&id, after, sizeof(id)) > 0))
			keep(images, &id);
	}
	return r < 0 ? err_errno(err, r, "images") : 0;
}

static int fill(struct images *images, struct err *err)
{
	__fd int fd = path_open_own(images->store, "images", O_RDONLY | O_DIRECTORY, 0);
	struct digest last;
	bool first = images->count == 0;

	if (fd == -ENOENT)
		return err_set(err, fd, "not a store: there is no images directory");
	if (fd < 0)
		return err_errno(err, fd, "images");
	if (!first)
		last = images->ids[images->count - 1];
	images->more = false;
	images->at = images->count = 0;
	return read_names(images, fd, first ? NULL : &last, err);
}

int images_next(struct images *images, struct digest *ret_id, struct err *err)
{
	int r;

	if (images->at == images->count) {
		if (!images->more)
			return 0;
		r = fill(images, err);
		if (r < 0 || images->count == 0)
			return r;
	}
	*ret_id = images->ids[images->at++];
	return 1;
}
