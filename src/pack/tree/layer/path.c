/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/tree/layer/parts.h"

#include <errno.h>
#include <string.h>

int layer_split(const char *path, char ret_clean[LAYER_CLEAN_SIZE], const char **ret_name,
		struct err *err)
{
	size_t used = 0;
	char *slash;

	if (strlen(path) >= TREE_PATH_SIZE)
		return err_set(err, -ENAMETOOLONG, "the path is too long");
	for (size_t size; *path; path += size + (path[size] == '/')) {
		size = strcspn(path, "/");
		if (size == 0 || (size == 1 && path[0] == '.'))
			continue;
		if (size == 2 && memcmp(path, "..", 2) == 0) {
			if (used == 0)
				return err_set(err, -EINVAL, "leads out of the root");
			while (used > 0 && ret_clean[--used] != '/')
				;
			continue;
		}
		if (used)
			ret_clean[used++] = '/';
		memcpy(ret_clean + used, path, size);
		used += size;
	}
	ret_clean[used] = '\0';
	slash = strrchr(ret_clean, '/');
	*ret_name = slash ? slash + 1 : ret_clean;
	if (slash) {
		*slash = '\0';
		return 0;
	}
	/* one component: the directory is the root, and the name needs a place of its own
	 */
	memmove(ret_clean + 1, ret_clean, used + 1);
	ret_clean[0] = '\0';
	*ret_name = ret_clean + 1;
	return 0;
}
