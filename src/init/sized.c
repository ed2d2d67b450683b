/* SPDX-License-Identifier: Apache-2.0 */
#include "init/sized.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/place.h"
#include "init/vault/ext4.h"
#include "init/vault/medium.h"
#include "init/vault/template.h"
#include "store/volume.h"

#define MOUNTED STAGE_PRIVATE "/volume" /* a mount of the store, for a moment */

#define PATH_SIZE (sizeof("volumes/") + STAGE_PATH_SIZE + VOLUME_NAME_SIZE)

/* In whole blocks; 0: the image says nothing. */
static uint64_t wanted(const struct manifest_volume *volume)
{
	uint64_t bytes = manifest_volume_size(volume);

	return (bytes + EXT4_BLOCK - 1) & ~(uint64_t)(EXT4_BLOCK - 1);
}

/* NAME of the store. */
static int name_of(const struct part *part, const char *name, char *ret, size_t size)
{
	struct str s;

	str_init(&s, ret, size);
	str_addf(&s, "volumes/%s/%s", part->owner, name);
	return str_done(&s);
}

/* What other volumes of the image will want that are not there yet, of all members: one that finds
 * no room after others were made would leave these for an image that never started. */
static uint64_t missing(const struct sized *sized)
{
	const struct stage *stage = sized->part->stage;
	char path[PATH_SIZE], name[VOLUME_NAME_SIZE];
	uint64_t bytes = 0;

	for (size_t i = 0; i < stage->part_count; i++) {
		const struct part *part = &stage->parts[i];

		for (size_t v = 0; v < part->manifest->volume_count; v++) {
			const struct manifest_volume *volume =
				&part->manifest->volumes[v];

			if (volume == sized->volume || !manifest_volume_size(volume) ||
			    volume_name(volume->path, name) < 0 ||
			    name_of(part, name, path, sizeof(path)) < 0)
				continue;
			__fd int fd = path_open_own(stage_kept(stage), path, O_PATH, 0);

			if (fd == -ENOENT)
				bytes += wanted(volume);
		}
	}
	return bytes;
}

static int open_file(const struct sized *sized, uint64_t size_bytes,
		     struct medium *medium, struct err *err)
{
	char name[PATH_SIZE];
	const struct medium_file file = {
		.store = stage_kept_path(sized->part->stage),
		.target = MOUNTED,
		.name = name,
		.size_bytes = size_bytes,
		.beside_bytes = size_bytes ? missing(sized) : 0,
	};

	(void)name_of(sized->part, sized->made ? sized->name : VOLUME_UNFINISHED, name,
		      sizeof(name));
	return medium_file_open(medium, &file, err);
}

static void note(const struct sized *sized, const char *what, const struct err *err)
{
	struct err told = *err;

	(void)err_wrap(&told, 0, "volume %s", sized->volume->path);
	place_note(sized->part, what, told.text);
}

/* Of what came of it, @r: one that is there is used as it is, and a new one is not begun so. */
static int put_up_with(const struct sized *sized, int r, const char *doing,
		       const char *what, struct err *err)
{
	if (r == 0)
		return 0;
	(void)err_errno(err, r, "%s", doing);
	if (!sized->made)
		return r;
	note(sized, what, err);
	return 0;
}

static int pass_over(const struct sized *sized, const struct err *err)
{
	note(sized, "passed over", err);
	return 1;
}

/* How much of a file that is there its file system has; 0: not even all of that is there, or it is
 * none. Zeros in place of what was cut off would have it mounted without what they were. */
