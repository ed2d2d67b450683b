/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/log.h"

#include <errno.h>
#include <stdlib.h>

#define LOG_MAGIC 0x6a736677736872ULL
#define LOG_ROOM 65536 /* entries; a recording has a few thousand */

static uint64_t le64(const uint8_t *bytes)
{
	uint64_t value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | bytes[i];
	return value;
}

/* Reads the entry at *@at and steps over it. False where the log ends. */
static bool read_entry(const uint8_t *bytes, size_t size, size_t *at,
		       struct log_entry *entry)
{
	const uint8_t *head = bytes + *at;
	size_t data_size;

	if (size - *at < LOG_SECTOR)
		return false;
	entry->sector = le64(head);
	entry->count = le64(head + 8);
	entry->flags = le64(head + 16);
	if (entry->count == 0 && entry->flags == 0)
		return false; /* nothing was written here yet */
	data_size = entry->flags & LOG_DISCARD ? 0 : entry->count * LOG_SECTOR;
	if (data_size > size - *at - LOG_SECTOR)
		return false;
	entry->data = data_size ? head + LOG_SECTOR : NULL;
	*at += LOG_SECTOR + data_size;
	return true;
}

int log_read(const uint8_t *bytes, size_t size, struct log *ret_log, struct err *err)
{
	size_t at = LOG_SECTOR;

	if (size < LOG_SECTOR || le64(bytes) != LOG_MAGIC || le64(bytes + 8) != 1)
		return err_set(err, -EINVAL, "not a log of writes");
	ret_log->entries = calloc(LOG_ROOM, sizeof(*ret_log->entries));
	if (!ret_log->entries)
		return err_set(err, -ENOMEM, "no memory for the log");
	ret_log->count = 0;
	while (ret_log->count < LOG_ROOM &&
	       read_entry(bytes, size, &at, &ret_log->entries[ret_log->count]))
		ret_log->count++;
	if (ret_log->count == LOG_ROOM)
		return err_set(err, -EFBIG, "more than %d writes", LOG_ROOM);
	return 0;
}

size_t log_window_start(const struct log *log, size_t at)
{
	while (at > 0 && !(log->entries[at].flags & LOG_FLUSH) &&
	       !(log->entries[at - 1].flags & LOG_FUA))
		at--;
	return at;
}

size_t log_window_end(const struct log *log, size_t at)
{
	for (at++; at < log->count; at++)
		if (log->entries[at].flags & LOG_FLUSH ||
		    log->entries[at - 1].flags & LOG_FUA)
			break;
	return at;
}
