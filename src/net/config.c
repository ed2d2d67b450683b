/* SPDX-License-Identifier: Apache-2.0 */
#include "net/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"

/* The device's own lines, which anybody may have written. */
static void read_local(struct config *config, const char *store, struct err *ret_passed)
{
	static char text[NET_MAX_FILE_SIZE];
	static struct net_line lines[CONFIG_LINES];
	__fd int dir = sys_openat(AT_FDCWD, store, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	__fd int fd = dir < 0 ? dir : path_open_own_file(dir, CONFIG_LOCAL, NULL, NULL);
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, text, sizeof(text));
	size_t count;

	if (size == -ENOENT)
		return;
	if (size < 0) {
		(void)err_set(ret_passed, (int)size, "%s", err_reason((int)size));
		return;
	}
	if (net_parse_file(text, (size_t)size, lines, CONFIG_LINES, &count, ret_passed) <
	    0)
		return;
	memcpy(config->lines, lines, sizeof(lines));
	config->count = count;
}

int config_read(struct config *config, const char *store, char *const texts[],
		struct err *ret_passed, struct err *err)
{
	bool local = false;

	ret_passed->text[0] = '\0';
	config->count = 0;
	for (; *texts; texts++) {
		struct net_line *line = &config->lines[config->count];
		int r = config->count == CONFIG_LINES
				? -E2BIG
				: net_parse(*texts, strlen(*texts), line, err);

		if (r < 0)
			return err_wrap(err, r, "net %s", *texts);
		local = local || line->kind == NET_LOCAL;
		config->count++;
	}
	if (local)
		read_local(config, store, ret_passed);
	return 0;
}
