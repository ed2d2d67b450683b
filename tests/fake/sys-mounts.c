/* SPDX-License-Identifier: Apache-2.0 */
/* The calls on mounts, roots and devices. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/ioctl.h>
#include <linux/mount.h>
#include <linux/sockios.h>
#include <mtd/ubi-user.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "fake/calls.h"
#include "fake/kernel.h"

#define UMOUNT_DETACH \
	2 /* MNT_DETACH: sys/mount.h and linux/mount.h don't go together   \
			 */

static const char *const known_types[] = { "tmpfs",    "ramfs",	   "proc",   "sysfs",
					   "devtmpfs", "squashfs", "ext4",   "overlay",
					   "pstore",   "devpts",   "mqueue", "cgroup2",
					   "efivarfs" };

static bool is_known(const char *type)
{
	for (size_t i = 0; i < sizeof(known_types) / sizeof(known_types[0]); i++) {
		if (strcmp(type, known_types[i]) == 0)
			return true;
	}
	return false;
}

int sys_fsopen(const char *type, unsigned int flags)
{
	struct place nowhere = { NULL, NULL };
	int fd;

	ENTER("fsopen %s", type);
	if (!is_known(type))
		return -ENODEV;
	fd = fd_new(nowhere, flags & FSOPEN_CLOEXEC ? O_CLOEXEC : 0, call_now());
	kernel->fds[fd].kind = FD_CONTEXT;
	kernel->fds[fd].context = fake_alloc(sizeof(struct context));
	(void)snprintf(kernel->fds[fd].context->type, sizeof(((struct context *)0)->type),
		       "%s", type);
	return fd;
}

static int add_lower(struct context *context, const char *path)
{
	struct place at;
	int r = walk_existing(AT_FDCWD, path, 0, &at);

	if (r < 0)
		return r;
	if (context->lower_count == 500)
		return -EINVAL;
	context->lowers[context->lower_count++] = at;
	return 0;
}

static int refuse(struct context *context, int r, const char *key)
{
	(void)snprintf(context->words, sizeof(context->words),
		       "e fake: Unknown parameter '%s'\n", key);
	return r;
}

static int set_overlay(struct context *context, const char *key, const char *value)
{
	static const char *const known[] = { "index", "metacopy", "redirect_dir",
					     "xino" };
	struct place at;

	if (strcmp(key, "lowerdir+") == 0) {
		if (fake_config.overlay == FAKE_OVERLAY_UNKNOWN)
			return refuse(context, -EINVAL, key);
		if (fake_config.overlay == FAKE_OVERLAY_LEGACY)
			return (context->legacy_plus = true, 0);
		return add_lower(context, value);
	}
	if (strcmp(key, "upperdir") == 0 || strcmp(key, "workdir") == 0)
		return walk_existing(AT_FDCWD, value, 0, &at);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(key, known[i]) == 0)
			return 0;
	}
	return refuse(context, -EINVAL, key);
}

static int set(struct context *context, const char *key, const char *value)
{
	if (value && strlen(value) > 255)
		return -EINVAL;
	if (strcmp(key, "source") == 0) {
		(void)snprintf(context->source, sizeof(context->source), "%s", value);
		return 0;
	}
	if (strcmp(context->type, "overlay") == 0)
		return set_overlay(context, key, value);
	if (strcmp(context->type, "devpts") == 0 && strcmp(key, "newinstance") == 0)
		return 0;
	if (strcmp(context->type, "cgroup2") == 0 && strcmp(key, "nsdelegate") == 0)
		return 0;
	context->read_only = context->read_only || strcmp(key, "ro") == 0;
	if (strcmp(key, "ro") == 0 || strcmp(key, "size") == 0 ||
	    strcmp(key, "mode") == 0 || strcmp(key, "nr_inodes") == 0 ||
	    strcmp(key, "ptmxmode") == 0 || strcmp(key, "uid") == 0 ||
	    strcmp(key, "gid") == 0)
		return 0;
	if (strcmp(context->type, "ext4") == 0 && strcmp(key, "errors") == 0)
		return strcmp(value, "remount-ro") == 0 ? 0 : -EINVAL;
	return refuse(context, -EINVAL, key);
}

int sys_fsconfig(int number, unsigned int cmd, const char *key, const void *value,
		 int aux)
{
	struct fd *fd = fd_get(number);
	struct context *context;
	int r;

	(void)aux;
	ENTER("fsconfig %s=%s, %s", key ? key : "create",
	      value ? (const char *)value : "", fd ? fd->what : "closed");
	if (!fd || fd->kind != FD_CONTEXT)
		return -EBADF;
	context = fd->context;
	if (cmd != FSCONFIG_CMD_CREATE)
		return set(context, key, value);
	if (context->legacy_plus ||
	    (strcmp(context->type, "overlay") == 0 && !context->lower_count))
		return -EINVAL;
	r = mount_fs_new(context->type, context->source, context, &context->fs);
	if (r < 0)
		return r;
	fs_get(context->fs);
	context->fs->read_only = context->read_only;
	return 0;
}

