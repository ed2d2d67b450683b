/* SPDX-License-Identifier: Apache-2.0 */
#include "init/sized.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/place.h"
#include "init/vault/medium.h"
#include "init/vault/template.h"
#include "store/volume.h"

#define MOUNTED STAGE_PRIVATE "/volume"	    /* a mount of the store, for a moment */
#define EXT4_RESIZE _IOW('f', 16, uint64_t) /* EXT4_IOC_RESIZE_FS */
#define EXT4_BLOCK 4096

/* In whole blocks; 0: the image says nothing. */
static uint64_t wanted(const struct sized *sized)
{
	uint64_t bytes = manifest_volume_size(sized->volume);

	return (bytes + EXT4_BLOCK - 1) & ~(uint64_t)(EXT4_BLOCK - 1);
}

static int open_file(const struct sized *sized, uint64_t size_bytes,
		     struct medium *medium, struct err *err)
{
	char name[sizeof("volumes/") + STAGE_PATH_SIZE + VOLUME_NAME_SIZE];
	const struct medium_file file = {
		.store = stage_kept_path(sized->part->stage),
		.target = MOUNTED,
		.name = name,
		.size_bytes = size_bytes,
	};
	struct str s;

	str_init(&s, name, sizeof(name));
	str_addf(&s, "volumes/%s/%s", sized->part->owner,
		 sized->made ? sized->name : VOLUME_UNFINISHED);
	return medium_file_open(medium, &file, err);
}

static void note(const struct sized *sized, const char *what, const struct err *err)
{
	struct err told = *err;

	(void)err_wrap(&told, 0, "volume %s", sized->volume->path);
	place_note(sized->part, what, told.text);
}

static int pass_over(const struct sized *sized, const struct err *err)
{
	note(sized, "passed over", err);
	return 1;
}

/* One that is there is used as it is where there is no room for it to grow. */
static int open_medium(const struct sized *sized, struct medium *medium, struct err *err)
{
	int r = open_file(sized, wanted(sized), medium, err);

	if (r != -ENOSPC || !sized->made)
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

/* Has all of its file when that is as long as the image wants it, and not what a stranger made of
 * it; as it is it works, too. What it begins with, and then its name, when it is new. */
static int finish(const struct sized *sized, const struct medium *medium, struct err *err)
{
	uint64_t blocks = medium->size_bytes / EXT4_BLOCK;
	__fd int place = place_open_dir(sized->part, sized->volume->path, err);
	__fd int dir =
		place < 0 ? place
			  : sys_openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int r;

	if (dir < 0)
		return place < 0 ? place : err_errno(err, dir, "its root");
	r = medium->size_bytes == wanted(sized) ? sys_ioctl(dir, EXT4_RESIZE, &blocks)
						: 0;
	if (r < 0 && !sized->made)
		return err_errno(err, r, "growing it");
	if (sized->made)
		return 0;
	/* programs want to find it empty */
	r = sys_unlinkat(dir, "lost+found", AT_REMOVEDIR);
	if (r == 0)
		r = copyup_fill(dir, sized->like);
	if (r == 0)
		r = sys_sync();
	if (r == 0)
		r = path_move(sized->top, VOLUME_UNFINISHED, sized->top, sized->name);
	return r < 0 ? err_errno(err, r, "making it") : 0;
}

static int mount_medium(const struct sized *sized, const struct medium *medium,
			struct err *err)
{
	int r = sized->made ? 0 : make(medium, err);

	if (r < 0)
		return r;
	r = place_mount(sized->target, "ext4", medium->path, "errors=remount-ro", err);
	if (r < 0 && sized->made)
		return pass_over(sized, err);
	return r < 0 ? r : finish(sized, medium, err);
}

int sized_mount(const struct sized *sized, struct err *err)
{
	struct medium medium;
	int r;

	if (!sized->made)
		(void)copyup_remove(sized->top, VOLUME_UNFINISHED);
	r = open_medium(sized, &medium, err);
	if (r == 0)
		r = mount_medium(sized, &medium, err);
	else if (r == -EINVAL && sized->made) /* no file, or an empty one */
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
