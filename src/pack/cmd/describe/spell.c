/* SPDX-License-Identifier: Apache-2.0 */
/* What engines read out of a spelling that a manifest has not. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "pack/cmd/describe/parts.h"

int describe_clean_path(const char *path, char *ret_path, size_t size)
{
	size_t used = 0;

	while (*path) {
		size_t count = strcspn(path, "/");

		if (count == 2 && memcmp(path, "..", 2) == 0) {
			while (used > 0 && ret_path[--used] != '/')
				;
		} else if (count > 0 && !(count == 1 && path[0] == '.')) {
			if (count + 1 >= size - used)
				return -ENAMETOOLONG;
			ret_path[used++] = '/';
			memcpy(ret_path + used, path, count);
			used += count;
		}
		path += count + (path[count] == '/');
	}
	if (used == 0)
		ret_path[used++] = '/';
	ret_path[used] = '\0';
	return 0;
}

/* What engines' numbers may have before them. */
static const char *plain(const char *id, size_t size)
{
	const char *digits = id + (size > 1 && *id == '+'), *end = id + size;

	for (const char *at = digits; at < end; at++)
		if (!isdigit((unsigned char)*at))
			return id;
	while (digits + 1 < end && *digits == '0')
		digits++;
	return digits;
}

int describe_plain_user(const char *user, char *ret_user, size_t size)
{
	size_t name = strcspn(user, ":");
	const char *group = user[name] ? user + name + 1 : "", *id = plain(user, name);
	struct str s;

	str_init(&s, ret_user, size);
	if (name == 0 && *group)
		str_add(&s, "0");
	str_add_bytes(&s, id, (size_t)(user + name - id));
	if (*group)
		str_addf(&s, ":%s", plain(group, strlen(group)));
	return str_done(&s);
}