int sys_fsmount(int number, unsigned int flags, unsigned int attr_flags)
{
	struct fd *fd = fd_get(number);
	struct mount *mount;
	int r;

	ENTER("fsmount, %s: %s", fd ? fd->what : "closed", mount_words(attr_flags));
	if (!fd || fd->kind != FD_CONTEXT || !fd->context->fs)
		return -EINVAL;
	mount = mount_new_fs(fd->context->fs, fd->context->fs->root, attr_flags);
	r = fd_new((struct place){ mount, mount->root },
		   O_PATH | (flags & FSMOUNT_CLOEXEC ? O_CLOEXEC : 0), call_now());
	mount_put(mount); /* the descriptor has it */
	return r;
}

static int attach(struct mount *mount, struct place to)
{
	for (struct mount *up = to.mount; up; up = up->parent) {
		if (up == mount)
			return -ELOOP;
	}
	if (mount->parent) { /* a move */
		mount->parent = to.mount;
		mount->point = to.node;
	} else {
		mount_on(mount, to);
	}
	return 0;
}

int sys_move_mount(int from_dirfd, const char *from, int to_dirfd, const char *to,
		   unsigned int flags)
{
	struct place source, target;
	int r;

	ENTER("move_mount %s to %s", from, to);
	if ((!*from && !(flags & MOVE_MOUNT_F_EMPTY_PATH)) ||
	    (!*to && !(flags & MOVE_MOUNT_T_EMPTY_PATH)))
		return -ENOENT;
	r = walk_existing(from_dirfd, from, 0, &source);
	if (r == 0)
		r = walk_existing(to_dirfd, to, 0, &target);
	if (r < 0)
		return r;
	if (source.node != source.mount->root || source.mount == kernel->first)
		return -EINVAL;
	return attach(source.mount, target);
}

/* mount(2) with a new file system: "lowerdir=0:1,upperdir=..." for an overlay. */
static int mount_classic(const char *source, struct place at, const char *type,
			 unsigned long flags, const char *data)
{
	struct context *context = fake_alloc(sizeof(*context));
	char text[4096], *save = NULL, *save_lower = NULL;
	struct fs *fs;
	int r = 0;

	if (!is_known(type))
		return -ENODEV;
	(void)snprintf(text, sizeof(text), "%s", data ? data : "");
	for (char *word = strtok_r(text, ",", &save); word && r == 0;
	     word = strtok_r(NULL, ",", &save)) {
		if (strncmp(word, "lowerdir=", 9) != 0)
			continue;
		for (char *name = strtok_r(word + 9, ":", &save_lower); name && r == 0;
		     name = strtok_r(NULL, ":", &save_lower))
			r = add_lower(context, name);
	}
	if (r == 0)
		r = mount_fs_new(type, source, context, &fs);
	if (r < 0)
		return r;
	struct mount *mount = mount_new_fs(fs, fs->root, (unsigned int)flags & 15);

	fs->read_only = flags & MS_RDONLY;
	mount_on(mount, at);
	mount_put(mount);
	return 0;
}

int sys_mount(const char *source, const char *target, const char *type,
	      unsigned long flags, const void *data)
{
	struct place at, from;
	int r;

	ENTER("mount %s at %s: %s%s%s",
	      type     ? type
	      : source ? source
		       : "-",
	      target, mount_words(flags), data ? " " : "",
	      data ? (const char *)data : "");
	r = walk_existing(AT_FDCWD, target, 0, &at);
	if (r < 0)
		return r;
	if (flags & (MS_PRIVATE | MS_SLAVE | MS_SHARED))
		return at.node == at.mount->root ? 0 : -EINVAL;
	if (flags & MS_REMOUNT) {
		if (at.node != at.mount->root)
			return -EINVAL;
		at.mount->attrs = (unsigned int)flags & (15 | FAKE_NOSYMFOLLOW);
		if (!(flags & MS_BIND))
			at.mount->fs->read_only = flags & MS_RDONLY;
		return 0;
	}
	if (!(flags & (MS_BIND | MS_MOVE)))
		return mount_classic(source, at, type, flags, data);
	r = walk_existing(AT_FDCWD, source, 0, &from);
	if (r < 0)
		return r;
	if (flags & MS_BIND) {
		struct mount *mount =
			mount_new_fs(from.mount->fs, from.node, from.mount->attrs);

		mount_on(mount, at);
		mount_put(mount);
		return 0;
	}
	if (from.node != from.mount->root || from.mount == kernel->first)
		return -EINVAL;
	return attach(from.mount, at);
}

