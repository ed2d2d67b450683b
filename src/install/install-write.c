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
#include "install/install-delta.h"
#include "install/remove.h"
#include "store/judge.h"
#include "trust/merge.h"

/* Directories of the store, and what is on its way into them. */
struct writer {
	int incoming, blobs, images;
	struct incoming in;
};

static void progress(void *context, size_t size)
{
	struct install *install = context;
	const struct install_wish *wish = &install->wish;
	uint64_t done;

	install->half_bytes += size;
	done = install->half_bytes / 2;
	/* more, where a blob that was there has to be replaced */
	if (done > install->total_bytes)
		done = install->total_bytes;
	if (wish->progress)
		wish->progress(wish->context, done, install->total_bytes);
}

static void progress_whole(void *context, size_t size)
{
	progress(context, 2 * size);
}

int install_add(struct install *install, struct incoming *in, const void *bytes,
		size_t size, struct err *err)
{
	int r = incoming_add(in, bytes, size, err);

	install->written_bytes += size;
	progress(install, size);
	return r;
}

static int pull(struct install *install, struct incoming *in,
		const struct manifest_blob *blob, struct err *err)
{
	struct install_from *from = &install->from;
	int r = 0;

	for (uint64_t left = blob->size_bytes; r == 0 && left > 0;) {
		size_t part = left < INCOMING_BUFFER ? (size_t)left : INCOMING_BUFFER;

		r = from->source->read(from, incoming_buffer, part, err);
		if (r < 0)
			return r;
		r = install_add(install, in, incoming_buffer, part, err);
		left -= part;
	}
	return r;
}

/* From the source as it is, or by @delta. */
static int copy(struct install *install, struct writer *writer,
		const struct manifest_blob *blob, const struct install_delta *delta,
		struct err *err)
{
	struct incoming *in = &writer->in;
	int r = incoming_start(in, writer->incoming, DIGEST_HEX(blob->digest), err);

	if (r == 0)
		r = delta ? install_delta_apply(install, delta, in, err)
			  : pull(install, in, blob, err);
	if (r == 0)
		r = incoming_flush(in, blob->digest, err);
	return r < 0 ? r : incoming_read_back(in, progress, install, err);
}

/* 1: it is what it should be, below incoming/; 0: it has to be copied. */
static int take(struct install *install, struct writer *writer,
		const struct manifest_blob *blob, struct err *err)
{
	struct install_from *from = &install->from;
	char name[DIGEST_HEX_SIZE];
	int fd, r;

	if (!from->moves || !from->source->take)
		return 0;
	digest_hex(blob->digest, name);
	fd = from->source->take(from, writer->incoming, name);
	if (fd < 0)
		return 0;
	if (!incoming_adopt(&writer->in, writer->incoming, name, fd, blob->size_bytes)) {
		from->blob_fd = fd; /* which can be read all the same */
		return 0;
	}
	r = incoming_check(&writer->in, blob->digest, progress_whole, install, err);
	return r < 0 ? r : 1;
}

/* 1: it was there already, to be taken. */
static int fetch(struct install *install, struct writer *writer,
		 const struct manifest_blob *blob, struct err *err)
{
	int r = install->from.source->next_blob(&install->from, blob, true, err), taken;

	if (r < 0)
		return r;
	r = taken = take(install, writer, blob, err);
	if (r == 0)
		r = copy(install, writer, blob, NULL, err);
	if (r >= 0)
		r = incoming_move(&writer->in, writer->blobs, err);
	incoming_done(&writer->in);
	return r < 0 ? r : taken;
}

/* A blob of the right name and size may be rotten all the same, and then this is how it
 * is mended. */
static bool is_good(struct install *install, size_t index,
		    const struct manifest_blob *blob)
{
	struct digest hash;

	if (install->good[index])
		return true;
	__fd int fd = store_open_blob(install->wish.store, blob->digest, blob->size_bytes,
				      NULL);

	install->good[index] = fd >= 0 &&
			       incoming_hash(fd, blob->size_bytes, progress_whole,
					     install, &hash) == 0 &&
			       digest_equal(&hash, blob->digest);
	return install->good[index];
}

