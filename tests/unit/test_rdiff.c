/* SPDX-License-Identifier: Apache-2.0 */
/* What librsync writes is applied, what it would not write is refused, and where both take a
 * delta they make the same of it. */
#include <errno.h>
#include <librsync.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "bytes.h"
#include "install/incoming.h"
#include "install/rdiff.h"
#include "pack/image/delta.h"
#include "pack/image/delta/runs.h"

#define ROOM ((size_t)1 << 20)

static uint8_t base_bytes[ROOM], layer_bytes[ROOM], delta_bytes[ROOM], made[ROOM];
static size_t base_size, layer_size, delta_size, made_size, read_size;
static int base_fd = -EBADF;

/* --- applying it, and librsync's word on it */

static int read_delta(void *context, void *buf, size_t size, struct err *err)
{
	(void)context;
	(void)err;
	assert_true(size <= delta_size - read_size);
	memcpy(buf, delta_bytes + read_size, size);
	read_size += size;
	return 0;
}

static int put_data(void *context, const uint8_t *bytes, size_t size, struct err *err)
{
	(void)context;
	(void)err;
	assert_true(size > 0 && size <= layer_size - made_size && size % 4096 == 0);
	memcpy(made + made_size, bytes, size);
	made_size += size;
	return 0;
}

static struct rdiff rdiff_of_test(void)
{
	return (struct rdiff){
		.base = base_fd,
		.base_bytes = base_size,
		.delta_bytes = delta_size,
		.data_bytes = layer_size,
		.read = read_delta,
		.put = put_data,
	};
}

static int apply(struct err *err)
{
	struct rdiff rdiff = rdiff_of_test();

	read_size = made_size = 0;
	*err = (struct err)ERR_INIT;
	return rdiff_apply(&rdiff, err);
}

static rs_result copy_base(void *context, rs_long_t at, size_t *size, void **buf)
{
	(void)context;
	if (at < 0 || (uint64_t)at > base_size)
		return RS_INPUT_ENDED;
	if (*size > base_size - (size_t)at)
		*size = base_size - (size_t)at;
	*buf = base_bytes + at;
	return RS_DONE;
}

/* Does librsync make @layer_size bytes of it, the ones that were made here? */
static bool librsync_agrees(void)
{
	static uint8_t out[ROOM + 1];
	rs_job_t *job = rs_patch_begin(copy_base, NULL);
	rs_buffers_t bufs = { .next_in = (char *)delta_bytes,
			      .avail_in = delta_size,
			      .eof_in = 1,
			      .next_out = (char *)out,
			      .avail_out = sizeof(out) };
	rs_result result = rs_job_iter(job, &bufs);

	(void)rs_job_free(job);
	return result == RS_DONE && sizeof(out) - bufs.avail_out == layer_size &&
	       memcmp(out, made, layer_size) == 0;
}

static void assert_refused_delta(void)
{
	struct err err;

	assert_int_equal(apply(&err), -EBADMSG);
	assert_string_equal(err.text, "it is damaged, or of another base");
}

static void assert_makes_layer(void)
{
	struct err err;
	int r = apply(&err);

	if (r < 0)
		fail_msg("%d: %s", r, err.text);
	assert_int_equal(made_size, layer_size);
	assert_memory_equal(made, layer_bytes, layer_size);
	assert_true(librsync_agrees());
}

/* --- two layers */

static uint64_t noise_state;

static uint64_t noise(void)
{
	noise_state ^= noise_state << 13;
	noise_state ^= noise_state >> 7;
	noise_state ^= noise_state << 17;
	return noise_state;
}

static void fill(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)noise();
}

static int file_of(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_pwrite_all(fd, bytes, size, 0), 0);
	return fd;
}

static void set_base(size_t size)
{
	fd_close(base_fd);
	base_size = size;
	base_fd = file_of(base_bytes, size);
}

/* A base of noise, and a layer of parts of it, in another order, with noise in between. */
static void make_layers(size_t size)
{
	noise_state += 88172645463325252;
	fill(base_bytes, size);
	set_base(size);
	layer_size = 0;
	while (layer_size < size) {
		size_t at = noise() % size, part = noise() % (size / 4) + 1;

		if (part > size - at)
			part = size - at;
		memcpy(layer_bytes + layer_size, base_bytes + at, part);
		layer_size += part;
		part = noise() % 5000;
		fill(layer_bytes + layer_size, part);
		layer_size += part;
	}
	layer_size = layer_size / 4096 * 4096;
}