int sys_umount2(const char *target, int flags)
{
	struct place at;
	int r;

	ENTER("umount2 %s%s", target, flags & UMOUNT_DETACH ? ": detach" : "");
	r = walk_existing(AT_FDCWD, target, 0, &at);
	if (r < 0)
		return r;
	if (at.node != at.mount->root || !at.mount->parent)
		return -EINVAL;
	if (!(flags & UMOUNT_DETACH) && at.mount->refs > 1)
		return -EBUSY;
	mount_detach_tree(at.mount);
	return 0;
}

int sys_chroot(const char *path)
{
	ENTER("chroot %s", path);
	return walk_existing(AT_FDCWD, path, 0, &kernel->root);
}

int sys_chdir(const char *path)
{
	ENTER("chdir %s", path);
	return walk_existing(AT_FDCWD, path, 0, &kernel->cwd);
}

int sys_fchdir(int number)
{
	struct fd *fd = fd_get(number);

	ENTER("fchdir, %s", fd ? fd->what : "closed");
	if (!fd || fd->kind != FD_FILE)
		return -EBADF;
	if (!S_ISDIR(fd->place.node->mode))
		return -ENOTDIR;
	kernel->cwd = fd->place;
	return 0;
}

/* Only as switch_root() does it: the new root is the working directory, the old one ends
 * on it. */
int sys_pivot_root(const char *new_root, const char *put_old)
{
	struct place root = kernel->cwd;
	struct mount *old = kernel->root.mount;

	ENTER("pivot_root %s %s", new_root, put_old);
	if (!fake_config.can_pivot || root.node != root.mount->root || root.mount == old)
		return -EINVAL;
	if (strcmp(new_root, ".") != 0 || strcmp(put_old, ".") != 0)
		return -ENOSYS;
	root.mount->parent = NULL;
	root.mount->point = NULL;
	kernel->first = root.mount;
	mount_on(old, root);
	kernel->root = root;
	return 0;
}

#define EXT4_RESIZE _IOW('f', 16, uint64_t)

int sys_ioctl(int number, unsigned long request, void *arg)
{
	struct fd *fd = fd_get(number);
	struct node *node;

	ENTER("ioctl %#lx, %s", request & 0xffff, fd ? fd->what : "closed");
	if (fd && fd->kind == FD_SOCKET && request == SIOCSIFFLAGS)
		return 0;
	if (!fd || fd->kind != FD_FILE || fd->flags & O_PATH)
		return -EBADF;
	node = fd->place.node;
	if (node->device == WATCHDOG)
		return dog_ioctl(request, arg);
	if (node->device == DM_CONTROL)
		return dm_control(request, arg);
	if (node->device == LOOP && request != BLKSSZGET && request != BLKGETSIZE64)
		return loop_ioctl(node, request, arg);
	if (node->device == VOLUME)
		return volume_ioctl(node, request, arg);
	if (request == UBI_IOCATT && fake_config.on_attach)
		return fake_config.on_attach(((struct ubi_attach_req *)arg)->mtd_num);
	if (request == FS_IOC_GETFLAGS)
		*(unsigned int *)arg = node->immutable ? FS_IMMUTABLE_FL : 0;
	else if (request == FS_IOC_SETFLAGS)
		node->immutable = *(unsigned int *)arg & FS_IMMUTABLE_FL;
	else if (request == EXT4_RESIZE)
		return 0;
	else if (request == BLKSSZGET)
		*(int *)arg = 512;
	else if (request == BLKGETSIZE64)
		*(uint64_t *)arg = dev_size(node);
	else
		return -ENOTTY;
	return 0;
}

int sys_ioctl_number(int number, unsigned long request, unsigned long arg)
{
	struct fd *fd = fd_get(number);

	ENTER("ioctl %#lx, %s", request & 0xffff, fd ? fd->what : "closed");
	if (!fd || fd->kind != FD_FILE)
		return -EBADF;
	if (fd->place.node->device == LOOP_CONTROL)
		return loop_control(request, arg);
	if (fd->place.node->device == WATCHDOG)
		return dog_ioctl(request, NULL);
	return fd->place.node->device == CONSOLE ? 0 : -ENOTTY;
}

int sys_unshare(int flags)
{
	ENTER("unshare %#x", (unsigned int)flags);
	return 0;
}
