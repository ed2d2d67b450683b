/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/cut.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cut_name(const struct cut *cut, char ret_name[CUT_NAME_SIZE])
{
	if (cut->kind == CUT_PREFIX)
		(void)snprintf(ret_name, CUT_NAME_SIZE, "p%zu", cut->at);
	else
		(void)snprintf(ret_name, CUT_NAME_SIZE, "%c%zu.%u", (char)cut->kind,
			       cut->at, cut->value);
}

int cut_parse(const char *name, struct cut *ret_cut, struct err *err)
{
	char *end;

	if (!name[0] || !strchr("ptmrdo", name[0]))
		return err_set(err, -EINVAL, "%s: not a cut", name);
	ret_cut->kind = (enum cut_kind)name[0];
	ret_cut->at = strtoul(name + 1, &end, 10);
	ret_cut->value = *end == '.' ? (uint32_t)strtoul(end + 1, &end, 10) : 0;
	if (*end)
		return err_set(err, -EINVAL, "%s: not a cut", name);
	return 0;
}

size_t cut_end(const struct cut *cut, const struct log *log)
{
	if (cut->kind == CUT_PREFIX || cut->kind == CUT_TORN)
		return cut->at;
	return log_window_end(log, cut->at);
}

uint32_t cut_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*seed >> 33);
}

/* About half of the writes whole; of the others nothing, or runs of their sectors. */
static void put_random(const struct log_entry *entry, uint64_t *seed, struct disk *disk)
{
	uint64_t from = 0, to;

	switch (cut_random(seed) % 8) {
	case 0: /* torn into runs, some of them lost */
		for (; from < entry->count; from = to) {
			to = from + 1 + cut_random(seed) % 8;
			if (to > entry->count)
				to = entry->count;
			if (cut_random(seed) % 2)
				disk_put(disk, entry, from, to);
		}
		break;
	case 1: /* torn once */
		disk_put(disk, entry, 0, cut_random(seed) % (entry->count + 1));
		break;
	case 2:
	case 3:
	case 4:
		break;
	default:
		disk_put(disk, entry, 0, entry->count);
	}
}

static bool chosen(const struct cut *cut, uint32_t number)
{
	switch (cut->kind) {
	case CUT_MASK:
		return number < 32 && cut->value >> number & 1;
	case CUT_DROP:
		return number != cut->value;
	default:
		return number == cut->value;
	}
}

static void put_subset(const struct cut *cut, const struct log *log, struct disk *disk)
{
	uint64_t seed = cut->value * 2654435761u + cut->at;
	size_t end = log_window_end(log, cut->at);
	uint32_t number = 0;

	for (size_t i = cut->at; i < end; i++) {
		const struct log_entry *entry = &log->entries[i];

		if (entry->count == 0)
			continue;
		if (cut->kind == CUT_RANDOM)
			put_random(entry, &seed, disk);
		else if (chosen(cut, number))
			disk_put(disk, entry, 0, entry->count);
		number++;
	}
}

void cut_put(const struct cut *cut, const struct log *log, struct disk *disk)
{
	if (cut->kind == CUT_TORN)
		disk_put(disk, &log->entries[cut->at], 0, cut->value);
	else if (cut->kind != CUT_PREFIX)
		put_subset(cut, log, disk);
}

struct visitor {
	const struct cut_effort *effort;
	const struct log *log;
	struct disk *disk;
	void (*visit)(void *context, const struct cut *cut);
	void *context;
};

static void try(const struct visitor *visitor, enum cut_kind kind, size_t at,
		uint32_t value)
{
	struct cut cut = { .kind = kind, .at = at, .value = value };

	cut_put(&cut, visitor->log, visitor->disk);
	visitor->visit(visitor->context, &cut);
	disk_undo(visitor->disk);
}

static void try_subsets(const struct visitor *visitor, size_t start, size_t end)
{
	const struct cut_effort *effort = visitor->effort;
	uint32_t writes = 0, step;

	for (size_t i = start; i < end; i++)
		writes += visitor->log->entries[i].count != 0;
	if (writes < 2)
		return;
	if (writes <= effort->masks) {
		for (uint32_t mask = 0; mask < 1u << writes; mask++)
			try(visitor, CUT_MASK, start, mask);
		return;
	}
	for (uint32_t i = 0; i < effort->random; i++)
		try(visitor, CUT_RANDOM, start, i);
	step = effort->single ? writes / effort->single + 1 : writes;
	for (uint32_t i = 0; i < writes; i += step) {
		try(visitor, CUT_DROP, start, i);
		try(visitor, CUT_ONLY, start, i);
	}
}

static void try_torn(const struct visitor *visitor, size_t at)
{
	const struct log_entry *entry = &visitor->log->entries[at];
	uint64_t step = visitor->effort->torn ? entry->count / visitor->effort->torn + 1
					      : entry->count;

	for (uint64_t i = step; i < entry->count; i += step)
		try(visitor, CUT_TORN, at, (uint32_t)i);
}

void cut_window(const struct cut_effort *effort, const struct log *log, size_t start,
		size_t end, struct disk *disk,
		void (*visit)(void *context, const struct cut *cut), void *context)
{
	struct visitor visitor = { effort, log, disk, visit, context };

	disk_keep(disk);
	try_subsets(&visitor, start, end);
	for (size_t i = start; i < end; i++) {
		try_torn(&visitor, i);
		disk_put(disk, &log->entries[i], 0, log->entries[i].count);
		disk_keep(disk);
		try(&visitor, CUT_PREFIX, i + 1, 0);
	}
}
