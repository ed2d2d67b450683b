/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "pack/host/scratch.h"
#include "pack/host/staging.h"
#include "pack/image/bundle.h"
#include "pack/image/input.h"
#include "pack/image/layout.h"
#include "pack/image/registry.h"
#include "store/judge.h"
#include "store/store.h"
#include "trust/key.h"
#include "trust/merge.h"

enum {
	OPT_OUTPUT,
	OPT_KEY,
	OPT_THRESHOLD
};

static const struct cmd_option options[] = {
	{ "output", 'o', "STORE",
	  "the store to put the image into; made if it is missing" },
	{ "key", 'k', "FILE",
	  "refuse it unless this key (PEM) signs it; may be repeated" },
	{ "threshold", 0, "N", "how many of the keys must sign (default: 1)" },
	{ 0 },
};

extern const struct cmd cmd_pull;

struct request {
	const char *store;
	struct keyring ring;
	unsigned long long threshold;
};

static int check_signatures(const struct request *q, const struct image *image,
			    struct err *err)
{
	int r;

	if (q->ring.count == 0)
		return 0;
	r = key_verify(image->text, image->size, &image->signatures, &q->ring,
		       (uint32_t)q->threshold, NULL, err);
	return r < 0 ? err_wrap(err, r, "image %.12s", DIGEST_HEX(&image->id)) : 0;
}

struct origin { /* of the layers: a bundle that streams, or a layout */
	int fd; /* of the bundle, or -EBADF */
	struct delta_list deltas;
	const struct layout_image *registry;
};

static int take_blob(const struct origin *from, const struct image *image, size_t index,
		     struct staging *staging, struct err *err)
{
	struct manifest_blob blob = { 0 };
	unsigned int number = 0;
	__fd int fd = staging_file(staging, &number, err);
	int r;

	if (fd < 0)
		return fd;
	r = from->registry ? layout_copy_blob(from->registry, index, fd, err)
			   : bundle_read_blob(from->fd, image, index, fd, err);
	if (r < 0)
		return judge_wrap_blob(err, r, &image->manifest, index);
	(void)manifest_blob(&image->manifest, index, &blob);
	r = staging_add_blob(staging, number, blob.digest);
	return r < 0 ? err_errno(err, r, "blob %zu", index) : 0;
}

/* The same manifest was there: it gets the bundle's signatures to those that it has. */
static int add_signatures(int store, struct image *image, const struct keyring *ring,
			  struct err *err)
{
	static struct signature_file theirs;
	static struct image ours;
	int r = image_load(store, &image->id, &ours, err);

	if (r < 0)
		return r;
	theirs = image->signatures;
	r = merge_signatures(image->text, image->size, &ours.signatures, &theirs, ring,
			     &image->signatures);
	return r > 0 ? image_write_signatures(store, image, err) : r;
}

/* Of a base that is there. What is no layer has no length that a delta could make. */
static int make_blob(const struct origin *from, const struct digest *digest,
		     uint64_t data_bytes, struct staging *staging, struct err *err)
{
	const struct delta_wish wish = { staging->fd, digest, data_bytes };
	unsigned int number = 0;
	__fd int fd = staging_file(staging, &number, err);
	int r = fd < 0 ? fd : delta_list_apply(&from->deltas, &wish, fd, err);

	if (r == 0 && (r = staging_add_blob(staging, number, digest)) < 0)
		(void)err_errno(err, r, "its delta");
	return r;
}

/* What is left out of the bundle must be there already, or come as a delta. */
static int take_rest(const struct origin *from, const struct image *image,
		     struct staging *staging, struct err *err)
{
	const struct manifest *m = &image->manifest;
	struct manifest_blob blob;

	for (size_t i = 0; manifest_blob(m, i, &blob); i++) {
		uint64_t data_bytes = i < m->layer_count ? m->layers[i].data_bytes : 0;
		int r;

		if (!image->absent[i])
			continue;
		r = store_open_blob(staging->fd, blob.digest, blob.size_bytes, err);
		if (r >= 0)
			fd_close(r);
		else if (r == -ENOENT)
			r = make_blob(from, blob.digest, data_bytes, staging, err);
		if (r < 0)
			return judge_wrap_blob(err, r, m, i);
	}
	return 0;
}

static int fill_store(const struct origin *from, struct image *image,
		      struct staging *staging, const struct keyring *ring,
		      struct err *err)
{
	const struct staging_image staged = {
		.manifest = image->text,
		.manifest_size = image->size,
		.signature = image->signature_text,
		.signature_size = image->signature_size,
	};
	struct manifest_blob blob;
	struct digest id;
	int r = take_rest(from, image, staging, err);

