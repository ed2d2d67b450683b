/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/diff/compare.h"

#include <errno.h>
#include <string.h>

#include "pack/diff/unpack.h"

struct compare {
	bool times;
	compare_fn *fn;
	void *context;
};

static const char *const words[] = { "type",   "mode",	 "owner",      "size", "content",
				     "target", "device", "attributes", "time" };

const char *compare_word(unsigned int bit)
{
	return bit < sizeof(words) / sizeof(words[0]) ? words[bit] : NULL;
}

static bool same_xattrs(const struct tree_xattr *a, const struct tree_xattr *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (strcmp(a->name, b->name) != 0 || a->size != b->size ||
		    memcmp(a->value, b->value, a->size) != 0)
			return false;
	return a == b; /* both at their end */
}

static unsigned int compare_kind(const struct tree_inode *a, const struct tree_inode *b)
{
	switch (a->mode & S_IFMT) {
	case S_IFREG:
		if (a->size_bytes != b->size_bytes)
			return COMPARE_SIZE | COMPARE_CONTENT;
		return digest_equal(unpack_digest(a), unpack_digest(b)) ? 0
									: COMPARE_CONTENT;
	case S_IFLNK:
		return strcmp(a->target, b->target) ? COMPARE_TARGET : 0;
	case S_IFCHR:
	case S_IFBLK:
		return a->major != b->major || a->minor != b->minor ? COMPARE_DEVICE : 0;
	default:
		return 0;
	}
}

static unsigned int compare_inodes(const struct tree_inode *a, const struct tree_inode *b,
				   bool times)
{
	unsigned int what = 0;

	if (a == b)
		return 0;
	if ((a->mode & S_IFMT) != (b->mode & S_IFMT))
		what |= COMPARE_TYPE;
	else
		what |= compare_kind(a, b);
	if ((a->mode & 07777) != (b->mode & 07777))
		what |= COMPARE_MODE;
	if (a->uid != b->uid || a->gid != b->gid)
		what |= COMPARE_OWNER;
	if (!same_xattrs(a->xattrs, b->xattrs))
		what |= COMPARE_XATTRS;
	if (times && a->mtime != b->mtime)
		what |= COMPARE_TIME;
	return what;
}

/* Not in walk(), which recurses: a path takes 4 KiB. */
__attribute__((noinline)) static int report(const struct compare *c,
					    const struct tree_node *before,
					    const struct tree_node *after,
					    unsigned int what, struct err *err)
{
	char path[TREE_PATH_SIZE + 1] = "/";
	struct compare_change change = { path, before, after, what };
	int r = tree_path(after ? after : before, path + 1);

	return r < 0 ? err_errno(err, r, "path") : c->fn(c->context, &change, err);
}

/* Which of two names comes first? The end of a list comes last. */
static int order(const struct tree_node *a, const struct tree_node *b)
{
	if (!a || !b)
		return a ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Recurses as deep as a path has names, which TREE_PATH_SIZE limits. */
static int walk(const struct compare *c, const struct tree_node *before,
		const struct tree_node *after, struct err *err)
{
	const struct tree_node *a = before ? before->child : NULL;
	const struct tree_node *b = after ? after->child : NULL;
	unsigned int what =
		before && after ? compare_inodes(before->inode, after->inode, c->times)
				: 0;
	int r = what || !before || !after ? report(c, before, after, what, err) : 0;

	while (r == 0 && (a || b)) {
		int first = order(a, b);

		r = walk(c, first <= 0 ? a : NULL, first >= 0 ? b : NULL, err);
		if (first <= 0)
			a = a->next;
		if (first >= 0)
			b = b->next;
	}
	return r;
}

int compare_trees(struct tree_node *before, struct tree_node *after, bool times,
		  compare_fn *fn, void *context, struct err *err)
{
	const struct compare c = { .times = times, .fn = fn, .context = context };

	if (tree_sort(before) < 0 || tree_sort(after) < 0)
		return -ENOMEM;
	return walk(&c, before, after, err);
}
