/* SPDX-License-Identifier: Apache-2.0 */
#include "init/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/pid1/console.h"
#include "init/report.h"
#include "init/sized.h"
#include "stack/mount.h"
#include "stack/switch.h"

#define PLACE_SIZE 4096 /* a manifest has no longer path */

/* Is what is there still init's own, and moves over what the image has? A supervised
 * application has a /run of its own. */
static bool is_moved(const struct part *part, const char *path)
{
	return switch_moves(path, !stage_stays(part->stage));
}

/* Refuses what would be hidden by a move: the kernel tells where links have led. */
static int check_place(const struct part *part, int dir, const char *path,
		       struct err *err)
{
	char link[PATH_FD_SIZE], real[PLACE_SIZE + STAGE_PATH_SIZE];
	int size =
		sys_readlinkat(AT_FDCWD, path_of_fd(link, dir), real, sizeof(real) - 1);
	size_t top;

	if (size < 0)
		return err_errno(err, size, "%s", path);
	real[size] = '\0';
	top = strlen(part->top);
	if (strncmp(real, part->top, top) == 0 && is_moved(part, real + top))
		return err_set(err, -EINVAL,
			       "%s: a link leads it to %s; name that instead", path,
			       real + top);
	return 0;
}

static int open_dir(const struct part *part, const char *path, size_t size,
		    struct err *err)
{
	char copy[PLACE_SIZE], rel[PLACE_SIZE];
	bool ours;
	int r;

	if (size >= sizeof(copy))
		return err_set(err, -ENAMETOOLONG, "%.64s...: name too long", path);
	memcpy(copy, path, size);
	copy[size] = '\0';
	r = str_below_root(copy, rel, sizeof(rel));
	if (r < 0)
		return err_errno(err, r, "%s", copy);
	ours = is_moved(part, copy);
	__fd int dir =
		path_make_dirs_in(ours ? part->stage->initramfs : part->root, rel, 0755);

	if (dir == -EEXIST)
		return err_set(err, dir, "%s: a link of the image leads nowhere", copy);
	if (dir == -ELOOP)
		return err_set(err, dir, "%s: a link in a circle, or in a volume", copy);
	if (dir < 0)
		return err_errno(err, dir, "%s", copy);
	r = ours ? 0 : check_place(part, dir, copy, err);
	return r < 0 ? r : TAKE_FD(dir);
}

int place_open_dir(const struct part *part, const char *path, struct err *err)
{
	return open_dir(part, path, strlen(path), err);
}

int place_open_parent(const struct part *part, const char *path, const char **ret_name,
		      struct err *err)
{
	const char *slash = strrchr(path, '/');

	if (!slash || !slash[1])
		return err_set(err, -EINVAL, "%s: names no file", path);
	*ret_name = slash + 1;
	return open_dir(part, path, (size_t)(slash - path), err);
}

int place_mount(int dir, const char *type, const char *source, const char *options,
		struct err *err)
{
	/* new mounts follow no link, not even that of /proc/self/fd */
	int r = sys_fchdir(dir), back;

	if (r < 0)
		return err_errno(err, r, "fchdir");
	r = mount_new(type, source, options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, ".",
		      err);
	back = sys_chdir("/");
	if (r == 0 && back < 0)
		return err_errno(err, back, "chdir /");
	return r;
}

/* The deepest directory on the way to @path. An O_PATH fd or -errno. */
static int open_deepest(const struct part *part, const char *path)
{
	char rel[PLACE_SIZE];
	int r = str_below_root(path, rel, sizeof(rel));

	while (r == 0) {
		int dir = path_open_in(part->root, rel, O_PATH | O_DIRECTORY);
		char *slash = strrchr(rel, '/');

		if (dir >= 0 || strcmp(rel, ".") == 0)
			return dir;
		if (slash)
			*slash = '\0';
		else
			(void)strcpy(rel, ".");
	}
	return r;
}

/* Persistent volumes are of the store's file system, or have an ext4 of their own. */
static bool is_persistent(const struct part *part, const char *path)
{
	__fd int dir = open_deepest(part, path);
	struct stat store, st;

	if (part->manifest->upper == MANIFEST_UPPER_PERSIST)
		return true;
	if (dir < 0)
		return false;
	if (sized_is(dir))
		return true;
	return sys_fstat(dir, &st) == 0 &&
	       sys_fstat(stage_kept(part->stage), &store) == 0 &&
	       st.st_dev == store.st_dev;
}

void place_note(const struct part *part, const char *what, const char *text)
{
	console_say("image %.12s: %s: %s", DIGEST_HEX(&part->stage->image->id), what,
		    text);
	report_note(part->stage->run, text);
}

bool place_pass_over(const struct part *part, const char *path, const struct err *err)
{
	if (!is_persistent(part, path))
		return false;
	place_note(part, "passed over", err->text);
	return true;
}

/* What is there and can't be mounted on. A link of /run may well lead somewhere; one of the
 * others would have the kernel's own names elsewhere. */
static bool is_in_the_way(int root, const char *name)
{
	__fd int dir = -EBADF;
	struct stat st;

	if (sys_fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode))
		return false;
	if (S_ISLNK(st.st_mode) && strcmp(name, "run") == 0)
		dir = path_open_in(root, name, O_PATH | O_DIRECTORY);
	return dir < 0;
}

static void set_aside(const struct part *part, const char *name)
{
	char aside[32], text[96];
	struct stat st;
	int r = 0;

	for (unsigned int n = 0; r == 0 && n < 100; n++) {
		(void)snprintf(aside, sizeof(aside), "%s.aside%u", name, n);
		r = sys_fstatat(part->root, aside, &st, AT_SYMLINK_NOFOLLOW);
	}
	if (r != -ENOENT || sys_renameat(part->root, name, part->root, aside) < 0)
		return; /* who wants to mount there says why not */
	(void)snprintf(text, sizeof(text), "/%s is no directory, and is now /%s", name,
		       aside);
	place_note(part, "set aside", text);
}

void place_make_way(const struct part *part)
{
	static const char *const names[] = { "dev", "proc", "sys", "run" };

	if (part->manifest->upper != MANIFEST_UPPER_PERSIST)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_in_the_way(part->root, names[i]))
			set_aside(part, names[i]);
	}
}
