/* SPDX-License-Identifier: Apache-2.0 */
/* Superblocks and mounts: what lives how long, and what lies over what. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fake/kernel.h"

struct fs *fs_new(const char *type, const char *source)
{
	struct fs *fs = fake_alloc(sizeof(*fs));

	(void)snprintf(fs->type, sizeof(fs->type), "%s", type);
	(void)snprintf(fs->source, sizeof(fs->source), "%s", source ? source : "none");
	fs->number = ++kernel->fs_count;
	fs->root = node_new(NULL, "", S_IFDIR | 0755);
	fs->root->fs = fs;
	return fs;
}

void fs_get(struct fs *fs)
{
	fs->refs++;
}

void fs_put(struct fs *fs)
{
	if (--fs->refs > 0)
		return;
	for (size_t i = 0; i < fs->lower_count; i++)
		fs_put(fs->lowers[i]);
	fs->lower_count = 0;
	if (fs->device)
		dev_close(fs->device);
	fs->device = NULL;
}

/* The caller's reference is the only one. */
struct mount *mount_new_fs(struct fs *fs, struct node *root, unsigned int attrs)
{
	struct mount *mount = fake_alloc(sizeof(*mount));

	fs_get(fs);
	mount->fs = fs;
	mount->root = root;
	mount->attrs = attrs;
	mount->refs = 1;
	mount->next = kernel->mounts;
	kernel->mounts = mount;
	return mount;
}

void mount_get(struct mount *mount)
{
	mount->refs++;
}

void mount_put(struct mount *mount)
{
	struct mount **at = &kernel->mounts;

	if (--mount->refs > 0)
		return;
	while (*at != mount)
		at = &(*at)->next;
	*at = mount->next;
	fs_put(mount->fs);
}

/* The mount that lies on @at, the newest if several. */
struct mount *mounted_at(struct place at)
{
	for (struct mount *mount = kernel->mounts; mount; mount = mount->next) {
		if (mount->parent == at.mount && mount->point == at.node)
			return mount;
	}
	return NULL;
}

void mount_on(struct mount *mount, struct place at)
{
	mount_get(mount);
	mount->parent = at.mount;
	mount->point = at.node;
}

/* Takes @mount and all that is mounted below it out of the tree. */
void mount_detach_tree(struct mount *mount)
{
	bool again = true;

	while (again) {
		again = false;
		for (struct mount *below = kernel->mounts; below; below = below->next) {
			if (below->parent != mount)
				continue;
			mount_detach_tree(below);
			again = true;
			break;
		}
	}
	mount->parent = NULL;
	mount->point = NULL;
	mount_put(mount);
}

const char *mount_words(unsigned long flags)
{
	static const struct {
		unsigned long flag;
		const char *word;
	} words[] = {
		{ 32, "remount" }, { 4096, "bind" },
		{ 8192, "move" },  { 1UL << 18, "private" },
		{ 16384, "rec" },  { 1, "ro" },
		{ 2, "nosuid" },   { 4, "nodev" },
		{ 8, "noexec" },   { FAKE_NOSYMFOLLOW, "nosymfollow" },
	};
	static char texts[2][96];
	static int turn;
	char *text = texts[turn++ % 2], *at = text;

	*at = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!(flags & words[i].flag))
			continue;
		at += snprintf(at, (size_t)(text + sizeof(texts[0]) - at), "%s%s",
			       at == text ? "" : ",", words[i].word);
		flags &= ~words[i].flag;
	}
	if (flags)
		fake_bug("flags %#lx of a mount have no word here", flags);
	return *text ? text : "-";
}

static void say(struct context *context, const char *words, const char *detail)
{
	(void)snprintf(context->words, sizeof(context->words), "e fake: %s%s\n", words,
		       detail);
}

static struct node *template(const char *type, const char *source)
{
	struct node *node = node_child(kernel->templates, source ? source : type);

	return node ? node : node_child(kernel->templates, type);
}

static int stack(struct context *context, struct fs *fs)
{
	for (size_t i = 0; i < context->lower_count; i++) {
		struct place lower = context->lowers[i];

		node_merge(fs->root, lower.node, fs);
		fs->lowers[fs->lower_count++] = lower.mount->fs;
		fs_get(lower.mount->fs);
	}
	return 0;
}

static int on_device(const char *type, const char *source, struct context *context,
		     struct fs *fs)
{
	char block[4096];
	struct place at;
	int r = walk_existing(AT_FDCWD, source, 0, &at);

	if (r == 0 && !at.node->device)
		r = -ENOTBLK;
	if (r == 0)
		r = dev_open(at.node);
	if (r < 0) {
		say(context, "can't open ", source);
		return r;
	}
	if (!template(type, source)) {
		dev_close(at.node);
		say(context, "no file system on ", source);
		return -EINVAL;
	}
	if (strcmp(type, "squashfs") == 0 &&
	    dev_read(at.node, block, sizeof(block), 0) < 0) {
		dev_close(at.node);
		say(context, "unable to read the superblock", "");
		return -EIO;
	}
	fs->device = at.node;
	return 0;
}

/* A file system without users yet. 0 or -errno with words in @context. */
int mount_fs_new(const char *type, const char *source, struct context *context,
		 struct fs **ret_fs)
{
	static const char *const nodevs[] = { "tmpfs",	  "ramfs",   "proc",	"sysfs",
					      "devtmpfs", "overlay", "pstore",	"devpts",
					      "mqueue",	  "cgroup2", "efivarfs" };
	struct fs *fs = fs_new(type, source), *held;
	bool nodev = false;
	int r;

	/* of which there is one */
	for (struct mount *mount = kernel->mounts; mount; mount = mount->next)
		if (strcmp(type, "efivarfs") == 0 && strcmp(mount->fs->type, type) == 0) {
			*ret_fs = mount->fs;
			return 0;
		}

	for (size_t i = 0; i < sizeof(nodevs) / sizeof(nodevs[0]); i++)
		nodev = nodev || strcmp(type, nodevs[i]) == 0;
	if (strcmp(type, "overlay") == 0)
		r = stack(context, fs);
	else
		r = nodev ? 0 : on_device(type, source, context, fs);
	if (r < 0)
		return r;
	if (fs->device && fs->device->device == DISK) {
		held = fs->device->held;
		if (held && !held->device && strcmp(held->type, type) == 0) {
			held->device = fs->device;
			*ret_fs = held;
			return 0;
		}
		if (!held)
			fs->device->held = fs;
	}
	if (template(type, nodev ? NULL : source))
		node_merge(fs->root, template(type, nodev ? NULL : source), fs);
	*ret_fs = fs;
	return 0;
}
