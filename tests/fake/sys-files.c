/* SPDX-License-Identifier: Apache-2.0 */
/* More calls on files: names, attributes, and what is asked of the medium. */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "fake/calls.h"
#include "fake/kernel.h"

/* Takes a node out of its directory, to the end of @parent. */
static void node_move(struct node *node, struct node *parent, const char *name)
{
	struct node **at;

	node_unlink(node);
	node->gone = false;
	node->next = NULL;
	node->parent = parent;
	(void)snprintf(node->name, sizeof(node->name), "%s", name);
	for (at = &parent->child; *at; at = &(*at)->next)
		;
	*at = node;
}

int sys_renameat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath)
{
	struct walk from, to;
	int r;

	ENTER("renameat %s to %s", oldpath, newpath);
	r = walk_at(olddirfd, oldpath, WALK_NOFOLLOW, 0, &from);
	if (r == 0)
		r = walk_at(newdirfd, newpath, WALK_NOFOLLOW, 0, &to);
	if (r < 0 || !from.at.node)
		return r < 0 ? r : -ENOENT;
	if (from.at.mount != to.parent.mount)
		return -EXDEV;
	if (strcmp(oldpath, ".") == 0)
		return -EBUSY;
	if (to.at.node && S_ISDIR(to.at.node->mode) && !S_ISDIR(from.at.node->mode))
		return -EISDIR;
	if (to.at.node)
		node_unlink(to.at.node);
	node_move(from.at.node, to.parent.node, to.last);
	return 0;
}

/* Only RENAME_EXCHANGE, within a mount. */
int sys_renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath,
		  unsigned int flags)
{
	struct walk from, to;
	int r;

	ENTER("renameat2 %s with %s", oldpath, newpath);
	if (flags != RENAME_EXCHANGE || fake_config.no_exchange)
		return -(fake_config.no_exchange ? fake_config.no_exchange : EINVAL);
	r = walk_at(olddirfd, oldpath, WALK_NOFOLLOW, 0, &from);
	if (r == 0)
		r = walk_at(newdirfd, newpath, WALK_NOFOLLOW, 0, &to);
	if (r < 0 || !from.at.node || !to.at.node)
		return r < 0 ? r : -ENOENT;
	if (from.parent.mount != to.parent.mount)
		return -EXDEV;
	node_move(from.at.node, to.parent.node, to.last);
	node_move(to.at.node, from.parent.node, from.last);
	return 0;
}

/* Where a place is, as the kernel spells it in /proc/self/fd: from the end of @buf
 * backwards. */
static const char *fd_path(struct place at, char *buf, size_t size)
{
	char *text = buf + size - 1;

	*text = '\0';
	while (at.mount != kernel->root.mount || at.node != kernel->root.node) {
		size_t length;

		if (at.node == at.mount->root) {
			if (!at.mount->parent)
				break;
			at = (struct place){ at.mount->parent, at.mount->point };
			continue;
		}
		length = strlen(at.node->name);
		if ((size_t)(text - buf) < length + 1)
			fake_bug("path too long: %s", text);
		text -= length;
		memcpy(text, at.node->name, length);
		*--text = '/';
		at.node = at.node->parent;
	}
	return *text ? text : "/";
}

int sys_readlinkat(int dirfd, const char *path, char *buf, size_t size)
{
	char whole[4096];
	const char *target;
	struct place at;
	int r;

	ENTER("readlinkat %s", path);
	r = walk_existing(dirfd, path, WALK_NOFOLLOW, &at);
	if (r < 0)
		return r;
	if (strncmp(path, "/proc/self/fd/", 14) == 0)
		target = fd_path(at, whole, sizeof(whole));
	else if (S_ISLNK(at.node->mode))
		target = at.node->data;
	else
		return -EINVAL;
	if (size > strlen(target))
		size = strlen(target);
	memcpy(buf, target, size);
	return (int)size;
}

static int with_file(int number, struct node **ret_node)
{
	struct fd *fd = fd_get(number);

	if (!fd || fd->kind != FD_FILE || fd->flags & O_PATH)
		return -EBADF;
	*ret_node = fd->place.node;
	return 0;
}

int sys_fchmod(int fd, mode_t mode)
{
	struct node *node;
	int r;

	ENTER("fchmod %o", mode);
	r = with_file(fd, &node);
	if (r == 0)
		node->mode = (node->mode & S_IFMT) | mode;
	return r;
}

int sys_fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	struct place at;
	int r;

	ENTER("fchownat %s", path);
	if (!*path && fd_get(dirfd) && fd_get(dirfd)->kind == FD_PIPE)
		return 0;
	r = walk_existing(dirfd, path, flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0,
			  &at);
	if (r == 0) {
		at.node->uid = uid;
		at.node->gid = gid;
	}
	return r;
}

int sys_ftruncate(int fd, int64_t size)
{
	struct node *node;
	int r;

	ENTER("ftruncate %lld", (long long)size);
	r = with_file(fd, &node);
	if (r == 0 && (size_t)size < node->size)
		node->size = (size_t)size;
	return r;
}

/* The room is there in any case. */
int sys_fallocate(int fd, int mode, int64_t offset, int64_t size)
{
	uint64_t end = (uint64_t)(offset + size);
	struct node *node;
	int r;

	ENTER("fallocate %lld", (long long)size);
	r = with_file(fd, &node);
	if (r == 0 && mode == 0 && end > node->size) {
		char *data = fake_alloc(end + 1);

		if (node->data)
			memcpy(data, node->data, node->size);
		node->data = data;
		node->size = end;
	}
	return r;
}

/* What reads after it find is the medium's own. */
static int flush(int fd)
{
	struct node *node;
	int r = with_file(fd, &node);

	if (r == 0 && node->size && fake_config.bad_flush-- == 0)
		node->data[100 % node->size] ^= 0x20;
	return r;
}

