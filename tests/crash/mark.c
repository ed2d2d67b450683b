/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "slot/state.h"

#define MARK_MAGIC "crash-mark"

int mark_read_record(int store, struct record *ret_record, bool *ret_has, struct err *err)
{
	__fd int fd = state_open(store, NULL, false, err);
	int r = fd < 0 ? fd : state_read(fd, ret_record, NULL, err);

	*ret_has = r == 0;
	return r == -ENOENT || r == -ENODATA ? 0 : r;
}

int mark_write(const char *disk, uint64_t offset, int store, const char *name,
	       struct err *err)
{
	_Alignas(4096) static uint8_t bytes[MARK_SIZE];
	struct record record;
	bool has;
	int r = mark_read_record(store, &record, &has, err);

	if (r < 0)
		return r;
	memcpy(bytes, MARK_MAGIC, sizeof(MARK_MAGIC));
	strncpy((char *)bytes + 16, name, MARK_NAME_SIZE - 1);
	if (has)
		record_encode(&record, bytes + LOG_SECTOR);
	__fd int fd = open(disk, O_WRONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, -errno, "%s", disk);
	if (pwrite(fd, bytes, MARK_SIZE, (off_t)offset) != MARK_SIZE)
		return err_errno(err, -errno, "%s: mark", disk);
	return 0;
}

static int add_mark(struct marks *marks, size_t entry, const uint8_t *bytes,
		    struct err *err)
{
	struct mark *mark = &marks->list[marks->count];
	int r;

	if (marks->count == MARK_MAX)
		return err_set(err, -E2BIG, "more than %d marks", MARK_MAX);
	mark->entry = entry;
	memcpy(mark->name, bytes + 16, MARK_NAME_SIZE);
	r = record_decode(bytes + LOG_SECTOR, &mark->record, err);
	if (r < 0 && r != -ENODATA)
		return err_wrap(err, r, "mark %s", mark->name);
	mark->has_record = r == 0;
	marks->count++;
	return 0;
}

int mark_find(const struct log *log, uint64_t offset, struct marks *ret_marks,
	      struct err *err)
{
	ret_marks->count = 0;
	for (size_t i = 0; i < log->count; i++) {
		const struct log_entry *entry = &log->entries[i];
		int r = 0;

		if (entry->sector * LOG_SECTOR >= offset && entry->data &&
		    memcmp(entry->data, MARK_MAGIC, sizeof(MARK_MAGIC)) == 0)
			r = add_mark(ret_marks, i, entry->data, err);
		if (r < 0)
			return r;
	}
	return 0;
}
