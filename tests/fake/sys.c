/* SPDX-License-Identifier: Apache-2.0 */
/* The calls on files and directories. */
#include <sys/signalfd.h>

#include "base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "fake/calls.h"
#include "fake/kernel.h"

struct fd *fd_get(int fd)
{
	if (fd < 0 || fd >= MAX_FDS || kernel->fds[fd].kind == FD_FREE)
		return NULL;
	return &kernel->fds[fd];
}

int fd_new(struct place place, int flags, const char *what)
{
	for (int i = 0; i < MAX_FDS; i++) {
		struct fd *fd = &kernel->fds[i];

		if (fd->kind != FD_FREE)
			continue;
		*fd = (struct fd){ .kind = FD_FILE, .flags = flags, .place = place };
		fd->cloexec = flags & O_CLOEXEC;
		(void)snprintf(fd->what, sizeof(fd->what), "%s", what);
		if (place.mount)
			mount_get(place.mount);
		return i;
	}
	return -EMFILE;
}

static bool is_read_only(struct place at)
{
	return at.mount->attrs & MOUNT_ATTR_RDONLY || at.mount->fs->read_only ||
	       strcmp(at.mount->fs->type, "squashfs") == 0;
}

static int create(struct walk *walk, mode_t mode)
{
	if (is_read_only(walk->parent))
		return -EROFS;
	walk->at = walk->parent;
	walk->at.node = node_new(walk->parent.node, walk->last, mode);
	return 0;
}

static int open_walked(struct walk *walk, int flags, mode_t mode)
{
	struct node *node = walk->at.node;
	int r;

	if (node && flags & O_CREAT && flags & O_EXCL)
		return -EEXIST;
	if (!node && !(flags & O_CREAT))
		return -ENOENT;
	if (!node) {
		r = create(walk, S_IFREG | (mode & 07777));
		if (r < 0)
			return r;
		node = walk->at.node;
	}
	if (S_ISLNK(node->mode) && !(flags & O_PATH))
		return -ELOOP;
	if (flags & O_DIRECTORY && !S_ISDIR(node->mode))
		return -ENOTDIR;
	if (flags & O_PATH)
		return fd_new(walk->at, flags, call_now());
	if ((flags & O_ACCMODE) != O_RDONLY) {
		if (S_ISDIR(node->mode))
			return -EISDIR;
		if (is_read_only(walk->at) && !node->device)
			return -EROFS;
	}
	if (S_ISFIFO(node->mode) && !(flags & O_NONBLOCK))
		fake_bug("opening a fifo would wait for ever: %s", call_now());
	r = node->device ? dev_open(node) : 0;
	if (r < 0)
		return r;
	if (flags & O_TRUNC && S_ISREG(node->mode))
		node->size = 0;
	return fd_new(walk->at, flags, call_now());
}

int sys_openat(int dirfd, const char *path, int flags, mode_t mode)
{
	struct walk walk;
	int r;

	ENTER("openat %s", path);
	r = walk_at(dirfd, path, flags & O_NOFOLLOW ? WALK_NOFOLLOW : 0, 0, &walk);
	return r < 0 ? r : open_walked(&walk, flags, mode);
}

int sys_openat2(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct walk walk;
	int r;

	ENTER("openat2 %s", path);
	if (mode && !(flags & O_CREAT))
		return -EINVAL;
	r = walk_at(dirfd, path, flags & O_NOFOLLOW ? WALK_NOFOLLOW : 0, resolve, &walk);
	return r < 0 ? r : open_walked(&walk, flags, mode);
}

int sys_close(int number)
{
	struct fd *fd = fd_get(number);

	if (!fd)
		fake_bug("close of descriptor %d, which is not open", number);
	if (fd->kind == FD_FILE) {
		if (fd->place.node->device && !(fd->flags & O_PATH))
			dev_close(fd->place.node);
		if (fd->place.mount)
			mount_put(fd->place.mount);
	}
	if (fd->kind == FD_CONTEXT && fd->context->fs)
		fs_put(fd->context->fs);
	if (fd->kind == FD_PIPE)
		(void)close(fd->real);
	fd->kind = FD_FREE;
	return 0;
}

