/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/switch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "stack/mount.h"

/* Deeper than any initramfs; what is below stays. */
#define FREE_DEPTH 24

/* /run as the last one: see switch_moves(). */
static const char *const switch_moved[] = { "/dev", "/proc", "/sys", "/run" };

#define SWITCH_MOVED (sizeof(switch_moved) / sizeof(switch_moved[0]))

bool switch_moves(const char *path, bool run)
{
	for (size_t i = 0; i < SWITCH_MOVED - !run; i++) {
		size_t size = strlen(switch_moved[i]);

		if (strncmp(path, switch_moved[i], size) == 0 &&
		    (path[size] == '/' || path[size] == '\0'))
			return true;
	}
	return false;
}

static int move_there(int root, const char *name, struct err *err)
{
	__fd int to = path_make_dirs_in(root, name + 1, 0755);
	int r;

	if (to < 0)
		return err_errno(err, to, "%s in the new root", name);
	r = mount_move(AT_FDCWD, name, to, "");
	return r < 0 ? err_errno(err, r, "moving %s into the new root", name) : 0;
}

static int move_back(int root, size_t count)
{
	int first = 0;

	while (count-- > 0) {
		const char *name = switch_moved[count];
		__fd int from = path_open_in(root, name, O_PATH | O_DIRECTORY);
		int r = from < 0 ? from : mount_move(from, "", AT_FDCWD, name);

		if (r < 0)
			first = r;
	}
	return first;
}

int switch_move_mounts(const char *new_root, struct err *err)
{
	__fd int root =
		sys_openat(AT_FDCWD, new_root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (root < 0)
		return err_errno(err, root, "%s", new_root);
	for (size_t i = 0; i < SWITCH_MOVED; i++) {
		int r = move_there(root, switch_moved[i], err);

		if (r == 0)
			continue;
		(void)move_back(root, i);
		return r;
	}
	return 0;
}

int switch_move_back(const char *new_root)
{
	__fd int root =
		sys_openat(AT_FDCWD, new_root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	return root < 0 ? root : move_back(root, SWITCH_MOVED);
}

/* Takes away what is mounted on @name: whatever is needed later has been moved. By a
 * relative name, since the old root has no path any more. */
static void detach(int dir, const char *name)
{
	if (sys_fchdir(dir) < 0)
		return;
	for (int i = 0; i < 8 && sys_umount2(name, MNT_DETACH | UMOUNT_NOFOLLOW) == 0;
	     i++)
		;
}

static void free_below(int dir, unsigned int depth);

static void free_directory(int dir, const char *name, unsigned int depth)
{
	/* st_dev would not tell a bind mount of the same file system; RESOLVE_NO_XDEV
	 * does */
	int sub = path_open_own(dir, name, O_RDONLY | O_DIRECTORY, 0);

	if (sub == -EXDEV)
		detach(dir, name);
	if (sub >= 0 && depth < FREE_DEPTH)
		free_below(sub, depth + 1);
	fd_close(sub);
	(void)sys_unlinkat(dir, name, AT_REMOVEDIR);
}

static void free_below(int dir, unsigned int depth)
{
	const struct dirent *entry;
	struct dir list;

	dir_init(&list, dir);
	while (dir_next(&list, &entry) > 0) {
		if (entry->d_type == DT_DIR)
			free_directory(dir, entry->d_name, depth);
		else
			(void)sys_unlinkat(dir, entry->d_name, 0);
	}
}

/* Is this file system one whose files are memory that nothing else could give back? */
static bool is_memory(int dir)
{
	struct statfs fs;

	if (sys_fstatfs(dir, &fs) < 0)
		return false;
	/* of another type with every libc */
	return (uint32_t)fs.f_type == RAMFS_MAGIC || (uint32_t)fs.f_type == TMPFS_MAGIC;
}

/* The new root is the working directory. The kernel's first root can't be pivoted
 * before 7.0. */
static int enter(bool *ret_pivoted, const char *new_root, struct err *err)
{
	int r = sys_pivot_root(".", ".");

	*ret_pivoted = r == 0;
	if (r == 0)
		return 0;
	r = sys_mount(".", "/", NULL, MS_MOVE, NULL);
	if (r < 0)
		return err_errno(err, r, "%s: moving it to /", new_root);
	r = sys_chroot(".");
	return r < 0 ? err_errno(err, r, "%s: chroot", new_root) : 0;
}

int switch_root(const char *new_root, struct err *err)
{
	__fd int old = sys_openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	bool pivoted;
	int r;

	if (old < 0)
		return err_errno(err, old, "the first root");
	r = sys_chdir(new_root);
	if (r < 0)
		return err_errno(err, r, "%s", new_root);
	r = enter(&pivoted, new_root, err);
	if (r < 0)
		return r;
	/* after the switch: a failure before it leaves an initramfs that can still
	 * explain it */
	if (is_memory(old))
		free_below(old, 0);
	/* pivoted, the old root lies over the new one */
	if (pivoted && sys_fchdir(old) == 0)
		(void)sys_umount2(".", MNT_DETACH);
	r = sys_chdir("/");
	return r < 0 ? err_errno(err, r, "the new root") : 0;
}
