/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "pack/host/output.h"
#include "store/images.h"
#include "store/store.h"
#include "trust/key.h"

struct image *image_new(void)
{
	return calloc(1, sizeof(struct image));
}

void image_free(struct image *image)
{
	free(image);
}

int image_parse(struct image *image, struct err *err)
{
	int r = sha256_of(image->text, image->size, &image->id);

	if (r < 0)
		return err_errno(err, r, "manifest");
	r = manifest_parse(image->text, image->size, &image->manifest, err);
	if (r < 0)
		return err_wrap(err, r, "manifest");
	image->signatures.count = 0;
	if (image->signature_size == 0)
		return 0;
	r = signature_file_parse(image->signature_text, image->signature_size,
				 &image->signatures, err);
	return r < 0 ? err_wrap(err, r, "manifest.sig") : 0;
}

static bool is_hex_prefix(const char *prefix)
{
	size_t size = strspn(prefix, "0123456789abcdef");

	return size > 0 && size < DIGEST_HEX_SIZE && !prefix[size];
}

int image_pick(int store, const char *prefix, struct digest *ret_id, struct err *err)
{
	char text[200];
	struct images images;
	struct digest id;
	size_t found = 0;
	struct str list;
	int r;

	if (prefix && !is_hex_prefix(prefix))
		return err_set(err, -EINVAL, "'%s' is not the beginning of an image id",
			       prefix);
	str_init(&list, text, sizeof(text));
	images_init(&images, store);
	while ((r = images_next(&images, &id, err)) > 0) {
		if (prefix && strncmp(DIGEST_HEX(&id), prefix, strlen(prefix)) != 0)
			continue;
		str_addf(&list, "%s%.12s", found++ ? ", " : "", DIGEST_HEX(&id));
		*ret_id = id;
	}
	if (r < 0)
		return r;
	if (found > 1)
		return err_set(err, -ENOTUNIQ,
			       "holds images %s%s: say which one with --image", text,
			       str_done(&list) < 0 ? "..." : "");
	if (found == 0)
		return err_set(err, -ENOENT, "holds no image%s%s",
			       prefix ? " whose id begins with " : "",
			       prefix ? prefix : "");
	return 0;
}

/* Returns the file's size. */
int image_read_beside(int store, const struct digest *id, const char *part, void *bytes,
		      size_t room, struct err *err)
{
	char path[128];
	__fd int fd = -EBADF;
	ssize_t size;

	(void)snprintf(path, sizeof(path), "images/%s/%s", DIGEST_HEX(id), part);
	fd = path_open_own_file(store, path, NULL, err);
	if (fd < 0)
		return fd;
	size = fd_read_file(fd, bytes, room);
	if (size == -EFBIG)
		return err_set(err, -EBADMSG, "%s: larger than %zu bytes", part, room);
	return size < 0 ? err_errno(err, (int)size, "%s", part) : (int)size;
}

static int load_parts(int store, const struct digest *id, struct image *image,
		      struct err *err)
{
	int r = image_read_beside(store, id, "manifest", image->text, sizeof(image->text),
				  err);

	if (r < 0)
		return r;
	image->size = (size_t)r;
	r = image_read_beside(store, id, "manifest.sig", image->signature_text,
			      sizeof(image->signature_text), err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0)
		return err_set(err, -EBADMSG, "manifest.sig: is empty");
	image->signature_size = r < 0 ? 0 : (size_t)r;
	return image_parse(image, err);
}

int image_load(int store, const struct digest *id, struct image *image, struct err *err)
{
	int r = load_parts(store, id, image, err);

	if (r == 0 && !digest_equal(&image->id, id))
		r = err_set(err, -EBADMSG,
			    "manifest: its sha256 is %.12s, not what its name says",
			    DIGEST_HEX(&image->id));
	return r < 0 ? err_wrap(err, r, "image %.12s", DIGEST_HEX(id)) : 0;
}

int image_check_signature(const struct image *image, size_t n, const struct keyring *ring)
{
	static struct signature_file one;

	if (ring->count == 0)
		return -ENOKEY;
	one.lines[0] = image->signatures.lines[n];
	one.count = 1;
	return key_verify(image->text, image->size, &one, ring, 1, NULL, NULL);
}

bool image_blob_again(const struct image *image, size_t layer)
{
	return manifest_blob_again(&image->manifest, layer);
}

bool image_blob_bundled(const struct image *image, size_t index)
{
	return !image->absent[index] && !image_blob_again(image, index);
}

int image_write_signatures(int store, const struct image *image, struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	char text[SIGNATURE_MAX_SIZE], path[STORE_IMAGE_PATH_SIZE];
	__fd int dir = -EBADF;
	int r, size = signature_file_write(&image->signatures, text, sizeof(text));

	if (size < 0)
		return err_errno(err, size, "manifest.sig");
	dir = path_open_own(store, store_image_path(&image->id, path),
			    O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0)
		return err_errno(err, dir, "%s", path);
	r = output_open(&output, dir, "manifest.sig", 0666, err);
	if (r < 0)
		return r;
	r = fd_write_all(output.fd, text, (size_t)size);
	return r < 0 ? err_errno(err, r, "manifest.sig") : output_commit(&output, 0, err);
}
