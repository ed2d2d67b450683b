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

/* The sum for reading back is made before the hash, as in incoming_add(). */
static int put_data(void *context, const uint8_t *bytes, size_t size, struct err *err)
{
	struct digest hash;
	int r = install_add(making.install, making.in, bytes, size, err);

	(void)context;
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < size; i += VERITY_BLOCK) {
		r = sha256_of(bytes + i, VERITY_BLOCK, &hash);
		if (r == 0)
			r = hash_tree_build_add(&making.tree, &hash);
	}
	return r < 0 ? err_errno(err, r, "hash tree") : 0;
}

static int put_block(struct digest *all, struct err *err)
{
	struct digest hash;
	int r = install_add(making.install, making.in, incoming_buffer, VERITY_BLOCK,
			    err);

	if (r < 0)
		return r;
	r = sha256_of(incoming_buffer, VERITY_BLOCK, &hash);
	hash_tree_sum(all, &hash);
	return r < 0 ? err_errno(err, r, "hash tree") : 0;
}

/* Its blocks lie behind the data already: are they the ones that led to the root? The signed root says what the whole
 * layer is, so that the layer isn't hashed a second time for its name. */
static int put_tree(const struct manifest_layer *layer, struct err *err)
{
	struct hash_tree_build *tree = &making.tree;
	struct digest all = { 0 };
	int r = hash_tree_build_end(tree);

	if (r == 0 && (!digest_equal(&tree->root, &layer->root) ||
		       tree->layout.size_bytes != layer->size_bytes))
		return err_set(err, -EBADMSG, "the delta makes another layer");
	hash_tree_superblock(tree->layout.data_blocks, &tree->root, incoming_buffer);
	if (r == 0)
		r = install_add(making.install, making.in, incoming_buffer, VERITY_BLOCK,
				err);
	for (uint64_t at = layer->data_bytes + VERITY_BLOCK;
	     r == 0 && at < layer->size_bytes; at += VERITY_BLOCK) {
		r = fd_pread_all(tree->fd, incoming_buffer, VERITY_BLOCK, at);
		if (r == 0)
			r = put_block(&all, err);
	}
	return r == 0 && !digest_equal(&all, &tree->all)
		       ? err_set(err, -EIO, "its hash tree isn't what was written")
		       : r;
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
	in->proven = true;
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