/* While the one process there is could still write to it, nobody else does. */
static ssize_t read_pipe(const struct fd *pipe, void *buf, size_t size)
{
	for (int i = 0; i < MAX_FDS; i++) {
		const struct fd *fd = &kernel->fds[i];

		if (fd->kind == FD_PIPE && (fd->flags & O_ACCMODE) == O_WRONLY)
			return 0;
	}
	return read(pipe->real, buf, size);
}

static int64_t read_node(struct node *node, void *buf, size_t size, uint64_t offset)
{
	if (S_ISDIR(node->mode))
		return -EISDIR;
	if (node->device == SINK || node->device == CONSOLE || S_ISFIFO(node->mode))
		return 0;
	if (node->device)
		return dev_read(node, buf, size, offset);
	if (offset >= node->size)
		return 0;
	if (size > node->size - offset)
		size = node->size - offset;
	memcpy(buf, node->data + offset, size);
	return (int64_t)size;
}

static ssize_t read_words(struct context *context, char *buf, size_t size)
{
	size_t length = strlen(context->words);

	if (length == 0)
		return -ENODATA;
	if (length > size)
		return -EMSGSIZE;
	memcpy(buf, context->words, length);
	context->words[0] = '\0';
	return (ssize_t)length;
}

static ssize_t read_signal(void *buf, size_t size)
{
	struct signalfd_siginfo info = { .ssi_signo = 1 };

	while (info.ssi_signo < 64 && !(kernel->pending & 1ULL << info.ssi_signo))
		info.ssi_signo++;
	if (info.ssi_signo == 64)
		return -EAGAIN;
	kernel->pending &= ~(1ULL << info.ssi_signo);
	memcpy(buf, &info, size < sizeof(info) ? size : sizeof(info));
	return sizeof(info);
}

static ssize_t write_pipe(const struct fd *fd, const void *buf, size_t size)
{
	if (size > sizeof(kernel->piped))
		fake_bug("%zu bytes are more than a pipe takes here", size);
	memcpy(kernel->piped, buf, size);
	kernel->piped_size = size;
	return write(fd->real, buf, size);
}

const void *fake_piped(size_t *ret_size)
{
	*ret_size = kernel->piped_size;
	return kernel->piped_size ? kernel->piped : NULL;
}

ssize_t sys_read(int number, void *buf, size_t size)
{
	struct fd *fd = fd_get(number);
	int64_t n;

	ENTER("read, %s", fd ? fd->what : "closed");
	if (!fd || fd->flags & O_PATH)
		return -EBADF;
	if (fd->kind == FD_CONTEXT)
		return read_words(fd->context, buf, size);
	if (fd->kind == FD_SIGNALS)
		return read_signal(buf, size);
	if (fd->kind == FD_PIPE)
		return read_pipe(fd, buf, size);
	n = read_node(fd->place.node, buf, size, fd->position);
	if (n > 0)
		fd->position += (size_t)n;
	return n;
}

ssize_t sys_pread(int number, void *buf, size_t size, int64_t offset)
{
	struct fd *fd = fd_get(number);

	ENTER("pread, %s", fd ? fd->what : "closed");
	if (!fd || fd->flags & O_PATH || fd->kind != FD_FILE)
		return -EBADF;
	ssize_t n = read_node(fd->place.node, buf, size, (uint64_t)offset);

	if (n > 0 && fake_config.bad_pread-- == 0)
		*(uint8_t *)buf ^= 1;
	return n;
}

