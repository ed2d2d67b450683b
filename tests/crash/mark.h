/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Marks between the writes: behind the file system, where nobody else writes, one after
 * each operation that was acknowledged, with the boot record as it was then. So each
 * place of the log knows what had been promised.
 */
#include <stdbool.h>

#include "base/err.h"
#include "crash/log.h"
#include "format/record.h"

#define MARK_SIZE (2 * LOG_SECTOR) /* name; record */
#define MARK_NAME_SIZE 32
#define MARK_MAX 32

struct mark {
	size_t entry; /* of the log */
	char name[MARK_NAME_SIZE];
	bool has_record;
	struct record record; /* seq means nothing here */
};

struct marks {
	struct mark list[MARK_MAX];
	size_t count;
};

/* Reads the record of the store in directory @store; false in *ret_has where none was
 * ever written. 0 or -errno: there is one, but it can't be read. */
int mark_read_record(int store, struct record *ret_record, bool *ret_has,
		     struct err *err);

/* Writes a mark to @disk at @offset past every cache. */
int mark_write(const char *disk, uint64_t offset, int store, const char *name,
	       struct err *err);

/* Those of @log, which lie from byte @offset of the disk on. */
int mark_find(const struct log *log, uint64_t offset, struct marks *ret_marks,
	      struct err *err);
