/* SPDX-License-Identifier: Apache-2.0 */
/* Where volumes, injected files and the working directory will be, and what a root that
 * nobody can write must bring for them. The device makes what is missing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pack/cmd/look/parts.h"
#include "stack/switch.h"
#include "store/volume.h"

#define CONTROL_DIR "/run/lamina"

static bool read_only(const struct look *look)
{
	return look->manifest->upper == MANIFEST_UPPER_NONE;
}

static bool in_volume(const struct look *look, const char *path)
{
	for (size_t i = 0; i < look->volume_count; i++) {
		size_t size = strlen(look->volumes[i]);

		if (strncmp(path, look->volumes[i], size) == 0 &&
		    (path[size] == '/' || !path[size]))
			return true;
	}
	return false;
}

/* Is the last name of the path a link, wherever it may lead? */
static bool is_link(struct look *look, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	const struct tree_inode *inode;
	char dir[TREE_PATH_SIZE];
	struct resolve_frame frame;
	const struct tree_node *node;

	(void)snprintf(dir, sizeof(dir), "%.*s", (int)(name - path), path);
	if (look_walk(look, dir, &inode) < 0)
		return false;
	frame = resolve_name(&look->walk, name, strlen(name));
	node = resolve_node(&frame);
	return node && S_ISLNK(node->inode->mode);
}

/* The first @size bytes of the path. 1: a directory, or it lies in a volume; 0: nothing is
 * there; -errno of what is in the way. */
static int look_at_part(struct look *look, const char *path, size_t size)
{
	char part[TREE_PATH_SIZE], real[TREE_PATH_SIZE];
	const struct tree_inode *inode;
	int r;

	(void)snprintf(part, sizeof(part), "%.*s", (int)size, path);
	r = look_walk(look, part, &inode);
	look_real_path(look, real);
	if (in_volume(look, real) || (inode && S_ISDIR(inode->mode)))
		return 1;
	if (r < 0 || inode)
		return r < 0 ? r : -ENOTDIR;
	return is_link(look, part) ? -EEXIST : 0;
}

/* As the device's path_make_dirs_in(): 0, with @ret_real where it leads; -ENOTDIR, -EEXIST,
 * -ELOOP or -EROFS. */
static int make_dirs(struct look *look, const char *path, char ret_real[TREE_PATH_SIZE])
{
	const struct tree_inode *inode;
	const char *at = path;
	int there = 1, r;

	while (there > 0 && *at) {
		at += strspn(at, "/");
		at += strcspn(at, "/");
		there = look_at_part(look, path, (size_t)(at - path));
	}
	if (there < 0)
		return there;
	if (there == 0 && read_only(look))
		return -EROFS;
	r = look_walk(look, path, &inode);
	look_real_path(look, ret_real);
	return r;
}

static bool is_moved(const struct look *look, const char *path)
{
	return switch_moves(path, look->manifest->run == MANIFEST_RUN_EXEC);
}

/* @what is in the device's words. true: it has a place, at @ret_real. */
static bool find_place(struct look *look, const char *what, const char *path, bool never,
		       char ret_real[TREE_PATH_SIZE])
{
	int r = make_dirs(look, path, ret_real);

	if (r == -EEXIST)
		look_say(look, never, "%s: %s: a link of the image leads nowhere", what,
			 path);
	else if (r == -ELOOP)
		look_say(look, never, "%s: %s: a link in a circle, or in a volume", what,
			 path);
	else if (r < 0)
		look_say(look, never, "%s: %s: %s", what, path, err_reason(r));
	else if (is_moved(look, ret_real))
		look_say(look, never, "%s: %s: a link leads it to %s; name that instead",
			 what, path, ret_real);
	else
		return true;
	return false;
}

/* What systemd gets there is mounted over it. */
static bool systemd_hides(const struct look *look, const char *path)
{
	static const char *const tops[] = { "/run", "/tmp" };

	for (size_t i = 0; look->manifest->systemd && i < 2; i++) {
		size_t size = strlen(tops[i]);

		if (strncmp(path, tops[i], size) == 0 &&
		    (path[size] == '/' || !path[size]))
			return true;
	}
	return false;
}

