/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where a path of the container is while its root is being built. Links in the image end
 * at the image's root. /run and /dev are still init's own and move there later: what lies
 * below them is made below those, or it would vanish under the move.
 */
#include <stdbool.h>

#include "init/stage.h"

/* Opens the directory @path, made with its parents if missing (root's, 0755). An O_PATH
 * fd, the caller's, or -errno; -EINVAL when links lead it below /run, /dev, /proc or
 * /sys. */
int place_open_dir(const struct part *part, const char *path, struct err *err);

/* The directory of @path's last component, as place_open_dir(); the component in
 * @ret_name, which borrows from @path. */
int place_open_parent(const struct part *part, const char *path, const char **ret_name,
		      struct err *err);

/* Mounts a new file system, nosuid and nodev, at the directory @dir. 0 or -errno. */
int place_mount(int dir, const char *type, const char *source, const char *options,
		struct err *err);

/* Says on the console and for `laminactl status` what became of something. */
void place_note(const struct part *part, const char *what, const char *text);

/* In an image whose upper is persistent, what an application has left where /dev, /proc, /sys and
 * /run belong gets another name, and is told. */
void place_make_way(const struct part *part);

/* Is it something in a persistent volume, or in a persistent upper, that keeps @path from
 * being what the manifest wants there? Then the image starts without: says so on the
 * console and for `laminactl status`, with the reason in @err. */
bool place_pass_over(const struct part *part, const char *path, const struct err *err);
