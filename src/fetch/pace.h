/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * How long to wait before a server is asked again, such that a million devices ask evenly: after a
 * power cut, after an outage, at all times. Pure: chance is an argument.
 */
#include <stdint.h>

struct pace {
	uint64_t interval_ms;  /* between two polls, in the mean */
	unsigned int failures; /* in a row, of the last polls */
	uint64_t
		retry_after_ms; /* what the server asked for with the last one; 0: nothing */
};

/* The wait before the first poll, which may follow a power cut: anything up to an interval. */
uint64_t pace_first_ms(const struct pace *pace, uint64_t chance);

/*
 * The wait before the next one. After a poll that went well, half an interval to one and a half.
 * After failures it begins with a part of the interval, doubles up to the interval, and chance
 * adds as much again, behind that limit: devices that failed together don't come together.
 */
uint64_t pace_next_ms(const struct pace *pace, uint64_t chance);

/* The wait before a transfer that was cut off is gone on with: @first_ms, doubled each time that it
 * brought nothing, a minute at most, and chance as above. */
uint64_t pace_retry_ms(uint64_t first_ms, unsigned int failures, uint64_t chance);

/* Reads "90s", "15m", "1h", "2d" or seconds, of at most 30 days. 0 or -EINVAL. */
int pace_parse(const char *text, uint64_t *ret_ms);
