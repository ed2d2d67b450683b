/* SPDX-License-Identifier: Apache-2.0 */
/* Our headers, read by tar.h's reader: libarchive, which shares no code with them. */
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/import/tar.h"
#include "pack/tree/content.h"
#include "pack/tree/emit.h"
#include "pack/tree/pax.h"
#include "pack/tree/xattr.h"

#define LONG_NAME 255

struct round {
	struct tree tree; /* what is written */
	struct tree back; /* where the reader keeps its texts */
	int fd;
	size_t entries;
	struct layer_entry last;
	char path[TREE_PATH_SIZE], target[TREE_PATH_SIZE];
};

static int write_bytes(void *context, const void *bytes, size_t size, struct err *err)
{
	(void)err;
	return fd_write_all(*(int *)context, bytes, size);
}

static int write_content(void *context, const struct tree_inode *inode, struct err *err)
{
	struct content_reader reader;
	char buffer[4096];

	assert_true(inode->size_bytes <= sizeof(buffer));
	assert_int_equal(content_open(&reader, inode, err), 0);
	assert_int_equal(content_read(&reader, buffer, inode->size_bytes, err), 0);
	content_close(&reader);
	return fd_write_all(*(int *)context, buffer, inode->size_bytes);
}

static int keep_last(void *context, const struct layer_entry *entry, struct err *err)
{
	struct round *round = context;

	(void)err;
	round->entries++;
	round->last = *entry;
	(void)snprintf(round->path, sizeof(round->path), "%s", entry->path);
	(void)snprintf(round->target, sizeof(round->target), "%s",
		       entry->hardlink ? entry->hardlink
		       : entry->target ? entry->target
				       : "");
	return 0;
}

static struct tree_node *start(struct round *round, uint32_t mode)
{
	struct tree_node *node;

	*round = (struct round){ .fd = -EBADF };
	assert_int_equal(tree_init(&round->tree), 0);
	assert_int_equal(tree_init(&round->back), 0);
	node = tree_add(&round->tree, round->tree.lower, "name", 4);
	node->inode = tree_alloc(&round->tree, sizeof(*node->inode));
	node->inode->mode = mode;
	node->inode->first = node;
	return node;
}

/* Writes the tree and reads it again; its last entry is in round->last. */
static void turn(struct round *round)
{
	const struct emit_sink sink = { write_bytes, write_content, &round->fd };
	struct content content = { .fd = -EBADF };
	struct tar_notes notes;
	struct err err = ERR_INIT;

	round->fd = memfd_create("tar", MFD_CLOEXEC);
	assert_int_equal(emit_layer(round->tree.lower, &sink, &err), 0);
	content.fd = round->fd;
	content.size_bytes = (uint64_t)lseek(round->fd, 0, SEEK_END);
	assert_int_equal(content.size_bytes % 512, 0);
	if (tar_read(&round->back, &content, keep_last, round, &notes, &err) < 0)
		fail_msg("%s", err.text);
	content_done(&content);
}

static void done(struct round *round)
{
	tree_done(&round->tree);
	tree_done(&round->back);
}

static void every_number_survives(void **state)
{
	static const struct {
		uint32_t uid, gid, mtime;
	} cases[] = {
		{ 0, 0, 0 },
		{ 1000, 100, 1700000000 },
		{ 2097151, 2097152, 4294967295U },
		{ 4294967294U, 4294967294U, 1 },
		{ 65534, 3000000000U, 2147483648U },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct round round;
		struct tree_node *node = start(&round, S_IFREG | 06751);

		node->inode->uid = cases[i].uid;
		node->inode->gid = cases[i].gid;
		node->inode->mtime = cases[i].mtime;
		turn(&round);
		assert_int_equal(round.entries, 1);
		assert_string_equal(round.path, "name");
		assert_int_equal(round.last.mode, S_IFREG | 06751);
		assert_int_equal(round.last.uid, cases[i].uid);
		assert_int_equal(round.last.gid, cases[i].gid);
		assert_int_equal(round.last.mtime, cases[i].mtime);
		done(&round);
	}
}

static void devices_and_whiteouts(void **state)
{
	struct round round;
	struct tree_node *node = start(&round, S_IFBLK | 0660);

	(void)state;
	node->inode->major = 4095;
	node->inode->minor = 1048575;
	turn(&round);
	assert_int_equal(round.last.mode, S_IFBLK | 0660);
	assert_int_equal(round.last.major, 4095);
	assert_int_equal(round.last.minor, 1048575);
	done(&round);
	node = start(&round, 0);
	node->inode = NULL;
	node->flags = TREE_WHITEOUT;
	turn(&round);
	assert_int_equal(round.last.mode, S_IFCHR);
	assert_int_equal(round.last.major, 0);
	assert_int_equal(round.last.minor, 0);
	done(&round);
}

/* Names at every length around the old header's field, and records whose own length grows
 * a digit by counting itself. */
static void names_of_every_length(void **state)
{
	char name[LONG_NAME + 1];

	(void)state;
	memset(name, '\xfe', sizeof(name)); /* no UTF-8 */
	name[LONG_NAME] = '\0';
	for (size_t size = 1; size <= LONG_NAME; size++) {
		struct round round;
		struct tree_node *link, *node = start(&round, S_IFLNK | 0777);

		tree_remove(&round.tree, node);
		link = tree_add(&round.tree, round.tree.lower, name, size);
		link->inode = node->inode;
		link->inode->first = link;
		link->inode->target = tree_text(&round.tree, link->name);
		turn(&round);
		assert_int_equal(round.entries, 1);
		assert_string_equal(round.path, link->name);
		assert_string_equal(round.target, link->name);
		done(&round);
	}
}