static void make_delta(void)
{
	__fd int layer = file_of(layer_bytes, layer_size);
	__fd int delta = memfd_create("delta", MFD_CLOEXEC);
	const struct delta_data from = { base_fd, 0, base_size },
				to = { layer, 0, layer_size };
	struct err err = ERR_INIT;
	uint64_t size = 0;

	if (delta_make(&from, &to, delta, &size, &err) < 0)
		fail_msg("%s", err.text);
	delta_size = size;
	assert_true(delta_size < ROOM);
	assert_int_equal(fd_pread_all(delta, delta_bytes, delta_size, 0), 0);
}

static void makes_and_applies(void **state)
{
	(void)state;
	for (size_t size = 4096; size <= 400000; size += size / 2) {
		make_layers(size);
		make_delta();
		assert_makes_layer();
	}
	/* the same, and one that has nothing in common */
	make_layers(65536);
	memcpy(layer_bytes, base_bytes, base_size);
	layer_size = base_size;
	make_delta();
	assert_true(delta_size < 32);
	assert_makes_layer();
	fill(layer_bytes, layer_size);
	make_delta();
	assert_true(delta_size > layer_size && delta_size < layer_size + 64);
	assert_makes_layer();
}

/* A layer of parts of its base, and of what is new. */
static void take_part(size_t at, size_t size)
{
	memcpy(layer_bytes + layer_size, base_bytes + at, size);
	layer_size += size;
}

static void make_new(size_t size)
{
	fill(layer_bytes + layer_size, size);
	layer_size += size;
}

static void start_large(size_t size)
{
	noise_state = 11;
	fill(base_bytes, size);
	set_base(size);
	layer_size = 0;
}

/* @bytes: of what the base doesn't have. */
static void assert_delta_of(size_t bytes)
{
	size_t more = (4096 - layer_size % 4096) % 4096;

	make_new(more);
	make_delta();
	assert_makes_layer();
	if (delta_size > bytes + more + 600)
		fail_msg("%zu bytes, not %zu", delta_size, bytes + more);
}

static void finds_runs(void **state)
{
	static const struct run wanted[] = { { 34, 34, 300000 - 34 },
					     { 300100, 301001, 200000 },
					     { 600000, 501001, 300000 } };
	struct delta_data from, to;
	struct runs runs;

	(void)state;
	start_large(900000);
	make_new(34); /* the head of a layer tells its size */
	take_part(34, 300000 - 34);
	make_new(1001);
	take_part(300100, 200000); /* 100 bytes less */
	take_part(600000, 300000); /* and 99,900 less */
	from = (struct delta_data){ base_fd, 0, base_size };
	to = (struct delta_data){ file_of(layer_bytes, layer_size), 0, layer_size };
	assert_int_equal(runs_find(&from, &to, &runs), 0);
	assert_int_equal(runs.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(runs.list[i].from, wanted[i].from);
		assert_int_equal(runs.list[i].to, wanted[i].to);
		assert_int_equal(runs.list[i].size_bytes, wanted[i].size_bytes);
	}
	assert_int_equal(runs_bytes(&runs), 300000 - 34 + 500000);
	assert_int_equal(runs_gap(&runs, 1, &from, &to).to.size_bytes, 1001);
	assert_int_equal(runs_gap(&runs, 3, &from, &to).from.size_bytes, 0);
	runs_done(&runs);
	from.fd = -1;
	assert_int_equal(runs_find(&from, &to, &runs), -EBADF);
	runs_done(&runs);
	fd_close(to.fd);
	assert_delta_of(34 + 1001);
}

static void long_runs(void **state)
{
	(void)state;
	/* what a run has, once more */
	start_large(400000);
	take_part(0, 400000);
	take_part(100000, 150000);
	assert_delta_of(2 * 512);
	/* something new within */
	start_large(700000);
	take_part(0, 400000);
	make_new(200000);
	take_part(400000, 300000);
	assert_delta_of(200000);
	/* in another order: one of the two is a run */
	start_large(800000);
	take_part(400000, 400000);
	take_part(0, 400000);
	assert_delta_of(2 * 512);
	/* all of it behind something new or before, or less at both ends */
	start_large(300000);
	make_new(5000);
	take_part(0, 300000);
	assert_delta_of(5000);
	start_large(300000);
	take_part(0, 300000);
	make_new(5000);
	assert_delta_of(5000);
	start_large(300000);
	take_part(70000, 200000);
	assert_delta_of(0);
}

/* A place that is there often: no run of its own. */
static void runs_of_one_byte(void **state)
{
	(void)state;
	start_large(900000);
	memset(base_bytes + 100000, 0, 500000);
	set_base(900000);
	take_part(0, 150000);
	take_part(300000, 600000);
	assert_delta_of(0);
	memset(layer_bytes, 0, layer_size);
	make_delta();
	assert_makes_layer();
}