static ssize_t write_node(struct node *node, const void *buf, size_t size,
			  uint64_t offset)
{
	if (node->device == CONSOLE) {
		size_t room = sizeof(kernel->console) - 1 - kernel->console_used;
		size_t kept = size < room ? size : room;

		memcpy(kernel->console + kernel->console_used, buf, kept);
		kernel->console_used += kept;
		return (ssize_t)size;
	}
	if (node->device == WATCHDOG)
		dog_write(buf, size);
	if (node->device == SINK || node->device == WATCHDOG)
		return (ssize_t)size;
	if (node->device == VOLUME)
		return volume_write(node, buf, size);
	if (node->device && node->device != DISK)
		return dev_write(node, buf, size, offset);
	if (offset + size > node->size) {
		char *data = fake_alloc(offset + size + 1);

		if (node->data)
			memcpy(data, node->data, node->size);
		node->data = data;
		node->size = offset + size;
	}
	memcpy(node->data + offset, buf, size);
	return (ssize_t)size;
}

static bool is_writable(const struct fd *fd)
{
	return fd && fd->kind == FD_FILE && !(fd->flags & O_PATH) &&
	       (fd->flags & O_ACCMODE) != O_RDONLY;
}

ssize_t sys_write(int number, const void *buf, size_t size)
{
	struct fd *fd = fd_get(number);
	ssize_t n;

	ENTER("write, %s", fd ? fd->what : "closed");
	if (fake_config.writes_nothing)
		return 0;
	if (fd && fd->kind == FD_PIPE)
		return write_pipe(fd, buf, size);
	if (!is_writable(fd))
		return -EBADF;
	if (fd->flags & O_APPEND)
		fd->position = fd->place.node->size;
	n = write_node(fd->place.node, buf, size, fd->position);
	if (n > 0)
		fd->position += (size_t)n;
	return n;
}

ssize_t sys_pwrite(int number, const void *buf, size_t size, int64_t offset)
{
	struct fd *fd = fd_get(number);

	ENTER("pwrite at %lld, %s", (long long)offset, fd ? fd->what : "closed");
	if (fake_config.writes_nothing)
		return 0;
	if (!is_writable(fd))
		return -EBADF;
	return write_node(fd->place.node, buf, size, (uint64_t)offset);
}

static int fill_stat(struct place at, struct stat *ret_st)
{
	memset(ret_st, 0, sizeof(*ret_st));
	ret_st->st_mode = at.node->mode;
	ret_st->st_uid = at.node->uid;
	ret_st->st_gid = at.node->gid;
	ret_st->st_size = S_ISREG(at.node->mode)   ? (off_t)at.node->size
			  : S_ISDIR(at.node->mode) ? (off_t)fake_config.dir_bytes
						   : 0;
	ret_st->st_blocks = (ret_st->st_size + 4095) / 4096 * 8 -
			    (blkcnt_t)(fake_config.hole_bytes / 512);
	ret_st->st_dev = makedev(0, at.mount ? (unsigned int)at.mount->fs->number : 0);
	ret_st->st_ino = (ino_t)(uintptr_t)at.node;
	ret_st->st_nlink = at.node->gone ? 0 : 1;
	ret_st->st_rdev =
		at.node->made ? at.node->made
			      : makedev(at.node->device, (unsigned int)at.node->number);
	return 0;
}

int sys_fstat(int number, struct stat *ret_st)
{
	struct fd *fd = fd_get(number);

	ENTER("fstat, %s", fd ? fd->what : "closed");
	if (!fd || fd->kind != FD_FILE)
		return -EBADF;
	return fill_stat(fd->place, ret_st);
}

int sys_fstatat(int dirfd, const char *path, struct stat *ret_st, int flags)
{
	struct place at;
	int r;

	ENTER("fstatat %s", path);
	r = walk_existing(dirfd, path, flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0,
			  &at);
	return r < 0 ? r : fill_stat(at, ret_st);
}

