/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "install/incoming.h"
#include "install/install.h"

/* The one image, or the one that the caller has named. */
static int choose(struct install *install, struct err *err)
{
	char id[DIGEST_HEX_SIZE] = "";
	size_t count = 0;
	int r;

	if (install->id[0])
		return 0;
	while ((r = store_next_image(install->source, id, err)) > 0)
		count++;
	if (r < 0)
		return r;
	if (count == 0)
		return err_set(err, -ENOENT, "no image in it");
	if (count > 1)
		return err_set(err, -EINVAL,
			       "%zu images in it: `lamina bundle --image ID` takes one",
			       count);
	memcpy(install->id, id, sizeof(id));
	return 0;
}

static int open_directory(struct install *install, struct err *err)
{
	char name[sizeof("images/") + DIGEST_HEX_SIZE];
	int r = choose(install, err);

	if (r < 0)
		return r;
	(void)snprintf(name, sizeof(name), "images/%.64s", install->id);
	__fd int dir = path_open_own(install->source, name, O_PATH | O_DIRECTORY, 0);

	if (dir < 0)
		return err_errno(err, dir, "images/%.12s", install->id);
	r = store_read_file(dir, "manifest", install->manifest_text,
			    sizeof(install->manifest_text), &install->manifest_size, err);
	if (r < 0)
		return r;
	r = store_read_file(dir, "manifest.sig", install->signature_text,
			    sizeof(install->signature_text), &install->signature_size,
			    err);
	return r == -ENOENT ? err_set(err, -ENOKEY, "not signed: run `lamina sign`") : r;
}

static int copy(struct install *install, size_t index, struct err *err)
{
	const struct manifest_layer *layer = &install->manifest.layers[index];
	__fd int blob =
		store_open_blob(install->source, &layer->blob, layer->size_bytes, err);
	int r = blob < 0 ? blob : 0;

	for (uint64_t at = 0; r == 0 && at < layer->size_bytes;) {
		uint64_t left = layer->size_bytes - at;
		size_t part = left < INCOMING_BUFFER ? (size_t)left : INCOMING_BUFFER;

		r = fd_pread_all(blob, incoming_buffer, part, at);
		if (r < 0)
			return err_errno(err, r, "reading the directory's blob");
		r = install_take(install, incoming_buffer, part, err);
		at += part;
	}
	return r;
}

static int skip(struct install *install, size_t index, struct err *err)
{
	(void)install;
	(void)index;
	(void)err;
	return 0;
}

static int finish(struct install *install, struct err *err)
{
	(void)install;
	(void)err;
	return 0;
}

const struct install_source install_directory = {
	.name = "directory",
	.open = open_directory,
	.copy = copy,
	.skip = skip,
	.finish = finish,
};
