/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * An application's output as the store keeps it: text, a line a record, in the form that
 * kubernetes' container runtimes write and log shippers read.
 *
 *   2026-11-30T15:20:01.123Z stdout F a whole line
 *   2026-11-30T15:20:01.123Z stderr P the line goes on in that stream's next
 *   2026-11-30T15:20:01.123Z lamina F boot 0b3b1a5e-... from 12
 *
 * The last one, of no stream that others know, says of which boot what follows is (the
 * kernel's boot_id), and which record of it comes first: it is there wherever that does
 * not follow from the line before. What is no such line is passed over by who reads.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "format/ring.h"

#define KEPT_TIME_SIZE 25 /* with its NUL */
#define KEPT_BOOT_SIZE 37
#define KEPT_LINE_SIZE \
	(RING_MAX_BYTES + 64) /* no line is longer, its line feed included */

/* Of a store's log/NAME: the newer file, and the one before. */
#define KEPT_NEW "new"
#define KEPT_OLD "old"

/* Milliseconds since 1970 as "2026-11-30T15:20:01.123Z". */
void kept_time(uint64_t time_ms, char ret_text[KEPT_TIME_SIZE]);

/* Adds the line of @record, whose time_ms is that since 1970, or the one that comes before
 * record @number of boot @boot. */
void kept_write_record(struct str *text, const struct ring_record *record,
		       const char *bytes);
void kept_write_boot(struct str *text, uint64_t time_ms, const char *boot,
		     uint64_t number);

struct kept_line {
	char time[KEPT_TIME_SIZE];
	uint8_t stream;
	bool open;
	const char *text; /* of @line; NULL: a boot's, and these are of use: */
	size_t size;
	char boot[KEPT_BOOT_SIZE];
	uint64_t number;
};

/* Reads a line without its line feed. 0 or -EBADMSG. */
int kept_parse(const char *line, size_t size, struct kept_line *ret_line);
