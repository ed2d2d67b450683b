/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/source/shape.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "pack/source/members.h"

/* The first that fits counts: a bundle is an OCI layout too. */
static const struct shape shapes[] = {
	{ .what = "a bundle", .names = { "manifest", "oci-layout", "index.json" } },
	{ "an OCI image layout", "oci", "oci-archive", { "oci-layout", "index.json" } },
	{ .what = "what docker save writes",
	  .tar = "docker-archive",
	  .names = { "manifest.json", "repositories" } },
	{ .what = "skopeo's dir:, of which skopeo copy makes an oci:",
	  .names = { "manifest.json", "version" } },
	{ .what = "a store", .names = { "images", "blobs/sha256" } },
};

const struct shape *shape_by_names(shape_has_fn *has, const void *context)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const char *const *name = shapes[i].names;

		while (*name && has(context, *name))
			name++;
		if (!*name)
			return &shapes[i];
	}
	return NULL;
}

static bool dir_has(const void *context, const char *name)
{
	__fd int fd = path_open_in(*(const int *)context, name, O_PATH);

	return fd >= 0;
}

static const struct shape *shape_of_dir(int fd)
{
	return shape_by_names(dir_has, &fd);
}

static bool archive_has(const void *context, const char *name)
{
	return members_has(context, name);
}

/* Some have no tags and so no "repositories". Of a folder, that name alone would say little. */
const struct shape shape_saved = {
	"what docker save writes", NULL, "docker-archive", { "manifest.json" }
};

/* Nobody unpacks more than this for a guess. */
#define MOST_BYTES (1ULL << 30)

static const struct shape *shape_of_tar(const char *path)
{
	const struct shape *shape = NULL;
	struct members *members;
	int r;

	members = members_open_archive(path, MOST_BYTES, &r, NULL);
	if (members)
		shape = shape_by_names(archive_has, members);
	if (members && !shape && members_has(members, "manifest.json"))
		shape = &shape_saved;
	members_free(members);
	return shape;
}

static void guess_dir(int fd, const char *path, struct shape_guess *guess)
{
	const struct shape *shape = shape_of_dir(fd);
	const char *prefix = shape ? shape->dir : "dir";

	if (prefix)
		(void)snprintf(guess->meant, sizeof(guess->meant), "%s:%s", prefix, path);
	else
		(void)snprintf(guess->what, sizeof(guess->what), "%s", shape->what);
}

static void guess_file(int fd, const char *path, struct shape_guess *guess)
{
	bool compressed, image;
	const struct shape_file *file = shape_of_bytes(fd, &compressed, &image);
	const struct shape *shape = NULL;
	const char *prefix = file ? file->prefix : NULL, *then = file ? file->then : NULL;
	bool tar = prefix && strcmp(prefix, "tar") == 0;

	if (tar && (!compressed || image))
		shape = shape_of_tar(path);
	if (!tar && compressed) {
		prefix = NULL;
		then = "decompress it";
	}
	if (shape)
		prefix = shape->tar;
	if (prefix)
		(void)snprintf(guess->meant, sizeof(guess->meant), "%s:%s", prefix, path);
	else if (shape)
		(void)snprintf(guess->what, sizeof(guess->what), "%s", shape->what);
	else if (file)
		(void)snprintf(guess->what, sizeof(guess->what), "%s%s%s%s", file->what,
			       compressed ? ", compressed" : "", then ? ": " : "",
			       then ? then : "");
}

void shape_guess(const char *path, struct shape_guess *ret_guess)
{
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	*ret_guess = (struct shape_guess){ .what = "" };
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		guess_dir(fd, path, ret_guess);
	else if (S_ISREG(st.st_mode))
		guess_file(fd, path, ret_guess);
}
