/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "install/incoming.h"
#include "install/install.h"
#include "install/remove.h"
#include "store/judge.h"
#include "trust/merge.h"

/* Directories of the store, for as long as it is written. */
struct places {
	int incoming, blobs, images;
};

static void progress(void *context, size_t size)
{
	struct install *install = context;
	uint64_t done;

	install->half_bytes += size;
	done = install->half_bytes / 2;
	/* more, where a layer that was there has to be replaced */
	if (done > install->total_bytes)
		done = install->total_bytes;
	if (install->progress)
		install->progress(install->context, done, install->total_bytes);
}

static void progress_whole(void *context, size_t size)
{
	progress(context, 2 * size);
}

int install_take(struct install *install, const void *bytes, size_t size, struct err *err)
{
	int r = incoming_add(install->incoming, bytes, size, err);

	install->written_bytes += size;
	progress(install, size);
	return r;
}

static int fetch(struct install *install, const struct places *places, size_t index,
		 struct err *err)
{
	const struct digest *digest = &install->manifest.layers[index].blob;
	struct incoming *in = install->incoming;
	char name[DIGEST_HEX_SIZE];
	int r;

	digest_hex(digest, name);
	r = incoming_start(in, places->incoming, name, err);
	if (r == 0)
		r = install->from->copy(install, index, err);
	if (r == 0)
		r = incoming_flush(in, digest, err);
	if (r == 0)
		r = incoming_read_back(in, progress, install, err);
	if (r == 0)
		r = incoming_move(in, places->blobs, err);
	incoming_done(in);
	return r;
}

/* A blob of the right name and size may be rotten all the same, and then this is how it
 * is mended. */
static bool is_good(struct install *install, const struct manifest_layer *layer)
{
	__fd int blob =
		store_open_blob(install->store, &layer->blob, layer->size_bytes, NULL);
	struct digest hash;

	return blob >= 0 &&
	       incoming_hash(blob, layer->size_bytes, progress_whole, install, &hash) ==
		       0 &&
	       digest_equal(&hash, &layer->blob);
}

static int put_layers(struct install *install, const struct places *places,
		      struct err *err)
{
	const struct manifest *manifest = &install->manifest;

	for (size_t i = 0; i < manifest->layer_count; i++) {
		int r;

		if (manifest_layer_again(manifest, i))
			continue;
		if (is_good(install, &manifest->layers[i])) {
			install->reused_layers++;
			install->reused_bytes += manifest->layers[i].size_bytes;
			r = install->from->skip(install, i, err);
		} else {
			r = fetch(install, places, i, err);
		}
		if (r < 0)
			return judge_wrap_layer(err, r, i, &manifest->layers[i]);
	}
	return 0;
}

static int put_file(int dir, const char *name, const char *bytes, size_t size,
		    struct err *err)
{
	__fd int fd = path_open_own(dir, name, O_RDWR | O_CREAT | O_EXCL, 0644);
	int r = fd < 0 ? fd : fd_write_all(fd, bytes, size);

	if (r == 0)
		r = sys_fsync(fd);
	if (r == 0) {
		(void)sys_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		r = fd_pread_all(fd, incoming_buffer, size, 0);
	}
	if (r < 0)
		return err_errno(err, r, "writing %s", name);
	if (memcmp(incoming_buffer, bytes, size) != 0)
		return err_set(err, -EIO, "%s: the medium did not keep it", name);
	return 0;
}

static bool has_file(int dir, const char *name, const char *bytes, size_t size)
{
	size_t found;

	return store_read_file(dir, name, (char *)incoming_buffer, INCOMING_BUFFER,
			       &found, NULL) == 0 &&
	       found == size && memcmp(incoming_buffer, bytes, size) == 0;
}

/* What the store's copy of the image is signed by stays: with a key that this device does
 * not know yet, it may be what the next one will start. */