static uint64_t used(const struct sized *sized)
{
	__fd int fd = path_open_own(sized->top, sized->name, O_RDONLY, 0);
	struct stat st;
	uint64_t bytes;

	if (fd < 0 || sys_fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	bytes = ext4_bytes(fd);
	return bytes > (uint64_t)st.st_size ? 0 : bytes;
}

/* One that is there is used as it is where it can't grow. */
static int open_medium(const struct sized *sized, struct medium *medium, bool *ret_grows,
		       struct err *err)
{
	uint64_t bytes = wanted(sized->volume), has = sized->made ? used(sized) : 0;
	bool grows = !sized->made || (has && has < bytes);
	int r = open_file(sized, grows ? bytes : 0, medium, err);

	*ret_grows = grows && r == 0;
	if (r == 0 || !sized->made || !grows)
		return r;
	note(sized, "not larger", err);
	medium_close(medium);
	return open_file(sized, 0, medium, err);
}

static int make(const struct medium *medium, struct err *err)
{
	__fd int file = sys_openat(AT_FDCWD, TEMPLATE_FILE, O_RDONLY | O_CLOEXEC, 0);
	int r = file < 0 ? file : template_write(file, medium->loop);

	return r < 0 ? err_errno(err, r, TEMPLATE_FILE) : 0;
}

/* What it begins with, and then its name. */
static int finish(const struct sized *sized, int dir)
{
	/* programs want to find it empty */
	int r = sys_unlinkat(dir, "lost+found", AT_REMOVEDIR);

	if (r == 0)
		r = copyup_fill(dir, sized->like);
	if (r == 0)
		r = sys_syncfs(dir);
	return r < 0 ? r
		     : path_move(sized->top, VOLUME_UNFINISHED, sized->top, sized->name);
}

/* To what the image wants, and not to what a stranger made of its file; as it is it works, too. */
static int grow(const struct sized *sized, int dir, struct err *err)
{
	return put_up_with(sized, ext4_grow(dir, wanted(sized->volume)), "growing it",
			   "not larger", err);
}

/* The kernel zeroes the inode tables of what has grown, and the loop device gives that part of the
 * file back to the store (so in Linux 6.18); so does who copies it without its zeros. */
static int reserve(const struct sized *sized, const struct medium *medium, bool grown,
		   struct err *err)
{
	struct stat st;
	int r = sys_fstat(medium->fd, &st);

	if (r == 0 && (grown || (uint64_t)st.st_blocks * 512 < medium->size_bytes))
		r = sys_fallocate(medium->fd, 0, 0, (int64_t)medium->size_bytes);
	return put_up_with(sized, r, "its room", "not reserved", err);
}

static int fill(const struct sized *sized, const struct medium *medium, struct err *err)
{
	__fd int place = place_open_dir(sized->part, sized->volume->path, err);
	__fd int dir =
		place < 0 ? place
			  : sys_openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int r;

	if (dir < 0)
		return place < 0 ? place : err_errno(err, dir, "its root");
	r = grow(sized, dir, err);
	if (r == 0)
		r = reserve(sized, medium, true, err);
	if (r < 0 || sized->made)
		return r;
	r = finish(sized, dir);
	return r < 0 ? err_errno(err, r, "making it") : 0;
}

static int mount_medium(const struct sized *sized, const struct medium *medium,
			bool grows, struct err *err)
{
	int r = sized->made ? 0 : make(medium, err);

	if (r < 0)
		return r;
	r = place_mount(sized->target, "ext4", medium->path, "errors=remount-ro", err);
	if (r < 0 && sized->made)
		return pass_over(sized, err);
	if (r < 0)
		return r;
	return grows ? fill(sized, medium, err) : reserve(sized, medium, false, err);
}

/* An empty file or none, a socket, a device. */
static bool is_other(int r)
{
	return r == -EINVAL || r == -ENXIO || r == -EACCES;
}

int sized_mount(const struct sized *sized, struct err *err)
{
	struct medium medium;
	bool grows;
	int r;

	if (!sized->made)
		(void)copyup_remove(sized->top, VOLUME_UNFINISHED);
	r = open_medium(sized, &medium, &grows, err);
	if (r == 0)
		r = mount_medium(sized, &medium, grows, err);
	else if (is_other(r) && sized->made)
		r = pass_over(sized, err);
	medium_close(&medium);
	/* the image before would find a store that is full of it */
	if (r < 0 && !sized->made)
		(void)copyup_remove(sized->top, VOLUME_UNFINISHED);
	return r;
}

bool sized_is(int dir)
{
	struct statfs fs;

	return sys_fstatfs(dir, &fs) == 0 && fs.f_type == EXT4_SUPER_MAGIC;
}
