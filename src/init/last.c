/* SPDX-License-Identifier: Apache-2.0 */
#include "init/last.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "stack/mount.h"
#include "stack/work.h"

#define PSTORE "/sys/fs/pstore"

/* "Panic#1 Part1" is its first line; an oops that the kernel survived has another. */
static bool copy_panic(int run, int from)
{
	static const char head[] = { 'P', 'a', 'n', 'i', 'c', '#' };
	char bytes[1024];
	ssize_t size = sys_read(from, bytes, sizeof(bytes));
	__fd int to = -EBADF;

	if (size < (ssize_t)sizeof(head) || memcmp(bytes, head, sizeof(head)) != 0)
		return false;
	to = path_open_own(run, "panic", O_WRONLY | O_CREAT | O_APPEND, 0644);
	while (to >= 0 && size > 0 && fd_write_all(to, bytes, (size_t)size) == 0)
		size = sys_read(from, bytes, sizeof(bytes));
	return true;
}

/* Taken away, or the next run's end would be told by it too. */
static bool take_panics(int run, int dir)
{
	const struct dirent *entry;
	bool found = false;
	struct dir list;

	dir_init(&list, dir);
	while (dir_next(&list, &entry) > 0) {
		__fd int file = -EBADF;

		if (strncmp(entry->d_name, "dmesg-", 6) != 0)
			continue;
		file = path_open_own(dir, entry->d_name, O_RDONLY, 0);
		if (file >= 0 && copy_panic(run, file))
			found = true;
		(void)sys_unlinkat(dir, entry->d_name, 0);
	}
	return found;
}

static bool has_panicked(int run)
{
	const unsigned int attrs =
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	__fd int dir = -EBADF;

	if (mount_new("pstore", NULL, NULL, attrs, PSTORE, NULL) < 0)
		return false;
	dir = sys_openat(AT_FDCWD, PSTORE, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	(void)work_drop(PSTORE, NULL); /* lasts until @dir is closed */
	return dir >= 0 && take_panics(run, dir);
}

enum record_reason last_end(int run, const struct watch *watch)
{
	if (has_panicked(run))
		return RECORD_REASON_PANIC;
	return watch_fired(watch) ? RECORD_REASON_WATCHDOG : RECORD_REASON_NONE;
}
