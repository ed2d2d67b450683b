/* SPDX-License-Identifier: Apache-2.0 */
/* When a device asks again, and what a million of them do together. */
#include "bytes.h"

#include <errno.h>
#include <stdbool.h>

#include "fetch/pace.h"

#define HOUR_MS (3600ULL * 1000)

static void times(void **state)
{
	static const char *const bad[] = { "",	  "h",	 "1h1",
					   "1x",  "-1h", "1.5h",
					   " 1h", "31d", "99999999999999999999s" };
	uint64_t ms;

	(void)state;
	assert_int_equal(pace_parse("90s", &ms), 0);
	assert_true(ms == 90000);
	assert_int_equal(pace_parse("15m", &ms), 0);
	assert_true(ms == 900000);
	assert_int_equal(pace_parse("1h", &ms), 0);
	assert_true(ms == HOUR_MS);
	assert_int_equal(pace_parse("30d", &ms), 0);
	assert_true(ms == 720 * HOUR_MS);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pace_parse(bad[i], &ms), -EINVAL);
}

static void bounds(void **state)
{
	struct pace pace = { .interval_ms = HOUR_MS };

	(void)state;
	assert_true(pace_first_ms(&pace, 0) == 0);
	assert_true(pace_first_ms(&pace, HOUR_MS - 1) == HOUR_MS - 1);
	assert_true(pace_next_ms(&pace, 0) == HOUR_MS / 2);
	assert_true(pace_next_ms(&pace, HOUR_MS - 1) == HOUR_MS * 3 / 2 - 1);
	/* doubled up to the interval; chance comes behind that */
	for (pace.failures = 1; pace.failures < 200; pace.failures++) {
		uint64_t least = pace_next_ms(&pace, 0),
			 most = pace_next_ms(&pace, least - 1);

		assert_true(least >= HOUR_MS / 8 && least <= HOUR_MS);
		assert_true(most == 2 * least - 1);
		assert_true(pace.failures < 8 || least == HOUR_MS);
	}
	pace.failures = 1;
	pace.retry_after_ms = 2 * HOUR_MS;
	assert_true(pace_next_ms(&pace, 0) == 2 * HOUR_MS);
	assert_true(pace_next_ms(&pace, 5) == 2 * HOUR_MS + 5);
	pace.retry_after_ms = UINT64_MAX;
	assert_true(pace_next_ms(&pace, 0) == 720 * HOUR_MS);
	assert_true(pace_retry_ms(1000, 0, 12345) == 0);
	assert_true(pace_retry_ms(1000, 1, 0) == 1000);
	assert_true(pace_retry_ms(1000, 3, 3999) == 7999);
	assert_true(pace_retry_ms(1000, 1000, 0) == 60000);
	assert_true(pace_retry_ms(0, 1000, 77) == 0);
}

/* --- a million devices ------------------------------------------------------------------- */

#define DEVICES 1000000
#define INTERVAL_MS HOUR_MS
#define OUTAGE_FROM (5 * HOUR_MS)
#define OUTAGE_TO (6 * HOUR_MS)
#define END (10 * HOUR_MS)
#define SLOT_MS 10000ULL
#define SLOTS (END / SLOT_MS)

static uint64_t seed = 88172645463325252ULL;

static uint64_t chance(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* All are switched on at once, and for an hour nobody answers. */
static void device_lives(unsigned int *asked)
{
	struct pace pace = { .interval_ms = INTERVAL_MS };
	uint64_t now = pace_first_ms(&pace, chance());

	while (now < END) {
		bool answered = now < OUTAGE_FROM || now >= OUTAGE_TO;

		asked[now / SLOT_MS]++;
		pace.failures = answered ? 0 : pace.failures + 1;
		now += pace_next_ms(&pace, chance());
	}
}

static double most_of(const unsigned int *asked, uint64_t from, uint64_t to)
{
	unsigned int most = 0;

	for (uint64_t i = from / SLOT_MS; i < to / SLOT_MS; i++)
		most = asked[i] > most ? asked[i] : most;
	return most / ((double)DEVICES * SLOT_MS / INTERVAL_MS);
}

static void a_million_devices(void **state)
{
	static unsigned int asked[SLOTS];

	(void)state;
	for (size_t i = 0; i < DEVICES; i++)
		device_lives(asked);
	print_message(
		"# of the mean: %.2f switched on, %.2f in the outage, %.2f behind it\n",
		most_of(asked, 0, OUTAGE_FROM), most_of(asked, OUTAGE_FROM, OUTAGE_TO),
		most_of(asked, OUTAGE_TO, END));
	assert_true(most_of(asked, 0, OUTAGE_FROM) < 2);
	assert_true(most_of(asked, OUTAGE_TO, END) < 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),
		cmocka_unit_test(bounds),
		cmocka_unit_test(a_million_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
