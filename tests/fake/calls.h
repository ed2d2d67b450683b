/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Counting, recording and failing calls: the first line of every call that can fail. */

/* Notes the call. 0, or the -errno it is to return. */
int call_enter(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define ENTER(...)                                      \
	do {                                            \
		int enter_r_ = call_enter(__VA_ARGS__); \
		if (enter_r_ < 0)                       \
			return enter_r_;                \
	} while (0)

/* The text of the call under way. */
const char *call_now(void);

/* Forgets all calls. */
void call_reset(void);