/* All lengths that Linux has, through each form of a target's start. */
static void targets_of_every_length(void **state)
{
	static const char *const starts[] = { "", "/", "./", "../", "//", "../../" };
	static char target[TREE_PATH_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		for (size_t size = strlen(starts[i]) + 1; size < TREE_PATH_SIZE;
		     size += size < 260 || size > 4090 ? 1 : 383) {
			struct round round;
			struct tree_node *node = start(&round, S_IFLNK | 0777);

			memset(target, 't', size);
			memcpy(target, starts[i], strlen(starts[i]));
			target[size] = '\0';
			node->inode->target = target;
			turn(&round);
			assert_int_equal(round.entries, 1);
			assert_null(round.last.hardlink);
			assert_string_equal(round.target, target);
			done(&round);
		}
}

static void xattrs_are_bytes(void **state)
{
	static const char value[] = "a\0b\nc=d\xff";
	struct round round;
	struct tree_node *node = start(&round, S_IFDIR | 0755);
	struct tree_xattr *first;

	(void)state;
	assert_int_equal(
		xattr_add(&round.tree, &node->inode->xattrs, "user.k", "v", 1, NULL), 1);
	assert_int_equal(xattr_add(&round.tree, &node->inode->xattrs,
				   "security.capability", value, sizeof(value), NULL),
			 1);
	assert_int_equal(
		xattr_add(&round.tree, &node->inode->xattrs, "user.k", "", 0, NULL), 1);
	turn(&round);
	first = round.last.xattrs;
	assert_non_null(first);
	assert_string_equal(first->name, "security.capability");
	assert_int_equal(first->size, sizeof(value));
	assert_memory_equal(first->value, value, sizeof(value));
	assert_string_equal(first->next->name, "user.k");
	assert_int_equal(first->next->size, 0);
	assert_null(first->next->next);
	done(&round);
}

static void hard_links_name_the_first(void **state)
{
	struct round round;
	struct tree_node *again, *node = start(&round, S_IFREG | 0644);

	(void)state;
	again = tree_add(&round.tree, round.tree.lower, "other", 5);
	again->inode = node->inode;
	assert_int_equal(tree_sort(round.tree.lower), 0);
	turn(&round);
	assert_int_equal(round.entries, 2);
	assert_string_equal(round.path, "other");
	assert_string_equal(round.target, "name");
	assert_non_null(round.last.hardlink);
	done(&round);
}

/* A file with holes comes out whole, and comes back byte for byte. */
static void contents_with_holes(void **state)
{
	static const struct tree_extent extents[] = { { 3, 2, 4 }, { 1000, 0, 2 } };
	struct content content = { .fd = memfd_create("content", MFD_CLOEXEC),
				   .offset = 1 };
	struct round round;
	struct tree_node *node = start(&round, S_IFREG | 0644);
	char expected[1500] = "";
	struct content_reader reader;

	(void)state;
	assert_int_equal(fd_write_all(content.fd, "?0123456789", 11), 0);
	memcpy(expected + 3, "2345", 4);
	memcpy(expected + 1000, "01", 2);
	node->inode->size_bytes = sizeof(expected);
	node->inode->content = &content;
	node->inode->extents = extents;
	node->inode->extent_count = 2;
	for (size_t part = 1; part < sizeof(expected); part += 499) {
		char got[1500];
		size_t at = 0;

		assert_int_equal(content_open(&reader, node->inode, NULL), 0);
		for (; at + part <= sizeof(got); at += part)
			assert_int_equal(content_read(&reader, got + at, part, NULL), 0);
		assert_memory_equal(got, expected, at);
		content_close(&reader);
	}
	turn(&round);
	assert_int_equal(round.last.size_bytes, sizeof(expected));
	assert_int_equal(round.last.extent_count, 1);
	content_done(&content);
	done(&round);
}

static void overlayfs_has_its_own_xattrs(void **state)
{
	struct tree tree;
	struct tree_xattr *list = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(tree_init(&tree), 0);
	assert_int_equal(xattr_add(&tree, &list, "trusted.overlay.opaque", "y", 1, &err),
			 -EINVAL);
	assert_non_null(strstr(err.text, "trusted.overlay.opaque"));
	/* only where it is mounted with userxattr, which nobody does here */
	assert_int_equal(xattr_add(&tree, &list, "user.overlay.redirect", "y", 1, &err),
			 1);
	assert_int_equal(xattr_add(&tree, &list, "system.posix_acl_access", "y", 1, &err),
			 0);
	assert_int_equal(xattr_add(&tree, &list, "trusted.other", "y", 1, &err), 1);
	assert_non_null(list);
	assert_non_null(list->next);
	assert_null(list->next->next);
	tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_survives),
		cmocka_unit_test(devices_and_whiteouts),
		cmocka_unit_test(names_of_every_length),
		cmocka_unit_test(targets_of_every_length),
		cmocka_unit_test(xattrs_are_bytes),
		cmocka_unit_test(hard_links_name_the_first),
		cmocka_unit_test(contents_with_holes),
		cmocka_unit_test(overlayfs_has_its_own_xattrs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