/* A delta that comes to nothing costs what it has of bytes, and is told. */
static void make(struct install *install, struct writer *writer,
		 const struct install_delta *delta, int r, struct err *why)
{
	struct manifest_blob blob = { &delta->line.layer,
				      install->manifest.layers[delta->layer].size_bytes };
	const struct install_wish *wish = &install->wish;
	uint64_t written_bytes = install->written_bytes;

	if (r == 0)
		r = copy(install, writer, &blob, delta, why);
	if (r == 0)
		r = incoming_move(&writer->in, writer->blobs, why);
	incoming_done(&writer->in);
	install->made[delta->layer] = install->good[delta->layer] = r == 0;
	if (r == 0)
		return;
	install->written_bytes = written_bytes;
	(void)err_wrap(why, r, "not by its delta");
	(void)judge_wrap_blob(why, r, &install->manifest, delta->layer);
	if (wish->note)
		wish->note(wish->context, why->text);
}

static int put_deltas(struct install *install, struct writer *writer, struct err *err)
{
	const struct manifest *manifest = &install->manifest;
	struct install_from *from = &install->from;
	const char *at = from->texts.deltas;
	struct install_delta delta;
	int r;

	while ((r = install_delta_next(install, &at, &delta, err)) > 0) {
		struct deltas_line *line = &delta.line;
		struct manifest_blob blob = { &line->delta, line->size_bytes };
		struct manifest_blob layer;
		__fd int base = delta.base;
		struct err why = ERR_INIT;
		bool wanted = base >= 0 && manifest_blob(manifest, delta.layer, &layer) &&
			      !is_good(install, delta.layer, &layer);

		r = from->source->next_blob(from, &blob, wanted, &why);
		/* a stream that is out of step is no use any more */
		if (r < 0 && from->source == &install_bundle)
			return err_set(err, r, "delta %.12s: %s",
				       DIGEST_HEX(&line->delta), why.text);
		if (wanted)
			make(install, writer, &delta, r, &why);
	}
	return r;
}

static int put_blobs(struct install *install, struct writer *writer, struct err *err)
{
	const struct manifest *manifest = &install->manifest;
	struct install_from *from = &install->from;
	struct manifest_blob blob;

	for (size_t i = 0; manifest_blob(manifest, i, &blob); i++) {
		int r;

		if (manifest_blob_again(manifest, i))
			continue;
		if (is_good(install, i, &blob)) {
			if (!install->made[i]) {
				install->reused_layers += i < manifest->layer_count;
				install->reused_bytes += blob.size_bytes;
			}
			r = from->absent[i]
				    ? 0
				    : from->source->next_blob(from, &blob, false, err);
		} else if (from->absent[i]) {
			r = err_set(err, -ENOENT,
				    "neither whole in the store nor in the %s",
				    from->source->name);
		} else {
			r = fetch(install, writer, &blob, err);
			install->reused_layers += r > 0 && i < manifest->layer_count;
		}
		if (r < 0)
			return judge_wrap_blob(err, r, manifest, i);
	}
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
	struct install_from *from = &install->from;
	char *text = (char *)incoming_buffer;
	size_t size;
	int r = store_read_file(dir, "manifest.sig", text, SIGNATURE_MAX_SIZE, &size,
				NULL);

	if (r < 0 || signature_file_parse(text, size, &ours, NULL) < 0)
		return 0;
	r = signature_file_parse(from->signatures, from->signatures_size, &theirs, NULL);
	if (r < 0)
		return r;
	if (merge_signatures(from->manifest, from->manifest_size, &ours, &theirs,
			     &install->wish.settings->keyring, &merged) == 0) {
		memcpy(from->signatures, text, size);
		from->signatures_size = size;
		return 0;
	}
	r = signature_file_write(&merged, from->signatures, sizeof(from->signatures));
	if (r >= 0)
		from->signatures_size = (size_t)r;
	return r < 0 ? r : 0;
}

static int merge_image(struct install *install, int images, struct err *err)
{
	__fd int dir =
		path_open_own(images, DIGEST_HEX(&install->id), O_PATH | O_DIRECTORY, 0);
	int r = dir < 0 ? 0 : merge_old(install, dir);

	return r < 0 ? err_errno(err, r, "manifest.sig: its signatures") : 0;
}

