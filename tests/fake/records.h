/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Two images in the store of fake/machine.h, and the record that names them. */
#include "fake/machine.h"
#include "format/record.h"

static char current[DIGEST_HEX_SIZE], candidate[DIGEST_HEX_SIZE];
static struct record stored; /* as put_two() left it */

static uint8_t record_bytes[RECORD_ROOM];

static void put_record(void)
{
	uint8_t *bytes = record_bytes;
	struct digest sum;

	record_encode(&stored, bytes);
	assert_int_equal(sha256_of(bytes, RECORD_SUM_OFFSET, &sum), 0);
	memcpy(bytes + RECORD_SUM_OFFSET, &sum, RECORD_SUM_SIZE);
	memcpy(bytes + RECORD_STRIDE, bytes, RECORD_SIZE);
	fake_bytes(STORE "state", bytes, RECORD_ROOM);
}

static inline void put_serial(const char *store, int serial, char ret_id[DIGEST_HEX_SIZE])
{
	machine.serial = serial;
	machine.first_layer = serial % 10 * LAYERS;
	(void)strcpy(ret_id, put_image_in(store));
}

/* A new device; without tries the record has no candidate. */
static inline void put_two(unsigned int tries)
{
	put_device();
	put_serial(STORE, 10, current);
	put_serial(STORE, 11, candidate);
	stored = (struct record){ .seq = 7, .tries_left = (uint8_t)tries };
	(void)digest_parse(current, 64, &stored.current);
	if (tries)
		(void)digest_parse(candidate, 64, &stored.candidate);
	stored.tries_initial = stored.tries_left;
	put_record();
}

/* Layer 0 of image @serial is not as it was signed, from @offset on. */
static inline void break_image_from(int serial, uint64_t offset)
{
	char line[256], path[160];

	put_layer_in(STORE, line, sizeof(line), serial % 10 * LAYERS);
	(void)snprintf(path, sizeof(path), STORE "blobs/sha256/%.64s",
		       line + strlen("layer sha256:"));
	fake_corrupt_from(path, offset);
}

static inline void break_image(int serial)
{
	break_image_from(serial, 0);
}

static inline struct record record_of_store(void)
{
	const char *bytes = fake_text_of("/run/lamina/private/store/state");
	struct record record;

	assert_non_null(bytes);
	assert_int_equal(record_decode((const uint8_t *)bytes, &record, NULL), 0);
	/* both copies */
	assert_memory_equal(bytes, bytes + RECORD_STRIDE, RECORD_SIZE);
	return record;
}

static inline void assert_id(const struct digest *id, const char *hex)
{
	char text[DIGEST_HEX_SIZE];

	digest_hex(id, text);
	assert_string_equal(text, hex);
}

static inline void assert_runs(const char *slot, const char *id)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "id=%s\nslot=%s\n", id, slot);
	assert_non_null(strstr(fake_text_of("/run/lamina/image"), text));
	assert_string_equal(fake_executed(), "/bin/app one");
}
