/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where the power is cut, and what of the writes since the last flush is on the medium
 * then. A disk may put such writes down in any order or not at all; it puts a sector down
 * whole or not at all. Spelled as "p120", "t120.3", "m96.5", "r96.7", "d96.2", "o96.2".
 */
#include <stdint.h>

#include "crash/disk.h"
#include "crash/log.h"

enum cut_kind {
	CUT_PREFIX = 'p', /* every write before entry @at */
	CUT_TORN = 't',	  /* and the first @value sectors of entry @at */
	CUT_MASK = 'm',	  /* of the window from entry @at, the writes whose bit is set */
	CUT_RANDOM =
		'r',	/* of it, about half of the sectors, runs of them; @value seeds */
	CUT_DROP = 'd', /* of it, all but write @value */
	CUT_ONLY = 'o', /* of it, write @value alone */
};

struct cut {
	enum cut_kind kind;
	size_t at;
	uint32_t value;
};

#define CUT_NAME_SIZE 40

void cut_name(const struct cut *cut, char ret_name[CUT_NAME_SIZE]);
int cut_parse(const char *name, struct cut *ret_cut, struct err *err);

/* The next number that @seed leads to. */
uint32_t cut_random(uint64_t *seed);

/* The first entry that may not have been written: all marks before it were. */
size_t cut_end(const struct cut *cut, const struct log *log);

/* The cut's own writes, onto a disk that holds every write before cut->at. */
void cut_put(const struct cut *cut, const struct log *log, struct disk *disk);

/* How many of them to look at. */
struct cut_effort {
	unsigned int masks;  /* all subsets where the window has up to this many writes */
	unsigned int random; /* else so many at random, */
	unsigned int single; /* and so many with one write dropped, and with one alone */
	unsigned int torn;   /* places where one write is torn */
};

/* Calls @visit for each cut that lies in the window from entry @start to @end, the disk
 * as the cut leaves it; it ends holding every write before @end. */
void cut_window(const struct cut_effort *effort, const struct log *log, size_t start,
		size_t end, struct disk *disk,
		void (*visit)(void *context, const struct cut *cut), void *context);
