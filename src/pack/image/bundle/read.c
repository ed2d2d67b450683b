/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "install/unbundle.h"

#define COPY_SIZE (256 << 10)

int bundle_read_head(int fd, struct image *image, struct err *err)
{
	int r = unbundle_manifest(fd, image->text, sizeof(image->text), err);

	if (r < 0)
		return r;
	image->size = (size_t)r;
	r = unbundle_signature(fd, image->signature_text, sizeof(image->signature_text),
			       err);
	if (r < 0)
		return r;
	image->signature_size = (size_t)r;
	return image_parse(image, err);
}

struct copy {
	struct sha256 digest;
	int out_fd;
};

static int take(void *context, const void *bytes, size_t size, struct err *err)
{
	struct copy *copy = context;
	int r = sha256_add(&copy->digest, bytes, size);

	if (r == 0 && copy->out_fd >= 0)
		r = fd_write_all(copy->out_fd, bytes, size);
	return r < 0 ? err_errno(err, r, "copying it") : 0;
}

static int read_layer(int fd, const struct manifest_layer *layer, struct copy *copy,
		      struct err *err)
{
	struct unbundle_sink sink = { malloc(COPY_SIZE), COPY_SIZE, take, copy };
	int r = sink.buf ? sha256_start(&copy->digest) : -ENOMEM;

	r = r < 0 ? err_errno(err, r, "reading it")
		  : unbundle_layer(fd, layer, &sink, err);
	free(sink.buf);
	return r;
}

int bundle_read_layer(int fd, const struct image *image, size_t layer, int out_fd,
		      struct err *err)
{
	const struct manifest_layer *signed_layer = &image->manifest.layers[layer];
	struct copy copy = { .out_fd = out_fd };
	struct digest hash;
	int r = read_layer(fd, signed_layer, &copy, err);

	if (r == 0)
		r = sha256_finish(&copy.digest, &hash);
	if (r < 0)
		return r;
	if (digest_equal(&hash, &signed_layer->blob))
		return 0;
	return err_set(err, -EBADMSG, "its sha256 is not what its name says");
}

int bundle_skip_layer(int fd, const struct image *image, size_t layer,
		      uint64_t *ret_offset, struct err *err)
{
	return unbundle_skip(fd, &image->manifest.layers[layer], ret_offset, err);
}

int bundle_read_tail(int fd, const struct image *image, struct err *err)
{
	struct digest id;
	int r = sha256_of(image->text, image->size, &id);

	return r < 0 ? err_errno(err, r, "sha256") : unbundle_tail(fd, &id, err);
}
