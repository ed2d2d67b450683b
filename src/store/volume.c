/* SPDX-License-Identifier: Apache-2.0 */
#include "store/volume.h"

#include <errno.h>

#include "base/str.h"

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
