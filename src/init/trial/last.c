/* SPDX-License-Identifier: Apache-2.0 */
#include "init/trial/last.h"

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

/* What dm-verity says with panic_on_corruption. */
static const char corrupt[] = "Kernel panic - not syncing: dm-verity device corrupted";

/* How much of that is found at the end of @bytes, @found before them, or all of it in
 * them. Its first letter comes once in it: a mismatch starts over without looking back.
 */
static size_t find_corrupt(size_t found, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size && corrupt[found]; i++)
		found = bytes[i] == corrupt[found] ? found + 1 : bytes[i] == corrupt[0];
	return found;
}

/* "Panic#1 Part1" is its first line; an oops that the kernel survived has another. */
static enum record_reason copy_panic(int run, int from)
{
	static const char head[] = { 'P', 'a', 'n', 'i', 'c', '#' };
	char bytes[1024];
	ssize_t size = sys_read(from, bytes, sizeof(bytes));
	__fd int to = -EBADF;
	size_t found = 0;

	if (size < (ssize_t)sizeof(head) || memcmp(bytes, head, sizeof(head)) != 0)
		return RECORD_REASON_NONE;
	to = path_open_own(run, "panic", O_WRONLY | O_CREAT | O_APPEND, 0644);
	for (; size > 0; size = sys_read(from, bytes, sizeof(bytes))) {
		found = find_corrupt(found, bytes, (size_t)size);
		if (to >= 0)
			(void)fd_write_all(to, bytes, (size_t)size);
	}
	return corrupt[found] ? RECORD_REASON_PANIC : RECORD_REASON_CORRUPT;
}

/* Taken away, or the next run's end would be told by it too. */
static enum record_reason take_panics(int run, int dir)
{
	const struct dirent *entry;
	enum record_reason reason = RECORD_REASON_NONE;
	struct dir list;

	dir_init(&list, dir);
	while (dir_next(&list, &entry) > 0) {
		enum record_reason found = RECORD_REASON_NONE;
		__fd int file = -EBADF;

		if (strncmp(entry->d_name, "dmesg-", 6) != 0)
			continue;
		file = path_open_own(dir, entry->d_name, O_RDONLY, 0);
		if (file >= 0)
			found = copy_panic(run, file);
		if (reason != RECORD_REASON_CORRUPT && found != RECORD_REASON_NONE)
			reason = found;
		(void)sys_unlinkat(dir, entry->d_name, 0);
	}
	return reason;
}

static enum record_reason look_for_panic(int run)
{
	const unsigned int attrs =
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	__fd int dir = -EBADF;

	if (mount_new("pstore", NULL, NULL, attrs, PSTORE, NULL) < 0)
		return RECORD_REASON_NONE;
	dir = sys_openat(AT_FDCWD, PSTORE, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	(void)work_drop(PSTORE, NULL); /* lasts until @dir is closed */
	return dir < 0 ? RECORD_REASON_NONE : take_panics(run, dir);
}

enum record_reason last_end(int run, const struct watch *watch)
{
	enum record_reason reason = look_for_panic(run);

	if (reason != RECORD_REASON_NONE)
		return reason;
	return watch_fired(watch) ? RECORD_REASON_WATCHDOG : RECORD_REASON_NONE;
}