/* --- deltas by hand */

static void start_delta(void)
{
	memcpy(delta_bytes, "rs\2\x36", 4);
	delta_size = 4;
}

static void add_number(uint64_t number, unsigned int size)
{
	while (size-- > 0)
		delta_bytes[delta_size++] = (uint8_t)(number >> 8 * size);
}

static void add_copy(unsigned int at_width, uint64_t at, unsigned int width,
		     uint64_t size)
{
	add_number(0x45 + 4 * at_width + width, 1);
	add_number(at, 1U << at_width);
	add_number(size, 1U << width);
}

static void add_literal(const uint8_t *bytes, size_t size)
{
	memcpy(delta_bytes + delta_size, bytes, size);
	delta_size += size;
}

/* A base and a layer of a block. */
static void start_block(void)
{
	noise_state = 42;
	fill(base_bytes, 65536);
	set_base(65536);
	layer_size = 4096;
	start_delta();
}

static void each_width(void **state)
{
	size_t used = 0;

	(void)state;
	start_block();
	for (unsigned int op = 1; op <= 0x40; op++) { /* 2080 bytes */
		fill(layer_bytes + used, op);
		add_number(op, 1);
		add_literal(layer_bytes + used, op);
		used += op;
	}
	for (unsigned int width = 0; width < 4; width++) {
		fill(layer_bytes + used, 100 + width);
		add_number(0x41 + width, 1);
		add_number(100 + width, 1U << width);
		add_literal(layer_bytes + used, 100 + width);
		used += 100 + width;
	}
	for (unsigned int at = 0; at < 4; at++)
		for (unsigned int width = 0; width < 4; width++) {
			uint64_t from = at ? 1000 * at + width : 100 + width;

			memcpy(layer_bytes + used, base_bytes + from, 50);
			add_copy(at, from, width, 50);
			used += 50;
		}
	memcpy(layer_bytes + used, base_bytes + 65536 - (4096 - used), 4096 - used);
	add_copy(1, 65536 - (4096 - used), 1, 4096 - used);
	add_number(0, 1);
	assert_makes_layer();
}

static void hostile(void **state)
{
	static const uint64_t huge[] = { UINT64_MAX,	     UINT64_MAX - 1,
					 UINT64_MAX - 65535, INT64_MAX,
					 (uint64_t)1 << 63,  65537 };

	(void)state;
	for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
		start_block();
		add_copy(3, huge[i], 3, 1);
		assert_refused_delta();
		start_block();
		add_copy(3, 1, 3, huge[i]);
		assert_refused_delta();
		start_block();
		add_copy(3, huge[i], 3, huge[i]);
		assert_refused_delta();
		start_block();
		add_copy(3, huge[i], 3, -huge[i]);
		assert_refused_delta();
		start_block();
		add_number(0x44, 1);
		add_number(huge[i], 8);
		assert_refused_delta();
	}
	start_block();
	add_copy(1, 65535, 0, 2);
	assert_refused_delta();
	start_block();
	add_copy(0, 0, 1, 4097);
	assert_refused_delta();
	start_block();
	add_copy(0, 0, 1, 4096);
	add_number(1, 2); /* a byte too many */
	assert_refused_delta();
	start_block();
	add_copy(0, 0, 1, 4095);
	add_number(0, 1);
	assert_refused_delta();
	start_block();
	add_copy(0, 0, 1, 4096);
	add_number(0, 2); /* bytes behind the end */
	assert_refused_delta();
	for (unsigned int i = 0; i < 2; i++) { /* what makes nothing, for ever */
		start_block();
		while (delta_size < ROOM - 16)
			if (i == 0)
				add_copy(0, 0, 0, 0);
			else
				add_number(0x4100, 2);
		assert_refused_delta();
	}
	for (unsigned int op = 0x55; op <= 0xff; op++) {
		start_block();
		add_number(op, 1);
		assert_refused_delta();
	}
	start_block();
	delta_bytes[3] ^= 1; /* a signature's */
	add_copy(0, 0, 1, 4096);
	add_number(0, 1);
	assert_refused_delta();
}

static void every_truncation(void **state)
{
	size_t whole;

	(void)state;
	make_layers(40000);
	make_delta();
	whole = delta_size;
	for (delta_size = 0; delta_size < whole; delta_size++)
		assert_refused_delta();
	assert_makes_layer();
}

