/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that make whoever executes them more than he was: by set-user-ID and set-group-ID,
 * which take `new-privileges yes`, and by file capabilities. One of those that is not among
 * the image's has the kernel refuse to execute the file, even for root.
 */
#include <string.h>

#include "base/le.h"
#include "base/str.h"
#include "format/manifest/key.h"
#include "pack/cmd/look/parts.h"

/* The attribute security.capability, as linux/capability.h has it. */
#define EFFECTIVE 1U
#define CAPABILITY_LEAST 12 /* version 1, of 32 bits */
#define CAPABILITY_WIDE 20

/* What the file's attribute permits; 0: it has none. */
static uint64_t permitted(const struct tree_inode *inode, bool *ret_effective)
{
	const struct tree_xattr *xattr = inode->xattrs;
	const uint8_t *bytes;
	uint64_t caps;

	while (xattr && strcmp(xattr->name, "security.capability") != 0)
		xattr = xattr->next;
	if (!xattr || xattr->size < CAPABILITY_LEAST)
		return 0;
	bytes = xattr->value;
	*ret_effective = le_get(bytes, 4) & EFFECTIVE;
	caps = le_get(bytes + 4, 4);
	if (xattr->size >= CAPABILITY_WIDE)
		caps |= le_get(bytes + 12, 4) << 32;
	return caps;
}

static bool changes_ids(const struct tree_inode *inode)
{
	return (inode->mode & S_ISUID && inode->mode & 0111) ||
	       (inode->mode & S_ISGID && inode->mode & S_IXGRP);
}

static void names_of(uint64_t caps, char *ret_text, size_t size)
{
	char name[MANIFEST_CAPABILITY_SIZE];
	struct str s;

	str_init(&s, ret_text, size);
	for (unsigned int i = 0; manifest_capability_name(i, name) == 0; i++)
		if (caps >> i & 1)
			str_addf(&s, "%s%s", s.used ? " " : "", name);
}

static void add_all(struct look *look, struct manifest *manifest, uint64_t caps)
{
	char name[MANIFEST_CAPABILITY_SIZE];
	struct err err = ERR_INIT;

	for (unsigned int i = 0; manifest_capability_name(i, name) == 0; i++)
		if (caps >> i & 1 &&
		    manifest_key_take(manifest, &manifest_keys[MANIFEST_KEY_cap_add],
				      name, &err) < 0)
			look_say(look, true, "program: its file capability %s: %s", name,
				 err.text);
}

/* The image's own program is of no use without them; others may never be executed, and the
 * image's maker is to know. */
static void judge(struct look *look, struct manifest *manifest,
		  const struct tree_node *node)
{
	bool effective = false;
	uint64_t lacks =
		permitted(node->inode, &effective) & ~manifest_capabilities(manifest);
	char path[TREE_PATH_SIZE], names[512];

	if (!lacks || !effective || tree_path(node, path) < 0)
		return;
	names_of(lacks, names, sizeof(names));
	if (node->inode != look->program) {
		look_say(look, false,
			 "/%s: nobody can execute it: its file capabilities are more "
			 "than the image has (--cap-add %s)",
			 path, names);
		return;
	}
	add_all(look, manifest, lacks);
	look_say(look, false, "/%s: the image gets its file capabilities (cap-add %s)",
		 path, names);
}

void look_privileges(struct look *look, const struct look_request *request)
{
	const struct tree_node *root = look->tree->lower, *node = root;
	bool some = false, effective;

	if (!request->manifest->confine)
		return;
	for (; node; node = tree_next(root, node)) {
		const struct tree_inode *inode = node->inode;

		if (!inode || !S_ISREG(inode->mode))
			continue;
		some = some || changes_ids(inode) || permitted(inode, &effective);
		judge(look, request->manifest, node);
	}
	if (!request->new_privileges_said)
		request->manifest->new_privileges = some;
}
