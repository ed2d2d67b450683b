/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/delta.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "pack/host/scratch.h"
#include "store/judge.h"

/* Of 100 bytes of the layer, the most that a delta of it may have. */
#define MOST_PERCENT 60
/* Smaller layers come whole: a delta has a line and a header, and a base that may be damaged. */
#define LEAST_BYTES (32 << 10)

/* The layers that a device with the image before has. */
struct bases {
	const struct place *place;
	struct delta_data data[MANIFEST_MAX_LAYERS];
	size_t layers[MANIFEST_MAX_LAYERS];
	size_t count;
};

/* Two images are read: which of them it was. */
static int of_older(int r, struct err *err)
{
	return err_wrap(err, r, "the older image");
}

static int open_bases(struct bases *bases, struct err *err)
{
	const struct manifest *manifest = &bases->place->image->manifest;

	for (size_t i = 0; i < manifest->layer_count; i++) {
		struct delta_data *data = &bases->data[bases->count];

		if (manifest_blob_again(manifest, i))
			continue;
		data->fd = place_open_blob(bases->place, i, &data->offset, err);
		if (data->fd == -ENOENT) /* where it was left out itself */
			continue;
		if (data->fd < 0)
			return of_older(judge_wrap_blob(err, data->fd, manifest, i), err);
		data->size_bytes = manifest->layers[i].data_bytes;
		bases->layers[bases->count++] = i;
	}
	return 0;
}

static void close_bases(struct bases *bases)
{
	while (bases->count > 0)
		fd_close(bases->data[--bases->count].fd);
}

/* Which of the bases; @layer is that of the image after. */
static int choose(const struct bases *bases, const struct place *after, size_t layer,
		  size_t *ret_base, struct err *err)
{
	struct delta_data to = {
		.size_bytes = after->image->manifest.layers[layer].data_bytes
	};
	size_t like = 0, index = 0;
	int r;

	__fd int fd = place_open_blob(after, layer, &to.offset, err);

	if (fd < 0)
		return fd;
	to.fd = fd;
	while (like < bases->count && bases->layers[like] != layer)
		like++;
	r = delta_base(bases->data, bases->count, &to, like, &index, err);
	*ret_base = bases->layers[index];
	return r;
}

/* Opens a layer, whose bytes are what the manifest says. */
static int open_whole(const struct place *place, size_t layer,
		      struct delta_data *ret_data, struct err *err)
{
	const struct manifest *manifest = &place->image->manifest;

	*ret_data = (struct delta_data){
		.fd = place_open_blob_checked(place, layer, err),
		.size_bytes = manifest->layers[layer].data_bytes,
	};
	return ret_data->fd < 0 ? judge_wrap_blob(err, ret_data->fd, manifest, layer) : 0;
}

static int make(struct delta *delta, const struct place *before,
		const struct place *after, struct err *err)
{
	struct delta_data from = { .fd = -EBADF }, to = { .fd = -EBADF };
	struct deltas_line *line = &delta->line;
	int r = open_whole(before, delta->base, &from, err);

	if (r < 0)
		return of_older(r, err);
	r = open_whole(after, delta->layer, &to, err);
	if (r == 0) {
		r = delta->fd = scratch_open(err);
		if (r >= 0)
			r = delta_make(&from, &to, delta->fd, &line->size_bytes, err);
		if (r == 0)
			r = sha256_of_fd(delta->fd, line->size_bytes, &line->delta);
		if (r < 0)
			(void)judge_wrap_blob(err, r, &after->image->manifest,
					      delta->layer);
	}
	line->layer = after->image->manifest.layers[delta->layer].blob;
	line->base = before->image->manifest.layers[delta->base].blob;
	fd_close(from.fd);
	fd_close(to.fd);
	return r;
}

static bool pays(const struct delta *delta, const struct manifest_layer *layer)
{
	return delta->line.size_bytes <= layer->size_bytes / 100 * MOST_PERCENT;
}

static int add(struct delta_list *list, const struct bases *bases,
	       const struct place *after, size_t layer, struct err *err)
{
	struct delta *delta = &list->deltas[list->count];
	int r;

	*delta = (struct delta){ .layer = layer, .fd = -EBADF };
	r = choose(bases, after, layer, &delta->base, err);
	if (r < 0)
		return judge_wrap_blob(err, r, &after->image->manifest, layer);
	r = make(delta, bases->place, after, err);
	if (r == 0 && pays(delta, &after->image->manifest.layers[layer]))
		list->count++;
	else
		fd_close(delta->fd);
	return r;
}

int delta_list_make(struct delta_list *list, const struct place *before,
		    const struct place *after, struct err *err)
{
	const struct manifest *manifest = &after->image->manifest;
	struct bases bases = { .place = before };
	int r = open_bases(&bases, err);

	for (size_t i = 0; r == 0 && bases.count > 0 && i < manifest->layer_count &&
			   list->count < DELTAS_MAX_COUNT;
	     i++)
		if (manifest->layers[i].size_bytes >= LEAST_BYTES &&
		    !manifest_blob_again(manifest, i) &&
		    !manifest_has_blob(&before->image->manifest,
				       &manifest->layers[i].blob))
			r = add(list, &bases, after, i, err);
	close_bases(&bases);
	return r;
}

int delta_list_add(struct delta_list *list, const char *path, const struct place *after,
		   struct err *err)
{
	__place struct place before = PLACE_INIT;
	int r = place_open(&before, path, NULL, err);

	return r < 0 ? r : delta_list_make(list, &before, after, err);
}

void delta_list_done(struct delta_list *list)
{
	while (list->count > 0)
		fd_close(list->deltas[--list->count].fd);
}
