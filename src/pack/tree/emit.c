/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/tree/emit.h"

#include "pack/tree/pax.h"

static int emit_node(const struct tree_node *node, const struct emit_sink *sink,
		     struct pax *pax, struct err *err)
{
	static const char zeros[512];
	char path[TREE_PATH_SIZE], first[TREE_PATH_SIZE];
	const struct tree_inode *inode = node->inode;
	bool link = inode && inode->first != node;
	int r = tree_path(node, path);

	if (r == 0 && link)
		r = tree_path(inode->first, first);
	if (r < 0)
		return err_errno(err, r, "%.64s", node->name);
	pax->size = 0;
	pax_add(pax, node, path, link ? first : NULL);
	if (pax->error)
		return pax->error;
	r = sink->bytes(sink->context, pax->bytes, pax->size, err);
	if (r < 0 || !inode || link || !S_ISREG(inode->mode) || inode->size_bytes == 0)
		return r;
	r = sink->content(sink->context, inode, err);
	if (r == 0)
		r = sink->bytes(sink->context, zeros, pax_padding(inode->size_bytes),
				err);
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}

int emit_layer(const struct tree_node *root, const struct emit_sink *sink,
	       struct err *err)
{
	struct pax pax = { 0 };
	int r = 0;

	for (const struct tree_node *node = tree_next(root, root); node && r == 0;
	     node = tree_next(root, node))
		r = emit_node(node, sink, &pax, err);
	pax.size = 0;
	if (r == 0)
		pax_add_end(&pax);
	if (r == 0)
		r = pax.error ? pax.error
			      : sink->bytes(sink->context, pax.bytes, pax.size, err);
	pax_done(&pax);
	return r;
}