/* Wherever a bit is wrong: refused, or what librsync makes of it, too. */
static void every_byte_flipped(void **state)
{
	unsigned int taken = 0;

	(void)state;
	make_layers(20000);
	make_delta();
	for (size_t i = 0; i < delta_size; i++) {
		struct err err;

		delta_bytes[i] ^= (uint8_t)(1 << i % 8);
		if (apply(&err) == 0) {
			assert_true(librsync_agrees());
			taken++;
		} else {
			assert_true(err.text[0]);
		}
		delta_bytes[i] ^= (uint8_t)(1 << i % 8);
	}
	assert_true(taken > 0 && taken < delta_size);
	assert_makes_layer();
}

static void other_base(void **state)
{
	struct err err;

	(void)state;
	make_layers(40000);
	make_delta();
	set_base(20000);
	assert_refused_delta();
	base_bytes[0] ^= 1;
	set_base(40000);
	assert_int_equal(apply(&err), 0); /* whose hash then says so */
	assert_int_equal(made_size, layer_size);
	set_base(30000);
	base_size = 40000; /* it became shorter meanwhile */
	assert_refused_delta();
}

static int fails(void *context, void *buf, size_t size, struct err *err)
{
	(void)buf;
	(void)size;
	return err_set(err, -EDOM, "%s", (const char *)context);
}

static int fails_to_put(void *context, const uint8_t *bytes, size_t size, struct err *err)
{
	(void)bytes;
	return fails(context, NULL, size, err);
}

static void passes_failures_on(void **state)
{
	struct err err = ERR_INIT;
	struct rdiff rdiff;

	(void)state;
	make_layers(40000);
	make_delta();
	read_size = 0;
	rdiff = rdiff_of_test();
	rdiff.context = (void *)"its reader";
	rdiff.read = fails;
	assert_int_equal(rdiff_apply(&rdiff, &err), -EDOM);
	assert_string_equal(err.text, "its reader");
	rdiff = rdiff_of_test();
	rdiff.context = (void *)"its writer";
	rdiff.put = fails_to_put;
	assert_int_equal(rdiff_apply(&rdiff, &err), -EDOM);
	assert_string_equal(err.text, "its writer");
}

/* --- the base */

static void like(uint8_t *bytes, const uint8_t *other, size_t size, size_t step)
{
	memcpy(bytes, other, size);
	for (size_t i = 0; i < size; i += step)
		bytes[i] ^= 0x55;
}

static void finds_the_base(void **state)
{
	static const size_t steps[] = { 1, 900, 9000, 2 };
	struct delta_data from[4], to = { .size_bytes = 400000 };
	struct err err = ERR_INIT;
	size_t index = 99;

	(void)state;
	noise_state = 7;
	fill(layer_bytes, 400000);
	to.fd = file_of(layer_bytes, 400000);
	for (size_t i = 0; i < 4; i++) {
		like(base_bytes, layer_bytes, 400000, steps[i]);
		from[i] = (struct delta_data){ file_of(base_bytes, 400000), 0, 400000 };
	}
	assert_int_equal(delta_base(from, 4, &to, 0, &index, &err), 0);
	assert_int_equal(index, 2);
	assert_int_equal(delta_base(from, 2, &to, 0, &index, &err), 0);
	assert_int_equal(index, 1);
	/* nothing in common: the one of the same place, or the first */
	from[1] = from[3];
	assert_int_equal(delta_base(from, 2, &to, 1, &index, &err), 0);
	assert_int_equal(index, 1);
	assert_int_equal(delta_base(from, 2, &to, 7, &index, &err), 0);
	assert_int_equal(index, 0);
	/* half of it in a run, and all of it in another */
	from[1] = from[2];
	assert_int_equal(fd_pwrite_all(from[0].fd, layer_bytes + 150000, 250000, 0), 0);
	assert_int_equal(delta_base(from, 2, &to, 0, &index, &err), 0);
	assert_int_equal(index, 0);
	from[0].size_bytes++;
	assert_int_equal(delta_base(from, 2, &to, 1, &index, &err), -EIO);
	for (int fd = to.fd; fd <= from[3].fd; fd++)
		fd_close(fd);
}

static int stop(void **state)
{
	(void)state;
	fd_close(base_fd);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_and_applies), cmocka_unit_test(finds_runs),
		cmocka_unit_test(long_runs),	     cmocka_unit_test(runs_of_one_byte),
		cmocka_unit_test(each_width),	     cmocka_unit_test(hostile),
		cmocka_unit_test(every_truncation),  cmocka_unit_test(every_byte_flipped),
		cmocka_unit_test(other_base),	     cmocka_unit_test(passes_failures_on),
		cmocka_unit_test(finds_the_base),
	};

	return cmocka_run_group_tests(tests, NULL, stop);
}
