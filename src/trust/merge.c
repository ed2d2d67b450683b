/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/merge.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "trust/key.h"

struct merge {
	const void *bytes;
	size_t size;
	const struct keyring *ring;
	struct signature_file *file;
};

enum worth {
	WORTH_NOTHING, /* a key of ours, and it does not hold */
	WORTH_UNKNOWN,
	WORTH_HOLDS,
};

static enum worth worth_of(const struct merge *merge, const struct key_line *line)
{
	static struct signature_file one;
	int r;

	if (merge->ring->count == 0)
		return WORTH_UNKNOWN;
	one.count = 1;
	one.lines[0] = *line;
	r = key_verify(merge->bytes, merge->size, &one, merge->ring, 1, NULL, NULL);
	if (r == 0)
		return WORTH_HOLDS;
	return r == -ENOKEY || r == -ENOTSUP ? WORTH_UNKNOWN : WORTH_NOTHING;
}

static bool has(const struct signature_file *file, const struct key_line *line)
{
	for (size_t i = 0; i < file->count; i++) {
		if (strcmp(file->lines[i].id, line->id) == 0)
			return true;
	}
	return false;
}

/* Takes those of @from that are @worth so much. Returns how many that is. */
static size_t take(const struct merge *merge, const struct signature_file *from,
		   enum worth worth)
{
	struct signature_file *file = merge->file;
	size_t before = file->count;

	for (size_t i = 0; i < from->count && file->count < SIGNATURE_MAX_COUNT; i++) {
		if (!has(file, &from->lines[i]) &&
		    worth_of(merge, &from->lines[i]) == worth)
			file->lines[file->count++] = from->lines[i];
	}
	return file->count - before;
}

int merge_signatures(const void *bytes, size_t size, const struct signature_file *ours,
		     const struct signature_file *theirs, const struct keyring *ring,
		     struct signature_file *ret_file)
{
	const struct merge merge = { bytes, size, ring, ret_file };
	size_t kept, added;

	ret_file->count = 0;
	kept = take(&merge, ours, WORTH_HOLDS);
	added = take(&merge, theirs, WORTH_HOLDS);
	kept += take(&merge, ours, WORTH_UNKNOWN);
	added += take(&merge, theirs, WORTH_UNKNOWN);
	if (kept < ours->count || added > 0)
		return 1;
	*ret_file = *ours;
	return 0;
}
