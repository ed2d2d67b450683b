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
	char path[MANIFEST_NAME_SIZE + VOLUME_NAME_SIZE];
	struct str s;

	str_init(&s, path, sizeof(path));
	str_addf(&s, "%s/%s", image, name);
	__fd int dir = path_open_own(volumes, path, O_PATH | O_DIRECTORY, 0);

	return dir >= 0;
}

int volume_of_other(int store, const char *image, const char *path,
		    char ret_other[MANIFEST_NAME_SIZE])
{
	__fd int volumes = path_open_own(store, "volumes", O_RDONLY | O_DIRECTORY, 0);
	const struct dirent *entry;
	char name[VOLUME_NAME_SIZE];
	struct dir list;

	if (volumes < 0 || volume_name(path, name) < 0 || has(volumes, image, name))
		return 0;
	dir_init(&list, volumes);
	for (int i = 0; i < LOOKED_AT && dir_next(&list, &entry) > 0; i++) {
		if (!manifest_name_valid(entry->d_name) ||
		    !has(volumes, entry->d_name, name))
			continue;
		(void)strcpy(ret_other, entry->d_name);
		return 1;
	}
	return 0;
}
