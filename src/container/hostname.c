/* SPDX-License-Identifier: Apache-2.0 */
#include "container/hostname.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"

#define FILE_NAME "/etc/hostname"

static bool is_let_in(const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->inject_count; i++) {
		if (strcmp(manifest->injects[i], FILE_NAME) == 0)
			return true;
	}
	return false;
}

/* The first word of a file that anybody may have written. False: it is no name. */
static bool read_name(int store, char ret_name[HOSTNAME_SIZE])
{
	__fd int fd = path_open_own_file(store, "inject" FILE_NAME, NULL, NULL);
	ssize_t size = fd < 0 ? fd : sys_read(fd, ret_name, HOSTNAME_SIZE - 1);

	if (size <= 0)
		return false;
	ret_name[size] = '\0';
	ret_name[strcspn(ret_name, " \t\r\n")] = '\0';
	return *ret_name && manifest_hostname_valid(ret_name);
}

const char *hostname_choose(const struct manifest *manifest, const char *other, int store,
			    char ret_name[HOSTNAME_SIZE])
{
	if (!*manifest->hostname && is_let_in(manifest) && read_name(store, ret_name))
		return ret_name;
	(void)strcpy(ret_name, *manifest->hostname ? manifest->hostname : other);
	return ret_name;
}
