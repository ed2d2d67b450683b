/* SPDX-License-Identifier: Apache-2.0 */
#include "store/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"

#define LOOKED_AT 256 /* names of images, by which nobody is held up */

int volume_name(const char *path, char ret_name[VOLUME_NAME_SIZE])
{
	struct str s;

	str_init(&s, ret_name, VOLUME_NAME_SIZE);
	for (path += *path == '/'; *path; path++) {
		if (*path == '/')
			str_add(&s, "%2F");
		else if (*path == '%')
			str_add(&s, "%25");
		else
			str_add_bytes(&s, path, 1);
	}
	return str_done(&s) < 0 ? -ENAMETOOLONG : 0;
}

bool volume_owner(const char *dir, char ret_image[MANIFEST_NAME_SIZE])
{
	size_t size = strcspn(dir, "+");

	if (size >= MANIFEST_NAME_SIZE)
		return false;
	memcpy(ret_image, dir, size);
	ret_image[size] = '\0';
	return manifest_name_valid(ret_image) &&
	       (!dir[size] || manifest_name_valid(dir + size + 1));
}

static bool has(int volumes, const char *image, const char *name)
{
	char path[VOLUME_OWNER_SIZE + VOLUME_NAME_SIZE];
	struct str s;

	str_init(&s, path, sizeof(path));
	str_addf(&s, "%s/%s", image, name);
	/* a directory, or of a limited size a file */
	__fd int volume = path_open_own(volumes, path, O_PATH, 0);

	return volume >= 0;
}

int volume_of_other(int store, const char *image, const char *path,
		    char ret_other[VOLUME_OWNER_SIZE])
{
	__fd int volumes = path_open_own(store, "volumes", O_RDONLY | O_DIRECTORY, 0);
	const struct dirent *entry;
	char name[VOLUME_NAME_SIZE], owner[MANIFEST_NAME_SIZE];
	struct dir list;

	if (volumes < 0 || volume_name(path, name) < 0 || has(volumes, image, name))
		return 0;
	dir_init(&list, volumes);
	for (int i = 0; i < LOOKED_AT && dir_next(&list, &entry) > 0; i++) {
		if (!volume_owner(entry->d_name, owner) ||
		    !has(volumes, entry->d_name, name))
			continue;
		(void)strcpy(ret_other, entry->d_name);
		return 1;
	}
	return 0;
}

static const char *find_member(const struct manifest *set, const char *name)
{
	for (size_t i = 0; i < set->member_count; i++)
		if (strcmp(set->members[i].name, name) == 0)
			return set->members[i].name;
	return NULL;
}

static bool is_left(int volumes, const struct manifest *set, const char *dir,
		    const char **ret_member)
{
	const char *plus = strchr(dir, '+'), *name = plus ? plus + 1 : dir;
	char owner[MANIFEST_NAME_SIZE], own[VOLUME_OWNER_SIZE];
	struct str s;

	if (!volume_owner(dir, owner))
		return false;
	*ret_member = find_member(set, name);
	if (plus && strcmp(owner, set->name) == 0)
		return !*ret_member;
	str_init(&s, own, sizeof(own));
	str_addf(&s, "%s+%s", set->name, name);
	__fd int has = *ret_member ? path_open_own(volumes, own, O_PATH | O_DIRECTORY, 0)
				   : -EBADF;

	return *ret_member && has < 0;
}

int volume_left(int store, const struct manifest *set, size_t index,
		struct volume_left *ret_left)
{
	__fd int volumes = path_open_own(store, "volumes", O_RDONLY | O_DIRECTORY, 0);
	const struct dirent *entry;
	const char *member;
	struct dir list;

	if (volumes < 0)
		return 0;
	dir_init(&list, volumes);
	for (int i = 0; i < LOOKED_AT && dir_next(&list, &entry) > 0; i++) {
		if (!is_left(volumes, set, entry->d_name, &member) || index-- > 0)
			continue;
		(void)strcpy(ret_left->dir, entry->d_name); /* a valid owner's */
		ret_left->member = member;
		return 1;
	}
	return 0;
}
