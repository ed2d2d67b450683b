/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "format/ustar.h"

#define COPY_SIZE (256 << 10)
#define OCI_MAX_SIZE (1 << 20) /* of the OCI manifest and of the index */

/* Reads exactly @size bytes from where @fd stands; -EBADMSG when there are fewer. */
static int take(int fd, void *buf, size_t size)
{
	char *at = buf;

	while (size > 0) {
		ssize_t n = sys_read(fd, at, size);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		if (n == 0)
			return -EBADMSG;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static int failed(int r, const char *name, struct err *err)
{
	if (r == -EBADMSG)
		return err_set(err, r, "%s: the bundle ends in the middle of it", name);
	return err_errno(err, r, "%s", name);
}

/* Reads a header, which must be @name's. */
static int take_header(int fd, const char *name, uint64_t *ret_size, struct err *err)
{
	uint8_t block[USTAR_BLOCK];
	struct ustar_entry entry;
	int r = take(fd, block, sizeof(block));

	if (r < 0)
		return failed(r, name, err);
	r = ustar_parse(block, &entry, err);
	if (r < 0)
		return err_wrap(err, r, "where %s should be", name);
	if (r == 0)
		return err_set(err, -EBADMSG, "%s: not in the bundle", name);
	if (strcmp(entry.name, name) != 0)
		return err_set(err, -EBADMSG, "'%.80s' where %s should be", entry.name,
			       name);
	*ret_size = entry.size_bytes;
	return 0;
}

static int take_padding(int fd, uint64_t size_bytes, const char *name, struct err *err)
{
	uint8_t padding[USTAR_BLOCK];
	size_t size = (size_t)(ustar_padded(size_bytes) - size_bytes);
	int r = take(fd, padding, size);

	if (r < 0)
		return failed(r, name, err);
	for (size_t i = 0; i < size; i++)
		if (padding[i])
			return err_set(err, -EBADMSG, "%s: bytes after its end", name);
	return 0;
}

/* Reads the data of the small entry @name. Returns its size. */
static int take_data(int fd, const char *name, uint64_t size, void *buf, size_t room,
		     struct err *err)
{
	int r;

	if (size > room || size == 0)
		return err_set(err, -EBADMSG, "%s: %s", name,
			       size ? "larger than it may be" : "is empty");
	r = take(fd, buf, (size_t)size);
	if (r < 0)
		return failed(r, name, err);
	r = take_padding(fd, size, name, err);
	return r < 0 ? r : (int)size;
}

/* Reads the small entry @name. Returns its size. */
static int take_text(int fd, const char *name, void *buf, size_t room, struct err *err)
{
	uint64_t size = 0;
	int r = take_header(fd, name, &size, err);

	return r < 0 ? r : take_data(fd, name, size, buf, room, err);
}

int bundle_read_head(int fd, struct image *image, struct err *err)
{
	uint64_t size = 0;
	int r = take_header(fd, "manifest", &size, err);

	if (r == -EBADMSG)
		return err_wrap(err, r, "not a bundle");
	if (r == 0)
		r = take_data(fd, "manifest", size, image->text, sizeof(image->text),
			      err);
	if (r < 0)
		return r;
	image->size = (size_t)r;
	r = take_text(fd, "manifest.sig", image->signature_text,
		      sizeof(image->signature_text), err);
	if (r < 0)
		return r;
	image->signature_size = (size_t)r;
	return image_parse(image, err);
}

/* The header of a layer, with the name and the size that the manifest says. */
static int take_layer_header(int fd, const struct manifest_layer *layer, char *ret_name,
			     struct err *err)
{
	uint64_t size = 0;
	int r;

	(void)stpcpy(ret_name, "blobs/sha256/");
	str_hex_encode(layer->blob, DIGEST_SIZE, ret_name + 13);
	r = take_header(fd, ret_name, &size, err);
	if (r == 0 && size != layer->size_bytes)
		return err_set(err, -EBADMSG,
			       "%s: has %llu bytes, the manifest says %llu", ret_name,
			       (unsigned long long)size,
			       (unsigned long long)layer->size_bytes);
	return r;
}

static int copy_hashed(int fd, int out_fd, uint64_t size_bytes,
		       uint8_t ret_hash[DIGEST_SIZE])
{
	uint8_t *buf = malloc(COPY_SIZE);
	struct digest digest;
	int r = buf ? digest_start(&digest) : -ENOMEM;

	for (uint64_t left = size_bytes; r == 0 && left > 0;) {
		size_t part = left < COPY_SIZE ? (size_t)left : COPY_SIZE;

		r = take(fd, buf, part);
		if (r == 0)
			r = digest_add(&digest, buf, part);
		if (r == 0 && out_fd >= 0)
			r = fd_write_all(out_fd, buf, part);
		left -= part;
	}
	if (r == 0)
		r = digest_finish(&digest, ret_hash);
	free(buf);
	return r;
}

int bundle_read_layer(int fd, const struct image *image, size_t layer, int out_fd,
		      struct err *err)
{
	const struct manifest_layer *signed_layer = &image->manifest.layers[layer];
	char name[USTAR_NAME_SIZE];
	uint8_t hash[DIGEST_SIZE];
	int r = take_layer_header(fd, signed_layer, name, err);

	if (r < 0)
		return r;
	r = copy_hashed(fd, out_fd, signed_layer->size_bytes, hash);
	if (r < 0)
		return failed(r, name, err);
	if (memcmp(hash, signed_layer->blob, sizeof(hash)) != 0)
		return err_set(err, -EBADMSG, "%s: its sha256 is not what its name says",
			       name);
	return take_padding(fd, signed_layer->size_bytes, name, err);
}

int bundle_skip_layer(int fd, const struct image *image, size_t layer,
		      uint64_t *ret_offset, struct err *err)
{
	const struct manifest_layer *signed_layer = &image->manifest.layers[layer];
	char name[USTAR_NAME_SIZE];
	int r = take_layer_header(fd, signed_layer, name, err);
	off_t at;

	if (r < 0)
		return r;
	at = lseek(fd, 0, SEEK_CUR);
	if (at < 0 ||
	    lseek(fd, (off_t)ustar_padded(signed_layer->size_bytes), SEEK_CUR) < 0)
		return err_errno(err, -errno, "%s", name);
	*ret_offset = (uint64_t)at;
	return 0;
}

/* The blob that comes next, whose name must be the sha256 of its bytes: @name, or any. */
static int take_blob(int fd, char *buf, const char *name, struct err *err)
{
	uint8_t block[USTAR_BLOCK], hash[DIGEST_SIZE];
	char expected[USTAR_NAME_SIZE] = "blobs/sha256/";
	struct ustar_entry entry;
	int r = take(fd, block, sizeof(block));

	if (r < 0)
		return failed(r, name, err);
	r = ustar_parse(block, &entry, err);
	if (r <= 0 || entry.size_bytes > OCI_MAX_SIZE)
		return err_set(err, -EBADMSG, "%s: %s", name,
			       r <= 0 ? "not in the bundle" : "larger than it may be");
	r = take(fd, buf, (size_t)entry.size_bytes);
	if (r == 0)
		r = digest_of(buf, (size_t)entry.size_bytes, hash);
	if (r < 0)
		return failed(r, name, err);
	str_hex_encode(hash, sizeof(hash), expected + 13);
	if (strcmp(entry.name, expected) != 0)
		return err_set(err, -EBADMSG, "'%.80s' where %s should be", entry.name,
			       name);
	r = take_padding(fd, entry.size_bytes, name, err);
	return r < 0 ? r : (int)entry.size_bytes;
}

/* Two blocks of zeros, and nothing more. */
static int take_end(int fd, struct err *err)
{
	uint8_t blocks[2 * USTAR_BLOCK], more;
	ssize_t n;
	int r = take(fd, blocks, sizeof(blocks));

	if (r < 0)
		return failed(r, "end of the bundle", err);
	for (size_t i = 0; i < sizeof(blocks); i++)
		if (blocks[i])
			return err_set(err, -EBADMSG, "an entry after the bundle's last");
	do
		n = sys_read(fd, &more, 1);
	while (n == -EINTR);
	if (n < 0)
		return err_errno(err, (int)n, "end of the bundle");
	return n == 0 ? 0 : err_set(err, -EBADMSG, "bytes after the bundle's end");
}

int bundle_read_tail(int fd, const struct image *image, struct err *err)
{
	char *buf = malloc(OCI_MAX_SIZE);
	int r = buf ? take_blob(fd, buf, "OCI config", err) : -ENOMEM;

	if (r >= 0 &&
	    ((size_t)r != image->size || memcmp(buf, image->text, image->size) != 0))
		r = err_set(err, -EBADMSG, "OCI config: not the image's manifest");
	if (r >= 0)
		r = take_blob(fd, buf, "OCI manifest", err);
	if (r >= 0)
		r = take_text(fd, "oci-layout", buf, OCI_MAX_SIZE, err);
	if (r >= 0)
		r = take_text(fd, "index.json", buf, OCI_MAX_SIZE, err);
	if (r >= 0)
		r = take_end(fd, err);
	free(buf);
	return r < 0 ? r : 0;
}
