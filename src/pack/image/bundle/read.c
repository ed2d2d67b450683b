/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "install/unbundle.h"
#include "pack/host/scratch.h"

#define COPY_SIZE (256 << 10)

/* Reads the bytes of an entry, and writes them to @out_fd unless that is negative. */
static int read_bytes(int fd, const struct manifest_blob *blob, int out_fd,
		      struct sha256 *sha, void *buf, struct err *err)
{
	for (uint64_t left = blob->size_bytes; left > 0;) {
		size_t part = left < COPY_SIZE ? (size_t)left : COPY_SIZE;
		int r = unbundle_read(fd, buf, part, err);

		if (r < 0)
			return r;
		r = sha256_add(sha, buf, part);
		if (r == 0 && out_fd >= 0)
			r = fd_write_all(out_fd, buf, part);
		if (r < 0)
			return err_errno(err, r, "copying it");
		left -= part;
	}
	return unbundle_end(fd, blob, err);
}

static int read_blob(int fd, const struct manifest_blob *blob, int out_fd,
		     struct sha256 *sha, struct err *err)
{
	void *buf = malloc(COPY_SIZE);
	int r = buf ? sha256_start(sha) : -ENOMEM;

	r = r < 0 ? err_errno(err, r, "reading it") : unbundle_blob(fd, blob, err);
	if (r == 0)
		r = read_bytes(fd, blob, out_fd, sha, buf, err);
	free(buf);
	return r;
}

static int read_delta(int fd, const struct deltas_line *line, int out_fd, struct err *err)
{
	struct manifest_blob blob = { &line->delta, line->size_bytes };
	struct digest hash;
	struct sha256 sha;
	int r = read_blob(fd, &blob, out_fd, &sha, err);

	if (r == 0)
		r = sha256_finish(&sha, &hash);
	if (r == 0 && !digest_equal(&hash, &line->delta))
		r = err_set(err, -EBADMSG, "its sha256 is not what its name says");
	return r < 0 ? err_wrap(err, r, "delta") : 0;
}

/* Each has to be what the list says, also where nobody keeps it. */
static int read_deltas(int fd, const struct unbundle_texts *texts,
		       struct delta_list *deltas, struct err *err)
{
	const char *at = texts->deltas, *end = at + texts->deltas_size;
	struct deltas_line line;
	int r;

	while ((r = deltas_next(&at, end, &line)) > 0) {
		int out_fd = -EBADF;

		if (deltas && deltas->count < DELTAS_MAX_COUNT) {
			out_fd = scratch_open(err);
			if (out_fd < 0)
				return out_fd;
			deltas->deltas[deltas->count++] =
				(struct delta){ .fd = out_fd, .line = line };
		}
		r = read_delta(fd, &line, out_fd, err);
		if (r < 0)
			return r;
	}
	return r < 0 ? err_set(err, r, DELTAS_NAME ": not a list of deltas") : 0;
}

int bundle_read_head(int fd, struct image *image, struct delta_list *deltas,
		     struct err *err)
{
	static struct unbundle_texts texts;
	int r = unbundle_manifest(fd, image->text, sizeof(image->text), err);

	if (r < 0)
		return r;
	image->size = (size_t)r;
	r = unbundle_signature(fd, image->signature_text, sizeof(image->signature_text),
			       &texts, err);
	if (r < 0)
		return r;
	image->signature_size = (size_t)r;
	r = read_deltas(fd, &texts, deltas, err);
	if (r < 0)
		return r;
	memcpy(image->bundled_deltas, texts.deltas, texts.deltas_size);
	image->bundled_deltas_size = texts.deltas_size;
	r = image_parse(image, err);
	return r < 0 ? r : unbundle_absent(&texts, &image->manifest, image->absent, err);
}

static struct manifest_blob blob_of(const struct image *image, size_t layer)
{
	struct manifest_blob blob = { 0 };

	(void)manifest_blob(&image->manifest, layer, &blob);
	return blob;
}

int bundle_read_blob(int fd, const struct image *image, size_t layer, int out_fd,
		     struct err *err)
{
	struct manifest_blob blob = blob_of(image, layer);
	struct sha256 sha;
	struct digest hash;
	int r = read_blob(fd, &blob, out_fd, &sha, err);

	if (r == 0)
		r = sha256_finish(&sha, &hash);
	if (r < 0)
		return r;
	if (digest_equal(&hash, blob.digest))
		return 0;
	return err_set(err, -EBADMSG, "its sha256 is not what its name says");
}

int bundle_skip_blob(int fd, const struct image *image, size_t layer,
		     uint64_t *ret_offset, struct err *err)
{
	struct manifest_blob blob = blob_of(image, layer);

	return unbundle_skip(fd, &blob, ret_offset, err);
}

int bundle_read_tail(int fd, const struct image *image, struct err *err)
{
	struct digest id;
	int r = sha256_of(image->text, image->size, &id);

	return r < 0 ? err_errno(err, r, "sha256") : unbundle_tail(fd, &id, err);
}
