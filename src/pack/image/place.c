/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "format/set.h"
#include "format/ustar.h"
#include "pack/host/scratch.h"
#include "pack/image/bundle.h"
#include "pack/source/shape.h"
#include "store/judge.h"
#include "store/store.h"

static int open_store(struct place *place, const char *path, const char *prefix,
		      struct err *err)
{
	struct digest id;
	int r;

	place->store = store_open(path, err);
	if (place->store < 0)
		return place->store;
	r = image_pick(place->store, prefix, &id, err);
	return r < 0 ? r : image_load(place->store, &id, place->image, err);
}

static int walk_bundle(struct place *place, struct err *err)
{
	const struct manifest *manifest = &place->image->manifest;
	int r = bundle_read_head(place->bundle, place->image, NULL, err);
	struct manifest_blob blob;

	for (size_t i = 0; r == 0 && manifest_blob(manifest, i, &blob); i++) {
		if (!image_blob_bundled(place->image, i))
			continue;
		r = bundle_skip_blob(place->bundle, place->image, i, &place->offsets[i],
				     err);
		if (r < 0)
			return judge_wrap_blob(err, r, manifest, i);
	}
	return r < 0 ? r : bundle_read_tail(place->bundle, place->image, err);
}

/* A bundle is gone through more than once: one that comes through a pipe is kept first. */
static int open_standard(struct err *err)
{
	__fd int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	__fd int scratch = -EBADF;
	int64_t copied;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, -errno, "%s", err_reason(errno));
	if (S_ISREG(st.st_mode))
		return TAKE_FD(fd);
	scratch = scratch_open(err);
	if (scratch < 0)
		return scratch;
	copied = fd_copy(fd, scratch, INT64_MAX);
	if (copied >= 0 && lseek(scratch, 0, SEEK_SET) < 0)
		copied = -errno;
	if (copied < 0)
		return err_errno(err, (int)copied, "copying it to a temporary file");
	return TAKE_FD(scratch);
}

static int open_file(const char *path, struct err *err)
{
	int fd;

	if (strcmp(path, "-") == 0)
		return open_standard(err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? err_set(err, -errno, "%s", err_reason(errno)) : fd;
}

static int open_place(struct place *place, const char *path, const char *prefix,
		      struct err *err)
{
	__fd int fd = open_file(path, err);
	struct stat st;

	place->image = image_new();
	if (!place->image)
		return -ENOMEM;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, "%s", err_reason(errno));
	if (S_ISDIR(st.st_mode))
		return open_store(place, path, prefix, err);
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "neither a store nor a bundle");
	place->bundle = TAKE_FD(fd);
	return walk_bundle(place, err);
}

/* An image that nobody has packed yet is neither store nor bundle. */
static void add_guess(const char *path, struct err *err)
{
	struct shape_guess guess;

	shape_guess(path, &guess);
	if (err && (strncmp(guess.meant, "oci", 3) == 0 ||
		    strncmp(guess.meant, "docker", 6) == 0))
		(void)err_set(err, 0, "%.120s; `lamina pack` takes it, as %s", err->text,
			      guess.meant);
}

int place_open(struct place *place, const char *path, const char *prefix, struct err *err)
{
	int r;

	*place = (struct place)PLACE_INIT;
	r = open_place(place, path, prefix, err);
	if (r < 0)
		add_guess(path, err);
	return r < 0 ? err_wrap(err, r, "%s", cmd_input_name(path)) : 0;
}

int place_open_store(const char *path, struct err *err)
{
	struct shape_guess guess;
	int fd = store_open(path, err);

	if (fd != -ENOTDIR)
		return fd;
	shape_guess(path, &guess);
	if (strcmp(guess.what, "a bundle") == 0)
		return err_set(err, fd,
			       "%s: a bundle: `lamina unbundle` makes a store of it",
			       path);
	return err_set(err, fd, "%s: not a store: a file", path);
}

void place_done(struct place *place)
{
	image_free(place->image);
	fd_close(place->store);
	fd_close(place->bundle);
	*place = (struct place)PLACE_INIT;
}

