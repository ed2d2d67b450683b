/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files of this folder share; policy.h is for everybody else. */
#include "format/lines.h"
#include "format/policy.h"

struct policy_reader {
	struct lines lines;
	struct policy *policy;
	struct err *err;
	const char *key; /* of the line that is read */
};

/* --- value.c: words of it; each 0 or -EBADMSG with a text -------------------------------- */

/* -EBADMSG with line and key. */
int policy_bad(const struct policy_reader *reader, const char *words);

/* The next word, decoded. */
int policy_read_word(struct policy_reader *reader, char *ret_text, size_t room);
int policy_read_number(struct policy_reader *reader, uint64_t least, uint64_t most,
		       uint64_t *ret_number);
int policy_read_number32(struct policy_reader *reader, uint32_t least, uint32_t most,
			 uint32_t *ret_number);
/* The next word's index in @words, which NULL ends. */
int policy_read_choice(struct policy_reader *reader, const char *const *words,
		       const char *reason);
/* @ret_text has POLICY_WORD_SIZE bytes. */
int policy_read_source(struct policy_reader *reader, char *ret_text);
int policy_read_path(struct policy_reader *reader, char *ret_text);
int policy_check_source(struct policy_reader *reader, const char *text);
int policy_check_path(struct policy_reader *reader, const char *text);

/* --- together.c: lines that go together; each 0 or -EBADMSG ------------------------------ */

int policy_check_together(const struct policy *policy, struct err *err);
int policy_check_places(const struct policy *policy, struct err *err);