static int merge_old(struct install *install, int dir)
{
	static struct signature_file ours, theirs, merged;
	char *text = (char *)incoming_buffer;
	size_t size;
	int r = store_read_file(dir, "manifest.sig", text, SIGNATURE_MAX_SIZE, &size,
				NULL);

	if (r < 0 || signature_file_parse(text, size, &ours, NULL) < 0)
		return 0;
	r = signature_file_parse(install->signature_text, install->signature_size,
				 &theirs, NULL);
	if (r < 0)
		return r;
	if (merge_signatures(install->manifest_text, install->manifest_size, &ours,
			     &theirs, &install->settings->keyring, &merged) == 0) {
		memcpy(install->signature_text, text, size);
		install->signature_size = size;
		return 0;
	}
	r = signature_file_write(&merged, install->signature_text,
				 sizeof(install->signature_text));
	if (r >= 0)
		install->signature_size = (size_t)r;
	return r < 0 ? r : 0;
}

static int merge_image(struct install *install, int images, struct err *err)
{
	__fd int dir = path_open_own(images, install->id, O_PATH | O_DIRECTORY, 0);
	int r = dir < 0 ? 0 : merge_old(install, dir);

	return r < 0 ? err_errno(err, r, "manifest.sig: its signatures") : 0;
}

static bool has_image(const struct install *install, int images)
{
	__fd int dir = path_open_own(images, install->id, O_PATH | O_DIRECTORY, 0);

	return dir >= 0 &&
	       has_file(dir, "manifest", install->manifest_text,
			install->manifest_size) &&
	       has_file(dir, "manifest.sig", install->signature_text,
			install->signature_size);
}

static int make_image(const struct install *install, int incoming, struct err *err)
{
	__fd int dir = incoming_dir(incoming, install->id, err);
	int r;

	if (dir < 0)
		return dir;
	r = put_file(dir, "manifest", install->manifest_text, install->manifest_size,
		     err);
	if (r == 0)
		r = put_file(dir, "manifest.sig", install->signature_text,
			     install->signature_size, err);
	if (r < 0)
		return r;
	r = sys_fsync(dir);
	return r < 0 ? err_errno(err, r, "flushing the image's directory") : 0;
}

/* What is in the way has the image's id: it may be the image with other signatures, so that
 * at no moment neither of the two is there. Only where they can't be exchanged (a file
 * system that doesn't, an entry that is immutable) is it taken away first. */
static int move_image(const struct install *install, const struct places *places,
		      struct err *err)
{
	const char *id = install->id;
	int r = sys_renameat2(places->incoming, id, places->images, id, RENAME_EXCHANGE);

	if (r == -EINVAL || r == -EPERM)
		r = remove_entry(places->images, id, places->incoming, err);
	else if (r == -ENOENT) /* nothing is in the way */
		r = 0;
	else if (r == 0)
		return sys_fsync(places->images);
	return r < 0 ? r : path_move(places->incoming, id, places->images, id);
}

static int put_image(struct install *install, const struct places *places,
		     struct err *err)
{
	int r = merge_image(install, places->images, err);

	if (r < 0 || has_image(install, places->images))
		return r;
	r = make_image(install, places->incoming, err);
	if (r < 0)
		return err_wrap(err, r, "images");
	r = move_image(install, places, err);
	return r < 0 ? err_errno(err, r, "images/%.12s", install->id) : 0;
}

static int write_all(struct install *install, const struct places *places,
		     struct err *err)
{
	int r = remove_all(places->incoming, err);

	if (r < 0)
		return err_wrap(err, r, "incoming");
	r = put_layers(install, places, err);
	if (r == 0)
		r = install->from->finish(install, err);
	if (r == 0)
		r = put_image(install, places, err);
	(void)remove_all(places->incoming, NULL);
	return r;
}

int install_write(struct install *install, struct err *err)
{
	static struct incoming in;
	__fd int incoming = -EBADF;
	__fd int top = -EBADF;
	__fd int blobs = -EBADF;
	__fd int images = -EBADF;

	install->incoming = &in;
	install->written_bytes = install->half_bytes = install->reused_bytes = 0;
	install->reused_layers = 0;
	incoming = incoming_dir(install->store, "incoming", err);
	if (incoming < 0)
		return incoming;
	top = incoming_dir(install->store, "blobs", err);
	if (top < 0)
		return top;
	blobs = incoming_dir(top, "sha256", err);
	if (blobs < 0)
		return blobs;
	images = incoming_dir(install->store, "images", err);
	if (images < 0)
		return images;
	return write_all(install, &(struct places){ incoming, blobs, images }, err);
}