/* The first with this one's bytes: the one that is in the bundle. */
static size_t first_use(const struct image *image, const struct digest *digest)
{
	struct manifest_blob blob;
	size_t i = 0;

	while (manifest_blob(&image->manifest, i, &blob) &&
	       !digest_equal(blob.digest, digest))
		i++;
	return i;
}

/* 0, or -ENOENT: it is left out of the bundle. */
static int check_there(const struct place *place, const struct digest *digest,
		       struct err *err)
{
	const char *at = place->image->bundled_deltas;
	const char *end = at + place->image->bundled_deltas_size;
	struct deltas_line line;
	char size[16];

	if (place->store >= 0 || !place->image->absent[first_use(place->image, digest)])
		return 0;
	while (deltas_next(&at, end, &line) > 0)
		if (digest_equal(&line.layer, digest))
			return err_set(err, -ENOENT,
				       "left out of the bundle, but for a delta of %s "
				       "from layer sha256:%.12s",
				       str_size(line.size_bytes, size),
				       DIGEST_HEX(&line.base));
	return err_set(err, -ENOENT, "left out of the bundle");
}

int place_open_blob(const struct place *place, size_t index, uint64_t *ret_offset,
		    struct err *err)
{
	struct manifest_blob blob = { 0 };
	int fd;

	(void)manifest_blob(&place->image->manifest, index, &blob);
	*ret_offset = 0;
	fd = check_there(place, blob.digest, err);
	if (fd < 0)
		return fd;
	if (place->store >= 0)
		return store_open_blob(place->store, blob.digest, blob.size_bytes, err);
	*ret_offset = place->offsets[first_use(place->image, blob.digest)];
	fd = fcntl(place->bundle, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? err_errno(err, -errno, "bundle") : fd;
}

int place_open_blob_file(const struct place *place, size_t index, struct err *err)
{
	struct manifest_blob blob = { 0 };
	__fd int scratch = -EBADF;
	uint64_t offset;
	off_t at;
	int r;

	(void)manifest_blob(&place->image->manifest, index, &blob);
	if (place->store >= 0)
		return place_open_blob(place, index, &offset, err);
	r = check_there(place, blob.digest, err);
	if (r < 0)
		return r;
	/* back to the header, one block before the data */
	at = (off_t)place->offsets[first_use(place->image, blob.digest)] - USTAR_BLOCK;
	scratch = scratch_open(err);
	if (scratch < 0)
		return scratch;
	if (lseek(place->bundle, at, SEEK_SET) < 0)
		return err_errno(err, -errno, "bundle");
	r = bundle_read_blob(place->bundle, place->image, index, scratch, err);
	return r < 0 ? r : TAKE_FD(scratch);
}

int place_open_blob_checked(const struct place *place, size_t index, struct err *err)
{
	struct manifest_blob wanted = { 0 };
	__fd int fd = place_open_blob_file(place, index, err);
	struct digest hash;
	int r;

	if (fd < 0)
		return fd;
	(void)manifest_blob(&place->image->manifest, index, &wanted);
	r = sha256_of_fd(fd, wanted.size_bytes, &hash);
	if (r < 0)
		return err_errno(err, r, "reading it");
	if (!digest_equal(&hash, wanted.digest))
		return err_set(err, -EBADMSG, "its sha256 is not what its name says");
	return TAKE_FD(fd);
}

int place_load_member(const struct place *place, size_t index, struct image *ret_image,
		      struct err *err)
{
	const struct manifest *set = &place->image->manifest;
	size_t size = set->members[index].size_bytes;
	__fd int fd = place_open_blob_checked(place, set->layer_count + index, err);
	int r;

	if (fd < 0)
		return fd;
	r = fd_pread_all(fd, ret_image->text, size, 0);
	if (r < 0)
		return err_errno(err, r, "reading it");
	ret_image->size = size;
	ret_image->signature_size = 0;
	r = image_parse(ret_image, err);
	return r < 0 ? r : set_check_member(set, index, &ret_image->manifest, err);
}
