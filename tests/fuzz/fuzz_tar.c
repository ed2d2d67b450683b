/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes, as two layers on top of each other: refused with a reason, or a tree in
 * order that our own headers carry over to a second reading unchanged. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/import/tar.h"
#include "pack/tree/content.h"
#include "pack/tree/emit.h"
#include "pack/tree/layer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct layer_limits limits = { 2000, 1 << 20, 64 };

static int add(void *context, const struct layer_entry *entry, struct err *err)
{
	return layer_add(context, entry, err);
}

static int keep_bytes(void *context, const void *bytes, size_t size, struct err *err)
{
	(void)err;
	return fd_write_all(*(int *)context, bytes, size);
}

static int keep_content(void *context, const struct tree_inode *inode, struct err *err)
{
	static char buffer[1 << 20];
	struct content_reader reader;
	int r = content_open(&reader, inode, err);

	assert(r == 0 && inode->size_bytes <= sizeof(buffer));
	r = content_read(&reader, buffer, inode->size_bytes, err);
	assert(r == 0);
	content_close(&reader);
	return keep_bytes(context, buffer, inode->size_bytes, err);
}

static void check_order(const struct tree *tree, const struct tree_node *root)
{
	char path[TREE_PATH_SIZE];

	for (const struct tree_node *n = tree_next(root, root); n;
	     n = tree_next(root, n)) {
		assert(tree_path(n, path) == 0);
		assert(strcmp(n->name, ".") != 0 && strcmp(n->name, "..") != 0);
		assert(n->name_size && !strchr(n->name, '/'));
		assert(tree_child(tree, n->parent, n->name, n->name_size) == n);
		assert(!n->next || strcmp(n->name, n->next->name) < 0);
		assert(n->inode ? n->inode->names > 0 : n->flags & TREE_WHITEOUT);
		assert(!n->child || tree_is_dir(n));
	}
}

static int read_once(struct tree *tree, struct layer *layer,
		     const struct content *content)
{
	struct err err = ERR_INIT;
	struct tar_notes notes;
	int r;

	layer_next_source(layer, false, false);
	r = tar_read(tree, content, add, layer, &notes, &err);
	if (r == 0)
		r = layer_check(layer, &err);
	assert(r == 0 || r == -12 || err.text[0]);
	return r;
}

/* What we would write, into an unnamed file. */
static void write_out(const struct tree_node *root, struct content *ret_content)
{
	*ret_content = (struct content){ .fd = memfd_create("tar", MFD_CLOEXEC) };
	const struct emit_sink sink = { keep_bytes, keep_content, &ret_content->fd };
	int r = emit_layer(root, &sink, NULL);

	assert(r == 0);
	ret_content->size_bytes = (uint64_t)lseek(ret_content->fd, 0, SEEK_END);
}

static bool same_file(const struct content *a, const struct content *b)
{
	size_t size = (size_t)a->size_bytes;
	char *x, *y;
	bool same;

	if (a->size_bytes != b->size_bytes)
		return false;
	x = mmap(NULL, size, PROT_READ, MAP_SHARED, a->fd, 0);
	y = mmap(NULL, size, PROT_READ, MAP_SHARED, b->fd, 0);
	assert(x != MAP_FAILED && y != MAP_FAILED);
	same = memcmp(x, y, size) == 0;
	(void)munmap(x, size);
	(void)munmap(y, size);
	return same;
}

/* The lowest layer has no whiteouts and no marks: its own tar must give it again. */
static void round_trip(const struct tree_node *root)
{
	struct content first, second;
	struct tree tree;
	struct layer *layer;
	int r = tree_init(&tree);

	assert(r == 0);
	write_out(root, &first);
	layer = layer_new(&tree, 0, UINT32_MAX, &limits);
	layer_next_source(layer, true, true);
	struct err err = ERR_INIT;
	struct tar_notes notes;

	r = tar_read(&tree, &first, add, layer, &notes, &err);
	assert(r == 0);
	r = layer_finish(layer, NULL, NULL, &err);
	assert(r == 0);
	write_out(layer->root, &second);
	assert(same_file(&first, &second));
	layer_free(layer);
	content_done(&first);
	content_done(&second);
	tree_done(&tree);
}

/* A header whose sum is wrong is where a reader stops: make the sums right, so that what
 * lies behind them gets its share of nonsense. */
static void repair(uint8_t *bytes, size_t size)
{
	for (; size >= 512; bytes += 512, size -= 512) {
		unsigned int sum = 8 * ' ';

		if (memcmp(bytes + 257, "ustar", 5) != 0)
			continue;
		for (size_t i = 0; i < 512; i++)
			sum += i >= 148 && i < 156 ? 0 : bytes[i];
		for (size_t i = 154; i-- > 148; sum >>= 3)
			bytes[i] = (uint8_t)('0' + (sum & 7));
		bytes[154] = '\0';
		bytes[155] = ' ';
	}
}

static int write_input(int fd, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	int r;

	assert(copy);
	memcpy(copy, data, size);
	repair(copy, size);
	r = fd_write_all(fd, copy, size);
	free(copy);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct content content = { .fd = memfd_create("tar", MFD_CLOEXEC),
				   .size_bytes = size };
	struct tree tree;
	uint32_t number = 0;
	int r = tree_init(&tree);

	assert(r == 0 && content.fd >= 0);
	r = write_input(content.fd, data, size);
	assert(r == 0);
	for (int i = 0; i < 2 && r == 0; i++) {
		struct layer *layer = layer_new(&tree, number, UINT32_MAX, &limits);

		r = read_once(&tree, layer, &content);
		if (r == 0)
			r = layer_finish(layer, NULL, NULL, NULL);
		number = layer->number;
		if (r == 0) {
			check_order(&tree, layer->root);
			if (i == 0)
				round_trip(layer->root);
			layer_commit(layer);
		}
		layer_free(layer);
	}
	content_done(&content);
	tree_done(&tree);
	return 0;
}
