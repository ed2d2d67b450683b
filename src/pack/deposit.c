/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/deposit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "store/store.h"

/* In the order in which they are made; bit n + 1 of deposit.made, bit 0 is the store itself. */
static const char *const dirs[] = { "blobs", "blobs/sha256", "images" };

#define DIR_COUNT (sizeof(dirs) / sizeof(dirs[0]))

int deposit_open(struct deposit *deposit, const char *path, struct err *err)
{
	*deposit = (struct deposit)DEPOSIT_INIT;
	deposit->path = strdup(path);
	if (!deposit->path)
		return err_errno(err, -ENOMEM, "%s", path);
	if (mkdir(path, 0777) == 0)
		deposit->made = 1;
	else if (errno != EEXIST)
		return err_errno(err, -errno, "%s", path);
	deposit->store = store_open(path, err);
	if (deposit->store < 0)
		return deposit->store;
	for (size_t i = 0; i < DIR_COUNT; i++) {
		if (mkdirat(deposit->store, dirs[i], 0777) == 0)
			deposit->made |= 2U << i;
		else if (errno != EEXIST)
			return err_errno(err, -errno, "%s/%s", path, dirs[i]);
	}
	return 0;
}

int deposit_blob_open(struct deposit *deposit, const uint8_t hash[DIGEST_SIZE],
		      struct output *output, struct err *err)
{
	char path[13 + DIGEST_HEX_SIZE] = "blobs/sha256/";

	str_hex_encode(hash, DIGEST_SIZE, path + 13);
	return output_open(output, deposit->store, path, 0666, err);
}

int deposit_blob_commit(struct deposit *deposit, struct output *output, struct err *err)
{
	char(*blobs)[DIGEST_HEX_SIZE] = deposit->blobs;
	struct stat st;
	bool old = fstatat(output->dirfd, output->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	int r;

	if (!old) {
		blobs = realloc(blobs, (deposit->blob_count + 1) * sizeof(*blobs));
		if (!blobs)
			return err_errno(err, -ENOMEM, "%s", output->name);
		deposit->blobs = blobs;
	}
	r = output_commit(output, 0, err);
	if (r == 0 && !old)
		memcpy(blobs[deposit->blob_count++], output->name, DIGEST_HEX_SIZE);
	return r;
}

static int write_part(int dir, const char *name, const char *bytes, size_t size,
		      struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	int r = output_open(&output, dir, name, 0666, err);

	if (r < 0)
		return r;
	r = fd_write_all(output.fd, bytes, size);
	return r < 0 ? err_errno(err, r, "%s", name) : output_commit(&output, 0, err);
}

static int write_parts(int dir, const struct image *image, struct err *err)
{
	int r = write_part(dir, "manifest", image->text, image->size, err);

	if (r == 0 && image->signature_size > 0)
		r = write_part(dir, "manifest.sig", image->signature_text,
			       image->signature_size, err);
	return r;
}

/* Takes an image's directory away that isn't wanted or was never whole. */
static void drop_dir(int store, const char *path)
{
	__fd int dir = path_open_own(store, path, O_RDONLY | O_DIRECTORY, 0);

	if (dir >= 0) {
		(void)unlinkat(dir, "manifest", 0);
		(void)unlinkat(dir, "manifest.sig", 0);
	}
	(void)unlinkat(store, path, AT_REMOVEDIR);
}

/* A new image appears whole: the directory is filled under another name, then renamed. */
static int add_image(int store, const struct image *image, const char *path, struct err *err)
{
	char temp[16 + DIGEST_HEX_SIZE];
	__fd int dir = -EBADF;
	int r;

	(void)snprintf(temp, sizeof(temp), "images/.new-%s", image->id);
	drop_dir(store, temp); /* of a run that was killed */
	if (mkdirat(store, temp, 0777) < 0)
		return err_errno(err, -errno, "%s", temp);
	dir = path_open_own(store, temp, O_RDONLY | O_DIRECTORY, 0);
	r = dir < 0 ? err_errno(err, dir, "%s", temp) : write_parts(dir, image, err);
	if (r == 0 && renameat(store, temp, store, path) < 0)
		r = err_errno(err, -errno, "%s", path);
	if (r < 0)
		drop_dir(store, temp);
	return r;
}

static int sync_dir(int store, const char *path, struct err *err)
{
	__fd int dir = path_open_own(store, path, O_RDONLY | O_DIRECTORY, 0);

	if (dir < 0 || fsync(dir) < 0)
		return err_errno(err, dir < 0 ? dir : -errno, "%s", path);
	return 0;
}

int deposit_image(struct deposit *deposit, const struct image *image, struct err *err)
{
	char path[8 + DIGEST_HEX_SIZE];
	__fd int old = -EBADF;
	int r;

	(void)snprintf(path, sizeof(path), "images/%s", image->id);
	old = path_open_own(deposit->store, path, O_RDONLY | O_DIRECTORY, 0);
	if (old >= 0)
		r = write_parts(old, image, err);
	else if (old == -ENOENT)
		r = add_image(deposit->store, image, path, err);
	else
		r = err_errno(err, old, "%s", path);
	if (r == 0)
		r = sync_dir(deposit->store, "images", err);
	deposit->finished = r == 0;
	return r;
}

static void take_back(struct deposit *deposit)
{
	char path[13 + DIGEST_HEX_SIZE];

	for (size_t i = 0; i < deposit->blob_count; i++) {
		(void)snprintf(path, sizeof(path), "blobs/sha256/%s", deposit->blobs[i]);
		(void)unlinkat(deposit->store, path, 0);
	}
	for (size_t i = DIR_COUNT; i-- > 0;)
		if (deposit->made & 2U << i)
			(void)unlinkat(deposit->store, dirs[i], AT_REMOVEDIR);
	if (deposit->made & 1)
		(void)rmdir(deposit->path);
}

void deposit_done(struct deposit *deposit)
{
	if (deposit->store >= 0 && !deposit->finished)
		take_back(deposit);
	fd_close(deposit->store);
	free(deposit->path);
	free(deposit->blobs);
	*deposit = (struct deposit)DEPOSIT_INIT;
}