	for (size_t i = 0; r == 0 && manifest_blob(&image->manifest, i, &blob); i++)
		if (image_blob_bundled(image, i))
			r = take_blob(from, image, i, staging, err);
	if (r == 0 && !from->registry)
		r = bundle_read_tail(from->fd, image, err);
	if (r == 0)
		r = staging_commit(staging, &staged, &id, err);
	return r > 0 ? add_signatures(staging->fd, image, ring, err) : r;
}

/* Everything that can be refused by manifest and signature is, before the store is
 * touched. */
static int take_image(const struct request *q, const struct origin *from,
		      struct image *image, struct err *err)
{
	struct staging staging;
	int r = check_signatures(q, image, err);

	if (r == 0)
		r = staging_open(&staging, q->store, err);
	if (r < 0)
		return r;
	r = fill_store(from, image, &staging, &q->ring, err);
	staging_done(&staging);
	return r;
}

static int take_file(const char *path, const struct request *q, struct image *image,
		     struct err *err)
{
	__fd int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					     : open(path, O_RDONLY | O_CLOEXEC);
	static struct origin from;
	int r;

	if (fd < 0)
		return err_errno(err, -errno, "%s", cmd_input_name(path));
	from.fd = fd;
	r = bundle_read_head(fd, image, &from.deltas, err);
	if (r == -EISDIR)
		return err_set(err, r,
			       "%s: is a directory: for an OCI layout, say oci:%s", path,
			       path);
	if (r == 0)
		r = take_image(q, &from, image, err);
	delta_list_done(&from.deltas);
	return r < 0 ? err_wrap(err, r, "%s", cmd_input_name(path)) : 0;
}

static int take_layout(const char *spec, const struct request *q, struct image *image,
		       struct err *err)
{
	struct layout_image registry = { .image = image };
	struct origin from = { .fd = -EBADF, .registry = &registry };
	int r = layout_open(spec, &registry, err);

	if (r == 0)
		r = take_image(q, &from, image, err);
	layout_done(&registry);
	return r;
}

/* By way of a layout in a directory, which is gone afterwards. */
static int take_registry(const char *spec, const struct request *q, struct image *image,
			 struct err *err)
{
	char *dir = NULL, *layout = NULL;
	int r = scratch_make_directory("pull", &dir, err);

	if (r < 0)
		return r;
	if (asprintf(&layout, "oci:%s", dir) < 0)
		r = err_errno(err, -ENOMEM, "%s", dir);
	if (r == 0)
		r = registry_copy(spec, layout, err);
	if (r == 0)
		r = take_layout(layout, q, image, err);
	scratch_drop_directory(dir);
	free(layout);
	return r;
}

static int take_spec(const char *spec, const struct request *q, struct image *image,
		     struct err *err)
{
	int r = registry_is_spec(spec) ? take_registry(spec, q, image, err)
				       : take_layout(spec, q, image, err);

	return r < 0 ? err_wrap(err, r, "%s", spec) : 0;
}

static int request_read(struct cmd_line *line, struct request *q, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		if (option == OPT_OUTPUT)
			q->store = line->value;
		else if (option == OPT_KEY)
			r = input_add_key(&q->ring, line->value, err);
		else
			r = cmd_number(line, option, 1, SIGNATURE_MAX_COUNT,
				       &q->threshold, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 1, 1, err);
	if (r == 0 && !q->store)
		r = cmd_usage(err, "%s: --output is missing", line->cmd->name);
	if (r == 0 && q->threshold > 1 && q->ring.count < q->threshold)
		r = cmd_usage(err, "%s: %llu signatures asked for, %zu keys given",
			      line->cmd->name, q->threshold, q->ring.count);
	return r;
}

static int unbundle_run(struct cmd_line *line, struct err *err)
{
	struct request q = { .threshold = 1 };
	__image struct image *image = image_new();
	int r = image ? request_read(line, &q, err) : -ENOMEM;
	const char *from;

	if (r < 0)
		return r;
	from = line->argv[line->at];
	if (line->cmd == &cmd_pull && !registry_is_spec(from))
		return cmd_usage(err, "pull: '%s' does not begin with docker://", from);
	r = registry_is_spec(from) || layout_is_spec(from)
		    ? take_spec(from, &q, image, err)
		    : take_file(from, &q, image, err);
	if (r == 0)
		puts(DIGEST_HEX(&image->id));
	return r;
}

const struct cmd cmd_pull = {
	.name = "pull",
	.args = "docker://REGISTRY/NAME[:TAG] -o STORE",
	.help = "Put an image of a registry into a store",
	.options = options,
	.run = unbundle_run,
};

const struct cmd cmd_unbundle = {
	.name = "unbundle",
	.args = "FILE|oci:DIR|oci-archive:FILE -o STORE",
	.help = "Put a bundle's image into a store",
	.options = options,
	.run = unbundle_run,
};
