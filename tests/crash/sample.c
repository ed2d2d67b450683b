/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/sample.h"

#include <stdio.h>

#include "base/str.h"
#include "crash/cut.h"

/* What a device with that record starts. */
static void print_image(const struct mark *mark)
{
	char hex[DIGEST_HEX_SIZE];
	bool is_candidate;

	if (!mark || !mark->has_record) {
		printf(" -");
		return;
	}
	is_candidate =
		digest_is_set(&mark->record.candidate) && mark->record.tries_left > 0;
	printf(" %s",
	       digest_hex(is_candidate ? &mark->record.candidate : &mark->record.current,
			  hex));
}

static void print_cut(const struct log *log, const struct marks *marks,
		      const struct cut *cut)
{
	size_t end = cut_end(cut, log), i = 0;
	char name[CUT_NAME_SIZE];

	while (i < marks->count && marks->list[i].entry < end)
		i++;
	cut_name(cut, name);
	printf("%s", name);
	print_image(i ? &marks->list[i - 1] : NULL);
	print_image(i < marks->count ? &marks->list[i] : &marks->list[i - 1]);
	printf("\n");
}

void sample_print(const struct log *log, const struct marks *marks, unsigned int count,
		  unsigned int seed)
{
	uint64_t state = seed;

	for (unsigned int i = 0; i < count; i++) {
		struct cut cut = { .at = cut_random(&state) % log->count };

		cut.value = cut_random(&state) % 1000;
		switch (cut_random(&state) % 3) {
		case 0:
			cut.kind = CUT_PREFIX;
			break;
		case 1:
			cut.kind = CUT_TORN;
			cut.value %= log->entries[cut.at].count + 1;
			break;
		default:
			cut.kind = CUT_RANDOM;
			cut.at = log_window_start(log, cut.at);
		}
		print_cut(log, marks, &cut);
	}
}
