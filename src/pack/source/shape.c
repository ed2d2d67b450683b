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
static const struct shape untagged = { .tar = "docker-archive" };

/* Only one that lies there as it is: nobody unpacks gigabytes for a guess. */
static const struct shape *shape_of_file(int fd, const char *path)
{
	const struct shape *shape = NULL;
	struct members *members;
	char magic[5];
	int r;

	if (fd_pread_all(fd, magic, sizeof(magic), 257) < 0 ||
	    memcmp(magic, "ustar", sizeof(magic)) != 0)
		return NULL;
	members = members_open_archive(path, 0, &r, NULL);
	if (members)
		shape = shape_by_names(archive_has, members);
	if (members && !shape && members_has(members, "manifest.json"))
		shape = &untagged;
	members_free(members);
	return shape;
}

static bool is_squashfs(int fd)
{
	char magic[4];

	return fd_pread_all(fd, magic, sizeof(magic), 0) == 0 &&
	       memcmp(magic, "hsqs", sizeof(magic)) == 0;
}

void shape_guess(const char *path, char *ret_text, int size)
{
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const struct shape *shape;
	const char *prefix;
	struct stat st;

	ret_text[0] = '\0';
	if (fd < 0 || fstat(fd, &st) < 0 ||
	    (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)))
		return;
	if (S_ISDIR(st.st_mode)) {
		shape = shape_of_dir(fd);
		prefix = shape ? shape->dir : "dir";
	} else {
		shape = shape_of_file(fd, path);
		prefix = shape ? shape->tar : is_squashfs(fd) ? "squashfs" : "tar";
	}
	if (prefix)
		(void)snprintf(ret_text, (size_t)size, "%s:%s", prefix, path);
}
