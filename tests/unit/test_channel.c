/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>

#include "format/channel.h"
#include "trust/sha256.h"
#include "trust/turn.h"

#define HEX "9c1e55a01b2f4d6a8b3c5e7f90123456789abcdef0123456789abcdef0123456"
#define SIG "sig c0ca2778b86b0a17 ecdsa-p256-sha256 MAYCAQECAQE=\n"
#define BODY                                                                            \
	"lamina-channel 1\nname gateway\nchannel stable\ncounter 42\nimage sha256:" HEX \
	"\nserial 17\npercent 25\nissued 1796000000\n"

static struct signature_file file;

static int parse(const char *text, struct channel *channel, struct err *err)
{
	return channel_parse(text, strlen(text), channel, &file, err);
}

static void golden(void **state)
{
	struct channel channel;
	struct err err = ERR_INIT;
	char again[CHANNEL_BODY_SIZE];

	(void)state;
	assert_refused(parse(BODY SIG, &channel, &err), 0, err, "");
	assert_string_equal(channel.name, "gateway");
	assert_string_equal(channel.channel, "stable");
	assert_int_equal(channel.counter, 42);
	assert_string_equal(DIGEST_HEX(&channel.image), HEX);
	assert_int_equal(channel.serial, 17);
	assert_int_equal(channel.percent, 25);
	assert_int_equal(channel.issued, 1796000000);
	assert_int_equal(channel.body_size, strlen(BODY));
	assert_int_equal(file.count, 1);
	assert_int_equal(channel_write(&channel, again), strlen(BODY));
	assert_memory_equal(again, BODY, strlen(BODY));
	channel.percent = 101;
	assert_int_equal(channel_write(&channel, again), -EINVAL);
	channel.percent = 0;
	channel.name[0] = '\n';
	assert_int_equal(channel_write(&channel, again), -EINVAL);
}

/* The longest that there can be is written. */
static void longest(void **state)
{
	struct channel channel = { .counter = INT64_MAX,
				   .serial = INT64_MAX,
				   .percent = 100,
				   .issued = INT64_MAX };
	char text[CHANNEL_BODY_SIZE + sizeof(SIG)];
	struct err err = ERR_INIT;
	int size;

	(void)state;
	memset(channel.name, 'x', MANIFEST_NAME_SIZE - 1);
	memset(channel.channel, 'y', MANIFEST_NAME_SIZE - 1);
	size = channel_write(&channel, text);
	assert_true(size > 0);
	memcpy(text + size, SIG, sizeof(SIG));
	assert_refused(parse(text, &channel, &err), 0, err, "");
}

static void refusals(void **state)
{
	static const struct {
		const char *from, *to, *words;
	} cases[] = {
		{ "lamina-channel 1", "lamina-channel 2",
		  "line 1: must be `lamina-channel` with a good value" },
		{ "lamina-channel 1", "lamina 1",
		  "line 1: must be `lamina-channel` with a good value" },
		{ "name gateway\n", "", "line 2: must be `name` with a good value" },
		{ "gateway", "Gateway", "line 2: must be `name` with a good value" },
		{ "gateway", "", "line 2: " },
		{ "stable", "../stable", "line 3: must be `channel` with a good value" },
		{ "stable",
		  "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
		  "line 3: must be `channel` with a good value" },
		{ "counter 42", "counter 042",
		  "line 4: must be `counter` with a good value" },
		{ "counter 42", "counter -1",
		  "line 4: must be `counter` with a good value" },
		{ "counter 42", "counter 9223372036854775808",
		  "line 4: must be `counter` with a good value" },
		{ "counter 42\n", "counter 42\ncounter 42\n",
		  "line 5: must be `image` with a good value" },
		{ "sha256:", "", "line 5: must be `image` with a good value" },
		{ "sha256:", "sha256:sha256:",
		  "line 5: must be `image` with a good value" },
		{ "sha256:9c", "sha256:9C", "line 5: must be `image` with a good value" },
		{ "sha256:9c", "sha256:9", "line 5: must be `image` with a good value" },
		{ "serial 17", "serial", "line 6: must be `serial` with a good value" },
		{ "percent 25", "percent 101",
		  "line 7: must be `percent` with a good value" },
		{ "percent 25", "percent 25%",
		  "line 7: must be `percent` with a good value" },
		{ "issued ", "issued  ", "line 8: " },
		{ "issued", "until 5\nissued",
		  "line 8: must be `issued` with a good value" },
		{ "1796000000\n", "1796000000\nextra\n",
		  "signature: line 1: must start with" },
		{ "sig ", "sig  ", "signature: line 1: " },
		{ SIG, "", "signature: holds no signature" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = strstr(BODY SIG, cases[i].from);
		struct err err = ERR_INIT;
		struct channel channel;
		char text[1024];

		assert_non_null(at);
		(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - (BODY SIG)),
			       BODY SIG, cases[i].to, at + strlen(cases[i].from));
		assert_int_equal(parse(text, &channel, &err), -EBADMSG);
		if (!strstr(err.text, cases[i].words))
			assert_string_equal(err.text, cases[i].words);
	}
}

/* Whatever byte is cut off or changed: it is refused, or says so of itself. */
static void torn(void **state)
{
	static const char text[] = BODY SIG;
	struct channel channel, whole;
	struct err err = ERR_INIT;
	char copy[sizeof(text)];

	(void)state;
	assert_int_equal(parse(text, &whole, &err), 0);
	for (size_t size = 0; size < strlen(text); size++)
		assert_int_equal(channel_parse(text, size, &channel, &file, &err),
				 -EBADMSG);
	for (size_t at = 0; at < strlen(BODY); at++)
		for (int bit = 0; bit < 8; bit++) {
			char again[CHANNEL_BODY_SIZE];

			memcpy(copy, text, sizeof(text));
			copy[at] ^= (char)(1 << bit);
			if (channel_parse(copy, strlen(text), &channel, &file, &err) < 0)
				continue;
			assert_int_equal(channel_write(&channel, again), strlen(BODY));
			assert_memory_equal(again, copy, strlen(BODY));
		}
}

static void huge(void **state)
{
	size_t size = CHANNEL_MAX_SIZE + 1;
	char *text = malloc(size);
	struct channel channel;
	struct err err = ERR_INIT;

	(void)state;
	memset(text, 'x', size);
	assert_int_equal(channel_parse(text, size, &channel, &file, &err), -EFBIG);
	assert_int_equal(channel_parse(text, size - 1, &channel, &file, &err), -EBADMSG);
	free(text);
}

/* Each place has its share of devices, and each image another line. */
static void turns(void **state)
{
	int counts[100] = { 0 }, same = 0;
	struct digest first, second;

	(void)state;
	assert_int_equal(sha256_of("1", 1, &first), 0);
	assert_int_equal(sha256_of("2", 1, &second), 0);
	for (int i = 0; i < 20000; i++) {
		char device[16];
		int place;

		(void)snprintf(device, sizeof(device), "device-%d", i);
		place = turn_place(device, &first);
		assert_in_range(place, 0, 99);
		counts[place]++;
		same += place == turn_place(device, &second);
	}
	for (int i = 0; i < 100; i++)
		assert_in_range(counts[i], 100, 300);
	assert_in_range(same, 100, 300);
	/* the first digits of sha256sum of the two texts: 0x1b717dc2 */
	assert_int_equal(turn_place("gateway-7", &first), 94);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),   cmocka_unit_test(longest),
		cmocka_unit_test(refusals), cmocka_unit_test(torn),
		cmocka_unit_test(huge),	    cmocka_unit_test(turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
