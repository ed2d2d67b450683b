/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Layers written as one line an entry, and finished layers told the same way. */
#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "pack/tree/layer.h"

struct script {
	struct tree tree;
	uint32_t number;
	bool follow; /* in the layers from now on */
	uint64_t followed;
	struct err err;
	char text[8192];
};

static const struct layer_limits script_limits = { 1000, 1000000, 64 };

/* Fields after the type: path, then target. Attributes after '@': mode,uid,mtime. */
static int script_entry(struct layer *layer, const char *line, struct err *err)
{
	static const char kinds[] = "dflhcbps";
	static const uint32_t modes[] = { S_IFDIR, S_IFREG, S_IFLNK, 0,
					  S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK };
	char path[4096] = "", target[4096] = "";
	unsigned int mode = 0644, uid = 0, mtime = 10;
	const char *attributes = strchr(line, '@'), *kind = strchr(kinds, line[0]);
	struct layer_entry entry = { .path = path };

	assert_non_null(kind);
	assert_true(sscanf(line + 1, " %4095s %4095s", path, target) >= 1);
	if (attributes)
		assert_true(sscanf(attributes, "@%o,%u,%u", &mode, &uid, &mtime) >= 1);
	entry.mode = modes[kind - kinds] | mode;
	entry.uid = uid;
	entry.mtime = mtime;
	entry.target = target;
	entry.hardlink = line[0] == 'h' ? target : NULL;
	if (line[0] == 'c' || line[0] == 'b')
		(void)sscanf(target, "%u:%u", &entry.major, &entry.minor);
	return layer_add(layer, &entry, err);
}

/* Entries are separated by LF. Returns the first error. */
static int script_add(struct script *script, struct layer *layer, const char *text)
{
	char copy[8192], *save = NULL;
	int r = 0;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	layer_next_source(layer, false, script->follow);
	for (char *line = strtok_r(copy, "\n", &save); line && r == 0;
	     line = strtok_r(NULL, "\n", &save))
		r = script_entry(layer, line, &script->err);
	return r == 0 ? layer_check(layer, &script->err) : r;
}

static void script_tell(struct script *script, const struct tree_node *root)
{
	struct str s;
	char path[TREE_PATH_SIZE], first[TREE_PATH_SIZE];

	str_init(&s, script->text, sizeof(script->text));
	for (const struct tree_node *n = tree_next(root, root); n;
	     n = tree_next(root, n)) {
		const struct tree_inode *i = n->inode;

		assert_int_equal(tree_path(n, path), 0);
		if (!i) {
			str_addf(&s, "whiteout %s\n", path);
			continue;
		}
		assert_int_equal(tree_path(i->first, first), 0);
		str_addf(&s, "%c%s %s",
			 S_ISDIR(i->mode)   ? 'd'
			 : S_ISLNK(i->mode) ? 'l'
					    : 'f',
			 n->flags & TREE_OPAQUE ? "!" : "", path);
		if (i->first != n)
			str_addf(&s, " = %s", first);
		if (S_ISLNK(i->mode))
			str_addf(&s, " %s", i->target);
		if ((i->mode & 07777) != 0644 || i->uid || i->mtime != 10)
			str_addf(&s, " @%o,%u,%u", i->mode & 07777, i->uid, i->mtime);
		str_add(&s, "\n");
	}
	assert_int_equal(str_done(&s), 0);
}

/* Reads a layer and puts it over those before. What it holds is then in script->text. */
static int script_layer(struct script *script, const char *const *sources)
{
	struct layer *layer =
		layer_new(&script->tree, script->number, UINT32_MAX, &script_limits);
	int r = 0;

	assert_non_null(layer);
	script->err = (struct err)ERR_INIT;
	for (; *sources && r == 0; sources++)
		r = script_add(script, layer, *sources);
	if (r == 0)
		r = layer_finish(layer, NULL, NULL, &script->err);
	if (r == 0) {
		script_tell(script, layer->root);
		layer_commit(layer);
	}
	script->number = layer->number;
	script->followed = layer->notes.followed;
	layer_free(layer);
	return r;
}

static inline void script_start(struct script *script)
{
	*script = (struct script){ .err = ERR_INIT };
	assert_int_equal(tree_init(&script->tree), 0);
}

/* Two layers, of which the upper one must come out as @expected. */
static inline void expect_upper(const char *lower, const char *upper,
				const char *expected)
{
	struct script *script = calloc(1, sizeof(*script));
	const char *const lowers[] = { lower, NULL }, *const uppers[] = { upper, NULL };

	assert_non_null(script);
	script_start(script);
	assert_int_equal(script_layer(script, lowers), 0);
	if (script_layer(script, uppers) < 0)
		fail_msg("%s", script->err.text);
	assert_string_equal(script->text, expected);
	tree_done(&script->tree);
	free(script);
}

static inline void expect_refused(const char *lower, const char *upper, int error,
				  const char *words)
{
	struct script *script = calloc(1, sizeof(*script));
	const char *const lowers[] = { lower, NULL }, *const uppers[] = { upper, NULL };

	assert_non_null(script);
	script_start(script);
	assert_int_equal(script_layer(script, lowers), 0);
	assert_int_equal(script_layer(script, uppers), error);
	if (!strstr(script->err.text, words))
		fail_msg("'%s' does not say '%s'", script->err.text, words);
	tree_done(&script->tree);
	free(script);
}
