/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "stack/mount.h"
#include "stack/work.h"

/* The kernel's OVL_MAX_STACK. 500 names, short as they are relative, fill 1,890 bytes of
 * the 4,095 that mount(2) reads before it cuts. */
#define OVERLAY_MAX_LAYERS 500
#define OVERLAY_OPTIONS_SIZE 4096

/* The layers come from strangers: no redirect of theirs is followed, and what a squashfs
 * can't support anyway (its UUID is null) is not left to the kernel's configuration. */
static const char *const overlay_fixed[][2] = {
	{ "index", "off" },
	{ "metacopy", "off" },
	{ "redirect_dir", "nofollow" },
	{ "xino", "off" },
};

#define OVERLAY_FIXED (sizeof(overlay_fixed) / sizeof(overlay_fixed[0]))

static unsigned int name_of(const struct overlay *overlay, size_t layer)
{
	return overlay->names ? overlay->names[layer] : (unsigned int)layer;
}

static int set_directories(int fs, const struct overlay *overlay, struct err *err)
{
	char name[24];
	int r;

	/* the kernel wants the topmost first */
	for (size_t i = overlay->count; i-- > 0;) {
		(void)snprintf(name, sizeof(name), "%u", name_of(overlay, i));
		r = mount_set(fs, "lowerdir+", name, err);
		if (r < 0)
			return r;
	}
	if (!overlay->upper)
		return 0;
	r = mount_set(fs, "upperdir", overlay->upper, err);
	return r < 0 ? r : mount_set(fs, "workdir", overlay->work, err);
}

static unsigned int attributes(const struct overlay *overlay)
{
	return MOUNT_ATTR_NODEV | (overlay->upper ? 0 : MOUNT_ATTR_RDONLY);
}

/* One layer an option, from 6.8 on. Returns an unattached mount. */
static int make_by_options(const struct overlay *overlay, struct err *err)
{
	__fd int fs = mount_begin("overlay", err);
	int r = fs < 0 ? fs : set_directories(fs, overlay, err);

	for (size_t i = 0; r == 0 && i < OVERLAY_FIXED; i++)
		r = mount_set(fs, overlay_fixed[i][0], overlay_fixed[i][1], err);
	if (r < 0)
		return r;
	return mount_make(fs, attributes(overlay), err);
}

static int write_options(const struct overlay *overlay, char *ret_text, size_t size)
{
	struct str text;

	str_init(&text, ret_text, size);
	for (size_t i = 0; i < OVERLAY_FIXED; i++)
		str_addf(&text, "%s=%s,", overlay_fixed[i][0], overlay_fixed[i][1]);
	str_add(&text, "lowerdir=");
	for (size_t i = overlay->count; i-- > 0;)
		str_addf(&text, i ? "%u:" : "%u", name_of(overlay, i));
	if (overlay->upper)
		str_addf(&text, ",upperdir=%s,workdir=%s", overlay->upper, overlay->work);
	return str_done(&text);
}

/* All layers in one string, which every kernel knows, but none explains. */
static int mount_by_string(const struct overlay *overlay, const char *target,
			   struct err *err)
{
	unsigned long flags = MS_NODEV | (overlay->upper ? 0 : MS_RDONLY);
	char options[OVERLAY_OPTIONS_SIZE];
	int r = write_options(overlay, options, sizeof(options));

	if (r < 0)
		return err_set(err, r, "more options than mount takes");
	r = sys_mount("overlay", target, "overlay", flags, options);
	return r < 0 ? err_errno(err, r, "mount of %zu layers at %s", overlay->count,
				 target)
		     : 0;
}

/*
 * Runs in the directory of the layers. Gives an unattached mount, or leaves -EBADF when
 * it is attached already. Whether the kernel has "lowerdir+" shows by trying only:
 * from 6.5 on an unknown option is refused at once, before that only when the superblock
 * is made.
 */
static int make(const struct overlay *overlay, const char *target, int *ret_mount,
		struct err *err)
{
	struct err first = ERR_INIT;
	int mount = make_by_options(overlay, &first);
	int r;

	if (mount >= 0) {
		*ret_mount = mount;
		return 0;
	}
	if (mount != -EINVAL)
		return err_set(err, mount, "%s", first.text);
	r = mount_by_string(overlay, target, err);
	/* the kernel's words about the first attempt, where that isn't about "lowerdir+"
	 */
	if (r == -EINVAL && !strstr(first.text, "lowerdir+"))
		return err_set(err, r, "%s", first.text);
	return r;
}

static bool is_fit(const char *path)
{
	return path && path[0] == '/' && !strpbrk(path, ",:\\");
}

static int check(const struct overlay *overlay, const char *target, struct err *err)
{
	if (overlay->count == 0 || overlay->count > OVERLAY_MAX_LAYERS)
		return err_set(err, -EINVAL, "%zu layers, the kernel takes 1 to %d",
			       overlay->count, OVERLAY_MAX_LAYERS);
	if (target[0] != '/')
		return err_set(err, -EINVAL, "%s: not absolute", target);
	if (overlay->upper && !is_fit(overlay->upper))
		return err_set(err, -EINVAL, "%s: no path for an option", overlay->upper);
	if (overlay->upper && !is_fit(overlay->work))
		return err_set(err, -EINVAL, "no fit work directory beside %s",
			       overlay->upper);
	return 0;
}

/* make(), with the layers' directory as working directory for as long as that takes. */
static int make_there(const struct overlay *overlay, const char *target, int *ret_mount,
		      struct err *err)
{
	__fd int home = sys_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	__fd int mount = -EBADF;
	int r, made;

	if (home < 0)
		return err_errno(err, home, "working directory");
	r = sys_fchdir(overlay->lowers_fd);
	if (r < 0)
		return err_errno(err, r, "directory of layers");
	made = make(overlay, target, &mount, err);
	r = sys_fchdir(home);
	if (made < 0)
		return made;
	if (r < 0) {
		if (mount < 0)
			(void)work_drop(target, NULL);
		return err_errno(err, r, "back to the working directory");
	}
	*ret_mount = TAKE_FD(mount);
	return 0;
}

static int show_layer(const struct overlay *overlay, const char *target)
{
	char name[16], path[PATH_FD_SIZE];
	__fd int layer = -EBADF;

	(void)snprintf(name, sizeof(name), "%u", name_of(overlay, 0));
	layer = sys_openat(overlay->lowers_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	return layer < 0
		       ? layer
		       : sys_mount(path_of_fd(path, layer), target, NULL, MS_BIND, NULL);
}

static int mount_stack(const struct overlay *overlay, const char *target, struct err *err)
{
	__fd int mount = -EBADF;
	int r = check(overlay, target, err);

	if (r == 0 && overlay->count == 1 && !overlay->upper) {
		r = overlay->names
			    ? show_layer(overlay, target)
			    : mount_move(overlay->lowers_fd, "0", AT_FDCWD, target);
		return r < 0 ? err_errno(err, r, "moving the layer to %s", target) : 0;
	}
	if (r == 0)
		r = make_there(overlay, target, &mount, err);
	if (r < 0 || mount < 0)
		return r;
	return mount_attach(mount, target, err);
}

int overlay_mount(const struct overlay *overlay, const char *target, struct err *err)
{
	int r = mount_stack(overlay, target, err);

	return r < 0 ? err_wrap(err, r, "overlay") : 0;
}
