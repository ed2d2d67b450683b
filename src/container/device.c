/* SPDX-License-Identifier: Apache-2.0 */
#include "container/device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"

#define DEV "/dev/"

/* Directories on the way, such as that of /dev/net/tun. The last one, the caller's. */
static int open_parent(int dev, const char *name, const char *last)
{
	char rel[256];
	struct str s;

	str_init(&s, rel, sizeof(rel));
	str_add_bytes(&s, name, last > name ? (size_t)(last - name) - 1 : 0);
	if (!s.used)
		str_add(&s, ".");
	return str_done(&s) < 0 ? -ENAMETOOLONG : path_make_dirs_in(dev, rel, 0755);
}

static int make_node(int dev, const char *name, const struct stat *st, mode_t mode,
		     const struct identity *owner)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
	__fd int dir = open_parent(dev, name, last);
	int r = dir < 0 ? dir : sys_mknodat(dir, last, S_IFCHR | mode, st->st_rdev);

	return r < 0 ? r
		     : sys_fchownat(dir, last, owner->uid, owner->gid,
				    AT_SYMLINK_NOFOLLOW);
}

static int make(int dev, const char *line, const struct identity *owner, struct err *err)
{
	size_t size = strcspn(line, " ");
	bool reads = strcmp(line + size, " r") == 0;
	char path[256];
	struct stat st;
	int r;

	if (size >= sizeof(path))
		return err_errno(err, -ENAMETOOLONG, "device");
	memcpy(path, line, size);
	path[size] = '\0';
	r = sys_fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW);
	if (r == 0 && S_ISBLK(st.st_mode))
		return err_set(err, -ENOTSUP,
			       "device %s: is a disk: what is on disks comes by volumes",
			       path);
	if (r == 0 && !S_ISCHR(st.st_mode))
		return err_set(err, -ENODEV, "device %s: is no device", path);
	if (r == 0)
		r = make_node(dev, path + strlen(DEV), &st, reads ? 0440 : 0660, owner);
	return r < 0 ? err_errno(err, r, "device %s", path) : 0;
}

int device_make(int dev, const struct container *container, struct err *err)
{
	const struct manifest *manifest = container->manifest;
	int r = 0;

	for (size_t i = 0; i < manifest->device_count && r == 0; i++)
		r = make(dev, manifest->devices[i], container->identity, err);
	return r;
}