static void look_at_volume(struct look *look, const struct manifest_volume *volume)
{
	char *real = look->volumes[look->volume_count], name[VOLUME_NAME_SIZE];

	if (volume->persist && volume_name(volume->path, name) < 0)
		look_say(look, true, "volume %s: its name in the store: %s", volume->path,
			 err_reason(-ENAMETOOLONG));
	if (is_moved(look, volume->path))
		(void)snprintf(real, TREE_PATH_SIZE, "%s", volume->path);
	else if (!find_place(look, "volume", volume->path, true, real))
		return;
	if (strcmp(real, "/") == 0)
		look_say(look, true, "volume %s: a link leads it to /", volume->path);
	else
		look->volume_count++;
	if (systemd_hides(look, real))
		look_say(
			look, false,
			"volume %s: with `systemd yes` nobody sees it: /run and /tmp are "
			"tmpfs then",
			volume->path);
}

/* Only a device whose store has the file will want its place. */
static void look_at_inject(struct look *look, const char *path)
{
	char dir[TREE_PATH_SIZE], real[TREE_PATH_SIZE];
	size_t size = (size_t)(strrchr(path, '/') - path);
	const struct tree_inode *inode;

	(void)snprintf(dir, sizeof(dir), "%.*s", (int)size, path);
	if (is_moved(look, path) || !find_place(look, "inject", dir, false, real))
		return;
	if (read_only(look) && !in_volume(look, real))
		look_say(look, false, "inject %s: %s", path, err_reason(-EROFS));
	else if (look_walk(look, path, &inode) == 0 && inode && S_ISDIR(inode->mode))
		look_say(look, false, "inject %s: %s", path, err_reason(-EISDIR));
}

static void look_at_cwd(struct look *look)
{
	const char *cwd = look->manifest->cwd;
	char real[TREE_PATH_SIZE];
	int r = make_dirs(look, cwd, real);

	if (r < 0 && !is_moved(look, cwd))
		look_say(look, true, "working directory %s: %s", cwd, err_reason(r));
}

/* /dev and the like are moved there, or mounted where init stays. */
static void look_at_mount_point(struct look *look, const char *path)
{
	bool stays = look->manifest->run == MANIFEST_RUN_SUPERVISE;
	char real[TREE_PATH_SIZE];
	int r = make_dirs(look, path, real);

	if (r == 0 && stays && strcmp(real, path) != 0)
		r = -ELOOP; /* it follows no link */
	if (stays && (r == -ELOOP || r == -ENOTDIR || r == -EEXIST))
		look_say(look, true, "%s: not a directory in the image", path);
	else if (r < 0)
		look_say(look, true, "%s in the new root: %s", path, err_reason(r));
}

/* What engines mount over, and init does where nobody can write. Without a place of its own
 * there it is left out: the application does without, and nothing else would tell. */
static void look_at_own_files(struct look *look)
{
	static const char *const files[] = { "/etc/hostname", "/etc/hosts",
					     "/etc/resolv.conf" };
	const struct manifest *manifest = look->manifest;
	char real[TREE_PATH_SIZE];
	const struct tree_inode *inode;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		bool none = look_walk(look, files[i], &inode) < 0 || !inode ||
			    !S_ISREG(inode->mode);

		if (i == 2 && (manifest->network || !manifest->net_count))
			continue;
		if (none && !look_is_later(look))
			look_say(
				look, false,
				"%s: no file in the image, and with `upper none` none is "
				"made",
				files[i]);
	}
	if (manifest->control == MANIFEST_CONTROL_NONE || manifest->systemd)
		return;
	(void)look_walk(look, CONTROL_DIR, &inode);
	look_real_path(look, real);
	if (!in_volume(look, real))
		look_say(look, false,
			 "control: " CONTROL_DIR ": %s: with `upper none` it needs a "
			 "tmpfs at /run",
			 err_reason(-EROFS));
}

void look_places(struct look *look)
{
	static const char *const points[] = { "/dev", "/proc", "/sys", "/run" };
	const struct manifest *manifest = look->manifest;
	size_t count = manifest->run == MANIFEST_RUN_SUPERVISE ? 3 : 4;

	for (size_t i = 0; i < count; i++)
		look_at_mount_point(look, points[i]);
	for (size_t i = 0; i < manifest->volume_count; i++)
		look_at_volume(look, &manifest->volumes[i]);
	for (size_t i = 0; i < manifest->inject_count; i++)
		look_at_inject(look, manifest->injects[i]);
	look_at_cwd(look);
	if (read_only(look) && manifest->run == MANIFEST_RUN_SUPERVISE)
		look_at_own_files(look);
}
