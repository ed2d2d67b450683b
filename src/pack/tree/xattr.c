/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/tree/xattr.h"

#include <errno.h>
#include <string.h>

static int begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static int judge(const char *name, struct err *err)
{
	/* user.overlay. is overlayfs's only where it is mounted with userxattr, which init
	 * never does: a file's own, as the engines have it */
	if (begins(name, "trusted.overlay."))
		return err_set(err, -EINVAL,
			       "the extended attribute %s belongs to overlayfs", name);
	return begins(name, "user.") || begins(name, "trusted.") ||
	       begins(name, "security.");
}

int xattr_add(struct tree *tree, struct tree_xattr **list, const char *name,
	      const void *value, size_t size, struct err *err)
{
	struct tree_xattr *xattr;
	int order = -1, r = judge(name, err);
	void *copy;

	if (r <= 0)
		return r;
	if (strlen(name) > 255 || size > 65536)
		return err_set(err, -EINVAL, "the extended attribute %.40s is too long",
			       name);
	copy = tree_alloc(tree, size + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, value, size);
	while (*list && (order = strcmp((*list)->name, name)) < 0)
		list = &(*list)->next;
	xattr = *list && order == 0 ? *list : tree_alloc(tree, sizeof(*xattr));
	if (!xattr)
		return -ENOMEM;
	if (xattr != *list) {
		xattr->name = tree_text(tree, name);
		xattr->next = *list;
		*list = xattr;
	}
	xattr->value = copy;
	xattr->size = (uint32_t)size;
	return xattr->name ? 1 : -ENOMEM;
}
