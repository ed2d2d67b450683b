/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "format/ustar.h"
#include "install/unbundle.h"
#include "store/judge.h"
#include "store/store.h"

static int put_header(int fd, const char *name, uint64_t size_bytes)
{
	uint8_t block[USTAR_BLOCK];
	int r = ustar_write(name, size_bytes, block);

	return r < 0 ? r : fd_write_all(fd, block, sizeof(block));
}

static int put_padding(int fd, uint64_t size_bytes)
{
	static const uint8_t zeros[USTAR_BLOCK];

	return fd_write_all(fd, zeros, (size_t)(ustar_padded(size_bytes) - size_bytes));
}

static int put_text(int fd, const char *name, const void *text, size_t size)
{
	int r = put_header(fd, name, size);

	if (r == 0)
		r = fd_write_all(fd, text, size);
	return r < 0 ? r : put_padding(fd, size);
}

static int put_blob_text(int fd, const void *text, size_t size)
{
	struct digest hash;
	char path[STORE_BLOB_PATH_SIZE];
	int r = sha256_of(text, size, &hash);

	if (r < 0)
		return r;
	return put_text(fd, store_blob_path(&hash, path), text, size);
}

static int put_blob(int fd, int store, const struct manifest_blob *blob, struct err *err)
{
	char path[STORE_BLOB_PATH_SIZE];
	struct digest hash;
	__fd int from = store_open_blob(store, blob->digest, blob->size_bytes, err);
	int r;

	if (from < 0)
		return from;
	r = put_header(fd, store_blob_path(blob->digest, path), blob->size_bytes);
	if (r == 0)
		r = sha256_copy(from, 0, blob->size_bytes, fd, &hash);
	if (r == 0)
		r = put_padding(fd, blob->size_bytes);
	if (r < 0)
		return err_errno(err, r, "%s", path);
	if (!digest_equal(&hash, blob->digest))
		return err_set(err, -EBADMSG, "%s: its sha256 is not what its name says",
			       path);
	return 0;
}

static int put_oci(int fd, const struct image *image)
{
	static const uint8_t end[2 * USTAR_BLOCK];
	char *config = NULL, *manifest = NULL, *index = NULL;
	int r = bundle_oci_config(image, &config);

	if (r == 0)
		r = bundle_oci_manifest(image, config, &manifest);
	if (r == 0)
		r = bundle_oci_index(image, manifest, &index);
	if (r == 0)
		r = put_blob_text(fd, image->text, image->size);
	if (r == 0)
		r = put_blob_text(fd, config, strlen(config));
	if (r == 0)
		r = put_blob_text(fd, manifest, strlen(manifest));
	if (r == 0)
		r = put_text(fd, "oci-layout", BUNDLE_LAYOUT_TEXT,
			     strlen(BUNDLE_LAYOUT_TEXT));
	if (r == 0)
		r = put_text(fd, "index.json", index, strlen(index));
	if (r == 0)
		r = fd_write_all(fd, end, sizeof(end));
	free(config);
	free(manifest);
	free(index);
	return r;
}

/* The list of them. */
static size_t list_deltas(const struct delta_list *deltas, char *text)
{
	size_t size = 0;

	for (size_t i = 0; deltas && i < deltas->count; i++)
		size += (size_t)deltas_write(&deltas->deltas[i].line, text + size);
	return size;
}

static int put_delta(int fd, const struct delta *delta)
{
	const struct deltas_line *line = &delta->line;
	char path[STORE_BLOB_PATH_SIZE];
	struct digest hash;
	int r = put_header(fd, store_blob_path(&line->delta, path), line->size_bytes);

	if (r == 0)
		r = sha256_copy(delta->fd, 0, line->size_bytes, fd, &hash);
	return r < 0 ? r : put_padding(fd, line->size_bytes);
}

static int put_head(int fd, const struct image *image, const struct delta_list *deltas)
{
	static struct unbundle_texts texts;
	int r = put_text(fd, "manifest", image->text, image->size);

	unbundle_leave_out(&image->manifest, image->absent, &texts);
	if (r == 0 && texts.without_size)
		r = put_text(fd, "without", texts.without, texts.without_size);
	texts.deltas_size = list_deltas(deltas, texts.deltas);
	if (r == 0 && texts.deltas_size)
		r = put_text(fd, DELTAS_NAME, texts.deltas, texts.deltas_size);
	if (r == 0)
		r = put_text(fd, "manifest.sig", image->signature_text,
			     image->signature_size);
	for (size_t i = 0; r == 0 && deltas && i < deltas->count; i++)
		r = put_delta(fd, &deltas->deltas[i]);
	return r;
}

int bundle_write(int fd, int store, const struct image *image,
		 const struct delta_list *deltas, struct err *err)
{
	struct manifest_blob blob;
	int r;

	if (image->signature_size == 0)
		return err_set(err, -ENOKEY, "not signed: no device would take it");
	r = put_head(fd, image, deltas);
	if (r < 0)
		return err_errno(err, r, "writing the bundle");
	for (size_t i = 0; manifest_blob(&image->manifest, i, &blob); i++) {
		if (!image_blob_bundled(image, i))
			continue;
		r = put_blob(fd, store, &blob, err);
		if (r < 0)
			return judge_wrap_blob(err, r, &image->manifest, i);
	}
	r = put_oci(fd, image);
	return r < 0 ? err_errno(err, r, "writing the bundle") : 0;
}
