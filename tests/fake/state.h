/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A boot record at /store/state of the fake kernel. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fake/fake.h"
#include "slot/state.h"
#include "store/store.h"
#include "trust/sha256.h"

#define COPY(n) ((size_t)(n)*RECORD_STRIDE)

static const char *device;
static struct record last; /* what a run wanted to write */
static bool replaces_newer;

static inline void setup(void)
{
	fake_reset();
	fake_boot();
	fake_dir("/store");
}

/* The bytes of a copy whose checksum holds. */
static inline void encode(uint64_t seq, uint8_t fill, uint8_t ret_bytes[RECORD_SIZE])
{
	struct record record = { .seq = seq, .boots = fill };
	struct digest hash;

	memset(&record.current, fill, sizeof(record.current));
	record_encode(&record, ret_bytes);
	assert_int_equal(sha256_of(ret_bytes, RECORD_SUM_OFFSET, &hash), 0);
	memcpy(ret_bytes + RECORD_SUM_OFFSET, &hash, RECORD_SUM_SIZE);
}

/* A file of two copies; seq 0: zeros. */
static inline void put_state(uint64_t seq_a, uint64_t seq_b)
{
	uint8_t bytes[RECORD_ROOM] = { 0 };

	setup();
	if (seq_a)
		encode(seq_a, 0xa, bytes);
	if (seq_b)
		encode(seq_b, 0xb, bytes + RECORD_STRIDE);
	fake_bytes("/store/state", bytes, sizeof(bytes));
}

static inline int open_state(bool write, struct err *err)
{
	__fd int store = store_open("/store", err);

	return store < 0 ? store : state_open(store, device, write, err);
}

static inline int read_state(struct record *ret_record, struct state_copies *ret_copies,
			     struct err *err)
{
	__fd int fd = open_state(false, err);

	return fd < 0 ? fd : state_read(fd, ret_record, ret_copies, err);
}

static inline int write_next(struct err *err)
{
	struct record record = { .boots = 99, .replaces_newer = replaces_newer };
	__fd int fd = open_state(true, err);
	int r;

	if (fd < 0)
		return fd;
	memset(&record.current, 0xc, sizeof(record.current));
	r = state_write(fd, &record, err);
	last = record;
	return r;
}

/* Both are the same, seq @seq, and of write_next(). */
static inline void assert_written(uint64_t seq)
{
	const char *bytes = fake_text_of("/store/state");
	struct err err = ERR_INIT;
	struct state_copies copies;
	struct record record;

	assert_int_equal(read_state(&record, &copies, &err), 0);
	assert_int_equal(record.seq, seq);
	assert_int_equal(record.boots, 99);
	assert_int_equal(copies.copies[0], 0);
	assert_int_equal(copies.copies[1], 0);
	assert_memory_equal(bytes, bytes + COPY(1), RECORD_STRIDE);
}
