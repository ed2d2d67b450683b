/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>

#include "pack/tree/tree.h"

static void start(struct tree *tree)
{
	assert_int_equal(tree_init(tree), 0);
}

static struct tree_node *add(struct tree *tree, struct tree_node *dir, const char *name)
{
	struct tree_node *node = tree_add(tree, dir, name, strlen(name));

	assert_non_null(node);
	node->inode = tree->lower->inode;
	return node;
}

static void finds_what_it_was_given(void **state)
{
	struct tree tree;
	struct tree_node *a, *b;

	(void)state;
	start(&tree);
	a = add(&tree, tree.lower, "a");
	b = add(&tree, a, "b");
	assert_ptr_equal(tree_child(&tree, tree.lower, "abc", 1), a);
	assert_ptr_equal(tree_child(&tree, a, "b", 1), b);
	assert_null(tree_child(&tree, tree.lower, "b", 1));
	assert_null(tree_child(&tree, a, "", 0));
	tree_remove(&tree, a);
	assert_null(tree_child(&tree, tree.lower, "a", 1));
	assert_null(tree_child(&tree, a, "b", 1));
	assert_null(a->parent);
	assert_null(b->parent);
	assert_int_equal(tree.node_count, 0);
	tree_done(&tree);
}

static void moves_what_is_below_along(void **state)
{
	struct tree tree;
	struct tree_node *a, *b, *c;
	char path[TREE_PATH_SIZE];

	(void)state;
	start(&tree);
	a = add(&tree, tree.lower, "a");
	b = add(&tree, tree.lower, "b");
	c = add(&tree, a, "c");
	tree_move(&tree, a, b);
	assert_int_equal(tree_path(c, path), 0);
	assert_string_equal(path, "b/a/c");
	assert_null(tree_child(&tree, tree.lower, "a", 1));
	assert_ptr_equal(tree_child(&tree, a, "c", 1), c);
	tree_done(&tree);
}

static void sorts_by_bytes_parents_first(void **state)
{
	static const char *const names[] = {
		"b", "\xff", "a", "B", "a.b", "a-b", "\x01"
	};
	static const char *const sorted[] = { "\x01", "B",   "a", "a/z",
					      "a-b",  "a.b", "b", "\xff" };
	struct tree tree;
	const struct tree_node *node;
	char path[TREE_PATH_SIZE];

	(void)state;
	start(&tree);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)add(&tree, tree.lower, names[i]);
	(void)add(&tree, tree_child(&tree, tree.lower, "a", 1), "z");
	assert_int_equal(tree_sort(tree.lower), 0);
	node = tree.lower;
	for (size_t i = 0; i < sizeof(sorted) / sizeof(sorted[0]); i++) {
		node = tree_next(tree.lower, node);
		assert_non_null(node);
		assert_int_equal(tree_path(node, path), 0);
		assert_string_equal(path, sorted[i]);
	}
	assert_null(tree_next(tree.lower, node));
	/* still whole: removing works after the lists were laid anew */
	while (tree.lower->child)
		tree_remove(&tree, tree.lower->child);
	assert_int_equal(tree.node_count, 0);
	tree_done(&tree);
}

static void holds_many_in_one_directory(void **state)
{
	struct tree tree;
	char name[16];

	(void)state;
	start(&tree);
	for (int i = 0; i < 50000; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		(void)add(&tree, tree.lower, name);
	}
	for (int i = 0; i < 50000; i += 7) {
		(void)snprintf(name, sizeof(name), "%d", i);
		assert_non_null(tree_child(&tree, tree.lower, name, strlen(name)));
	}
	assert_true(tree.bucket_count >= 50000);
	tree_done(&tree);
}

static void paths_have_an_end(void **state)
{
	struct tree tree;
	struct tree_node *node;
	char path[TREE_PATH_SIZE], name[256];

	(void)state;
	start(&tree);
	memset(name, 'x', 255);
	name[255] = '\0';
	node = tree.lower;
	assert_int_equal(tree_path(node, path), 0);
	assert_string_equal(path, "");
	for (int i = 0; i < 15; i++)
		node = add(&tree, node, name);
	assert_int_equal(tree_path(node, path), 0);
	assert_int_equal(strlen(path), 15 * 256 - 1);
	node = add(&tree, add(&tree, node, name), name);
	assert_int_equal(tree_path(node, path), -ENAMETOOLONG);
	tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_it_was_given),
		cmocka_unit_test(moves_what_is_below_along),
		cmocka_unit_test(sorts_by_bytes_parents_first),
		cmocka_unit_test(holds_many_in_one_directory),
		cmocka_unit_test(paths_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