int sys_fstatfs(int number, struct statfs *ret_st)
{
	struct fd *fd = fd_get(number);

	ENTER("fstatfs, %s", fd ? fd->what : "closed");
	if (!fd || fd->kind != FD_FILE)
		return -EBADF;
	memset(ret_st, 0, sizeof(*ret_st));
	if (strcmp(fd->place.mount->fs->type, "ramfs") == 0)
		ret_st->f_type = RAMFS_MAGIC;
	if (strcmp(fd->place.mount->fs->type, "tmpfs") == 0)
		ret_st->f_type = TMPFS_MAGIC;
	ret_st->f_bsize = 4096;
	ret_st->f_blocks = 1 << 20;
	ret_st->f_bavail = ret_st->f_bfree = fake_config.free_blocks;
	ret_st->f_ffree = 1000;
	ret_st->f_flags =
		(long)(fd->place.mount->attrs & 15) | (is_read_only(fd->place) ? 1 : 0);
	return 0;
}

static int make(int dirfd, const char *path, mode_t mode, struct node **ret_node)
{
	struct walk walk;
	int r = walk_at(dirfd, path, WALK_NOFOLLOW, 0, &walk);

	if (r < 0)
		return r;
	if (walk.at.node)
		return -EEXIST;
	r = create(&walk, mode);
	if (r == 0)
		*ret_node = walk.at.node;
	return r;
}

/* The kernel's own files, which go with their directory. */
static void fill_group(struct node *group)
{
	static const char *const names[] = { "cgroup.procs", "memory.max",
					     "memory.oom.group", "pids.max", "cpu.max" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		node_new(group, names[i], S_IFREG | 0644)->fs = group->fs;
}

int sys_mkdirat(int dirfd, const char *path, mode_t mode)
{
	struct node *node;

	int r;

	ENTER("mkdirat %s", path);
	r = make(dirfd, path, S_IFDIR | mode, &node);
	if (r == 0 && strcmp(node->fs->type, "cgroup2") == 0)
		fill_group(node);
	return r;
}

int sys_mknodat(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	struct node *node;
	int r;

	ENTER("mknodat %s", path);
	r = make(dirfd, path, mode, &node);
	if (r == 0)
		node->made = dev;
	return r;
}

int sys_symlinkat(const char *target, int dirfd, const char *path)
{
	struct node *node;
	int r;

	ENTER("symlinkat %s", path);
	r = make(dirfd, path, S_IFLNK | 0777, &node);
	if (r == 0)
		node_set_data(node, target, strlen(target));
	return r;
}

int sys_unlinkat(int dirfd, const char *path, int flags)
{
	struct walk walk;
	int r;

	ENTER("unlinkat %s", path);
	r = walk_at(dirfd, path, WALK_NOFOLLOW, 0, &walk);
	if (r < 0 || !walk.at.node)
		return r < 0 ? r : -ENOENT;
	if (walk.at.node == walk.at.mount->root)
		return -EBUSY;
	if (is_read_only(walk.at))
		return -EROFS;
	if (flags & AT_REMOVEDIR && !S_ISDIR(walk.at.node->mode))
		return -ENOTDIR;
	if (!(flags & AT_REMOVEDIR) && S_ISDIR(walk.at.node->mode))
		return -EISDIR;
	if (walk.at.node->immutable || walk.at.node->parent->immutable)
		return -EPERM;
	if (walk.at.node->child && strcmp(walk.at.node->fs->type, "cgroup2") != 0)
		return -ENOTEMPTY;
	node_unlink(walk.at.node);
	return 0;
}

int sys_getdents64(int number, void *buf, size_t size)
{
	struct fd *fd = fd_get(number);
	size_t used = 0;

	ENTER("getdents64, %s", fd ? fd->what : "closed");
	if (!fd || fd->kind != FD_FILE || !S_ISDIR(fd->place.node->mode))
		return -EBADF;
	for (struct node *node = fd->place.node->child; node; node = node->next) {
		struct dirent *entry = (void *)((char *)buf + used);
		size_t length =
			(offsetof(struct dirent, d_name) + strlen(node->name) + 8) & ~7UL;

		if (node->order <= fd->position)
			continue;
		if (length > size - used)
			break;
		memset(entry, 0, length);
		entry->d_reclen = (unsigned short)length;
		entry->d_type = (unsigned char)(node->mode >> 12);
		(void)strcpy(entry->d_name, node->name);
		used += length;
		fd->position = node->order;
	}
	return (int)used;
}