ssize_t sys_flistxattr(int fd, char *names, size_t size)
{
	ENTER("flistxattr");
	if (!fd_get(fd))
		return -EBADF;
	if (size < sizeof("user.fake"))
		return -ERANGE;
	memcpy(names, "user.fake", sizeof("user.fake"));
	return sizeof("user.fake");
}

ssize_t sys_fgetxattr(int fd, const char *name, void *value, size_t size)
{
	ENTER("fgetxattr %s", name);
	if (!fd_get(fd))
		return -EBADF;
	memset(value, 'x', size ? 1 : 0);
	return 1;
}

int sys_fsetxattr(int fd, const char *name, const void *value, size_t size)
{
	(void)value;
	(void)size;
	ENTER("fsetxattr %s", name);
	return fd_get(fd) ? 0 : -EBADF;
}

int sys_futimens(int fd, const struct timespec times[2])
{
	(void)times;
	ENTER("futimens");
	return fd_get(fd) ? 0 : -EBADF;
}

static const char *what_of(int number)
{
	struct fd *fd = fd_get(number);

	return fd ? fd->what : "closed";
}

int sys_fsync(int fd)
{
	ENTER("fsync, %s", what_of(fd));
	return flush(fd);
}

int sys_fdatasync(int fd)
{
	ENTER("fdatasync, %s", what_of(fd));
	return flush(fd);
}

int sys_syncfs(int fd)
{
	ENTER("syncfs, %s", what_of(fd));
	return fd_get(fd) ? 0 : -EBADF;
}

int sys_flock(int fd, int operation)
{
	struct node *node;
	int r;

	ENTER("flock %d", operation);
	r = with_file(fd, &node);
	for (int i = 0; r == 0 && operation & LOCK_EX && i < MAX_FDS; i++) {
		const struct fd *other = fd_get(i);

		if (i == fd || !other || !other->locked || other->place.node != node)
			continue;
		if (!(operation & LOCK_NB))
			fake_bug("flock would wait for ever");
		return -EAGAIN;
	}
	if (r == 0)
		fd_get(fd)->locked = operation & LOCK_EX;
	return r;
}

int64_t sys_lseek(int number, int64_t offset, int whence)
{
	struct fd *fd = fd_get(number);

	ENTER("lseek %lld, %d", (long long)offset, whence);
	if (!fd || fd->kind != FD_FILE)
		return fd ? -ESPIPE : -EBADF;
	if (whence != SEEK_CUR)
		fake_bug("lseek %d is not known here", whence);
	fd->position += (size_t)offset;
	return (int64_t)fd->position;
}

/* One to read is given where nobody else could write. */
static int set_lease(const struct fd *fd)
{
	for (int i = 0; i < MAX_FDS; i++) {
		const struct fd *other = fd_get(i);

		if (other && other->kind == FD_FILE && !(other->flags & O_PATH) &&
		    other->place.node == fd->place.node &&
		    (other->flags & O_ACCMODE) != O_RDONLY)
			return -EAGAIN;
	}
	return 0;
}

int sys_fcntl(int number, int command, int arg)
{
	struct fd *fd = fd_get(number);

	ENTER("fcntl %d", command);
	if (!fd || (fd->kind != FD_FILE && fd->kind != FD_PIPE))
		return -EBADF;
	if (command == F_DUPFD_CLOEXEC && fd->kind == FD_FILE)
		return fd_new(fd->place, fd->flags | O_CLOEXEC, fd->what);
	if (command == F_SETLEASE && arg == F_RDLCK)
		return set_lease(fd);
	if (command != F_SETFL)
		fake_bug("fcntl %d is not known here", command);
	if (arg & O_DIRECT && fake_config.no_direct_io)
		return -EINVAL;
	fd->flags = (fd->flags & ~O_DIRECT) | (arg & O_DIRECT);
	return 0;
}

int sys_fadvise(int fd, int64_t offset, int64_t size, int advice)
{
	struct node *node;

	ENTER("fadvise %lld, %lld: %d", (long long)offset, (long long)size, advice);
	return with_file(fd, &node);
}

int sys_sync_file_range(int fd, int64_t offset, int64_t size, unsigned int flags)
{
	struct node *node;

	ENTER("sync_file_range %lld, %lld: %u", (long long)offset, (long long)size,
	      flags);
	return with_file(fd, &node);
}

int sys_dup3(int fd, int newfd, int flags)
{
	struct fd *from = fd_get(fd);
	struct fd copy;

	ENTER("dup3 %d to %d", fd, newfd);
	if (!from || newfd < 0 || newfd >= MAX_FDS ||
	    (from->kind != FD_FILE && from->kind != FD_PIPE))
		return -EBADF;
	copy = *from;
	copy.cloexec = flags & O_CLOEXEC;
	if (fd_get(newfd))
		(void)sys_close(newfd);
	if (copy.place.mount)
		mount_get(copy.place.mount);
	if (copy.kind == FD_FILE && copy.place.node->device)
		(void)dev_open(copy.place.node);
	kernel->fds[newfd] = copy;
	return newfd;
}

int sys_pipe2(int fds[2], int flags)
{
	struct place nowhere = { NULL, NULL };
	int real[2];

	ENTER("pipe2");
	if (pipe(real) < 0)
		fake_bug("no pipe");
	for (int i = 0; i < 2; i++) {
		fds[i] = fd_new(nowhere, flags, call_now());
		kernel->fds[fds[i]].kind = FD_PIPE;
		kernel->fds[fds[i]].real = real[i];
		kernel->fds[fds[i]].flags |= i ? O_WRONLY : O_RDONLY;
	}
	return 0;
}