static bool has_image(const struct install *install, int images)
{
	__fd int dir =
		path_open_own(images, DIGEST_HEX(&install->id), O_PATH | O_DIRECTORY, 0);

	return dir >= 0 &&
	       has_file(dir, "manifest", install->from.manifest,
			install->from.manifest_size) &&
	       has_file(dir, "manifest.sig", install->from.signatures,
			install->from.signatures_size);
}

static int make_image(const struct install *install, int incoming, struct err *err)
{
	__fd int dir = incoming_dir(incoming, DIGEST_HEX(&install->id), err);
	int r;

	if (dir < 0)
		return dir;
	r = incoming_put(dir, "manifest", install->from.manifest,
			 install->from.manifest_size, err);
	if (r == 0)
		r = incoming_put(dir, "manifest.sig", install->from.signatures,
				 install->from.signatures_size, err);
	if (r < 0)
		return r;
	r = sys_fsync(dir);
	return r < 0 ? err_errno(err, r, "flushing the image's directory") : 0;
}

/* What is in the way has the image's id: it may be the image with other signatures, so that
 * at no moment neither of the two is there. Only where they can't be exchanged (a file
 * system that doesn't, an entry that is immutable) is it taken away first. */
static int move_image(const struct install *install, struct writer *writer,
		      struct err *err)
{
	char id[DIGEST_HEX_SIZE];
	int r;

	digest_hex(&install->id, id);
	r = sys_renameat2(writer->incoming, id, writer->images, id, RENAME_EXCHANGE);

	if (r == -EINVAL || r == -EPERM)
		r = remove_entry(writer->images, id, writer->incoming, err);
	else if (r == -ENOENT) /* nothing is in the way */
		r = 0;
	else if (r == 0)
		return sys_fsync(writer->images);
	return r < 0 ? r : path_move(writer->incoming, id, writer->images, id);
}

static int put_image(struct install *install, struct writer *writer, struct err *err)
{
	int r = merge_image(install, writer->images, err);

	if (r < 0 || has_image(install, writer->images))
		return r;
	r = make_image(install, writer->incoming, err);
	if (r < 0)
		return err_wrap(err, r, "images");
	r = move_image(install, writer, err);
	return r < 0 ? err_errno(err, r, "images/%.12s", DIGEST_HEX(&install->id)) : 0;
}

static int write_all(struct install *install, struct writer *writer, struct err *err)
{
	struct install_from *from = &install->from;
	int r = remove_all(writer->incoming, err);

	if (r < 0)
		return err_wrap(err, r, "incoming");
	r = put_deltas(install, writer, err);
	if (r == 0)
		r = put_blobs(install, writer, err);
	/* a set's are read once they are there, and before anything names them */
	if (r == 0 && install->manifest.member_count > 0)
		r = judge_blobs(install->wish.store, &install->manifest, err);
	if (r == 0)
		r = from->source->finish(from, &install->id, err);
	if (r == 0)
		r = put_image(install, writer, err);
	(void)remove_all(writer->incoming, NULL);
	return r;
}

static int open_dirs(int store, struct writer *writer, struct err *err)
{
	__fd int top = -EBADF;

	writer->incoming = incoming_dir(store, "incoming", err);
	if (writer->incoming < 0)
		return writer->incoming;
	top = incoming_dir(store, "blobs", err);
	if (top < 0)
		return top;
	writer->blobs = incoming_dir(top, "sha256", err);
	if (writer->blobs < 0)
		return writer->blobs;
	writer->images = incoming_dir(store, "images", err);
	return writer->images < 0 ? writer->images : 0;
}

int install_write(struct install *install, struct err *err)
{
	struct writer writer = { .incoming = -EBADF,
				 .blobs = -EBADF,
				 .images = -EBADF,
				 .in = { .fd = -EBADF } };
	int r;

	install->written_bytes = install->half_bytes = install->reused_bytes = 0;
	install->reused_layers = 0;
	r = open_dirs(install->wish.store, &writer, err);
	if (r == 0)
		r = write_all(install, &writer, err);
	fd_close(install->from.blob_fd);
	fd_close(writer.incoming);
	fd_close(writer.blobs);
	fd_close(writer.images);
	return r;
}
