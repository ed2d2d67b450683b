/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A log of every write of a disk, as QEMU's blklogwrites makes it. Format: the kernel's
 * Documentation/admin-guide/device-mapper/log-writes.rst and struct log_write_super and
 * log_write_entry of drivers/md/dm-log-writes.c, in sectors of 512 bytes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define LOG_SECTOR 512

#define LOG_FLUSH 1u
#define LOG_FUA 2u
#define LOG_DISCARD 4u

struct log_entry {
	uint64_t sector, count; /* count 0: only a flush */
	uint64_t flags;
	const uint8_t *data; /* NULL: zeros (a discard) */
};

struct log {
	struct log_entry *entries;
	size_t count;
};

/* @bytes is the log, or its block device, and must outlive the entries. The head's count
 * may be of before QEMU was killed: the entries end where nothing more looks like one.
 * 0 or -errno. */
int log_read(const uint8_t *bytes, size_t size, struct log *ret_log, struct err *err);

/* What a flush before entry @at has made lasting: entries below the returned one. */
size_t log_window_start(const struct log *log, size_t at);

/* The first entry from @at on that begins with a flush, or the count. */
size_t log_window_end(const struct log *log, size_t at);
