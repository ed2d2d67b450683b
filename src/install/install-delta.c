/* SPDX-License-Identifier: Apache-2.0 */
#include "install/install-delta.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "install/rdiff.h"
#include "trust/hash-tree/build.h"

int install_delta_next(const struct install *install, const char **at,
		       struct install_delta *ret_delta, struct err *err)
{
	const struct unbundle_texts *texts = &install->from.texts;
	const struct manifest *manifest = &install->manifest;
	struct deltas_line *line = &ret_delta->line;
	char path[STORE_BLOB_PATH_SIZE];
	size_t i = 0;
	int r = deltas_next(at, texts->deltas + texts->deltas_size, line);

	if (r < 0)
		return err_set(err, r, DELTAS_NAME ": not a list of deltas");
	if (r == 0)
		return 0;
	while (i < manifest->layer_count &&
	       !digest_equal(&manifest->layers[i].blob, &line->layer))
		i++;
	ret_delta->layer = i;
	ret_delta->base = -ENOENT;
	if (i < manifest->layer_count)
		ret_delta->base = path_open_own_file(install->wish.store,
						     store_blob_path(&line->base, path),
						     &ret_delta->base_bytes, NULL);
	return 1;
}

bool install_delta_usable(const struct install *install, size_t index)
{
	const char *at = install->from.texts.deltas;
	struct install_delta delta;
	bool found = false;

	while (!found && install_delta_next(install, &at, &delta, NULL) > 0) {
		found = delta.layer == index && delta.base >= 0;
		fd_close(delta.base);
	}
	return found;
}

/* Large, and one at a time. */
static struct making {
	struct install *install;
	struct incoming *in;
	struct hash_tree_build tree;
} making;

static int read_delta(void *context, void *buf, size_t size, struct err *err)
{
	struct install_from *from = &making.install->from;

	(void)context;
	return from->source->read(from, buf, size, err);
}

static int put_data(void *context, const uint8_t *bytes, size_t size, struct err *err)
{
	struct digest hash;
	int r = 0;

	(void)context;
	for (size_t i = 0; r == 0 && i < size; i += VERITY_BLOCK) {
		r = sha256_of(bytes + i, VERITY_BLOCK, &hash);
		if (r == 0)
			r = hash_tree_build_add(&making.tree, &hash);
	}
	if (r < 0)
		return err_errno(err, r, "hash tree");
	return install_add(making.install, making.in, bytes, size, err);
}

/* Its blocks lie behind the data already. */
static int put_tree(const struct manifest_layer *layer, struct err *err)
{
	struct hash_tree_build *tree = &making.tree;
	int r = hash_tree_build_end(tree);

	if (r == 0 && !digest_equal(&tree->root, &layer->root))
		return err_set(err, -EBADMSG, "the delta makes another layer");
	hash_tree_superblock(tree->layout.data_blocks, &tree->root, incoming_buffer);
	for (uint64_t at = layer->data_bytes; r == 0 && at < layer->size_bytes;
	     at += VERITY_BLOCK) {
		if (at > layer->data_bytes)
			r = fd_pread_all(tree->fd, incoming_buffer, VERITY_BLOCK, at);
		if (r == 0)
			r = install_add(making.install, making.in, incoming_buffer,
					VERITY_BLOCK, err);
	}
	return r;
}

int install_delta_apply(struct install *install, const struct install_delta *delta,
			struct incoming *in, struct err *err)
{
	const struct manifest_layer *layer = &install->manifest.layers[delta->layer];
	struct rdiff rdiff = {
		.base = delta->base,
		.base_bytes = delta->base_bytes,
		.delta_bytes = delta->line.size_bytes,
		.data_bytes = layer->data_bytes,
		.read = read_delta,
		.put = put_data,
	};
	struct digest hash;
	int r;

	memset(&making, 0, sizeof(making));
	making.install = install;
	making.in = in;
	making.tree.fd = in->fd;
	hash_tree_layout(layer->data_bytes, &making.tree.layout);
	r = rdiff_apply(&rdiff, err);
	if (r == 0)
		r = put_tree(layer, err);
	if (r < 0 &&
	    (incoming_hash(delta->base, delta->base_bytes, NULL, NULL, &hash) < 0 ||
	     !digest_equal(&hash, &delta->line.base)))
		return err_set(err, r, "its base %.12s is damaged",
			       DIGEST_HEX(&delta->line.base));
	return r;
}
