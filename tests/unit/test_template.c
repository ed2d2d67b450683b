/* SPDX-License-Identifier: Apache-2.0 */
/* An empty file system, written out of the blocks that hold something. */
#include "init/vault/template.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/le.h"

#define BLOCK 4096
#define BLOCKS 37

static int file, out;

/* Blocks of these numbers, each full of its place in the list. */
static void put(uint64_t blocks, const uint64_t *numbers, size_t count)
{
	uint8_t head[24] = "lamblk1\n", block[8 + BLOCK];

	le_put(head + 8, blocks, 8);
	le_put(head + 16, count, 8);
	assert_int_equal(ftruncate(file, 0), 0);
	assert_int_equal(fd_pwrite_all(file, head, sizeof(head), 0), 0);
	for (size_t i = 0; i < count; i++) {
		le_put(block, numbers[i], 8);
		memset(block + 8, (int)i + 1, BLOCK);
		assert_int_equal(fd_pwrite_all(file, block, sizeof(block),
					       sizeof(head) + i * sizeof(block)),
				 0);
	}
}

static int write_out(void)
{
	uint8_t old[BLOCK];

	memset(old, 0xee, sizeof(old));
	for (uint64_t i = 0; i < BLOCKS + 1; i++)
		assert_int_equal(fd_pwrite_all(out, old, BLOCK, i * BLOCK), 0);
	return template_write(file, out);
}

static void all_of_it(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 15, 16, 36 };
	uint8_t block[BLOCK], wanted[BLOCK];
	uint64_t size = 0;

	(void)state;
	put(BLOCKS, numbers, 5);
	assert_int_equal(template_size(file, &size), 0);
	assert_int_equal(size, BLOCKS * BLOCK);
	assert_int_equal(write_out(), 0);
	for (uint64_t i = 0; i < BLOCKS + 1; i++) {
		memset(wanted, i == BLOCKS ? 0xee : 0, BLOCK);
		for (size_t j = 0; j < 5; j++)
			if (numbers[j] == i)
				memset(wanted, (int)j + 1, BLOCK);
		assert_int_equal(fd_pread_all(out, block, BLOCK, i * BLOCK), 0);
		assert_memory_equal(block, wanted, BLOCK);
	}
	put(BLOCKS, NULL, 0);
	assert_int_equal(write_out(), 0);
}

static void rubbish(void **state)
{
	static const uint64_t twice[] = { 3, 3 }, back[] = { 20, 3 },
			      beyond[] = { 3, BLOCKS + 16 };
	uint64_t size;

	(void)state;
	put(BLOCKS, twice, 2);
	assert_int_equal(write_out(), -EBADMSG);
	put(BLOCKS, back, 2);
	assert_int_equal(write_out(), -EBADMSG);
	put(BLOCKS, beyond, 2);
	assert_int_equal(write_out(), 0); /* nothing beyond the end is written */
	put(BLOCKS, twice, 2);
	assert_int_equal(ftruncate(file, 24 + 2 * (8 + BLOCK) - 1), 0);
	assert_true(write_out() < 0);
	put(0, NULL, 0);
	assert_int_equal(template_size(file, &size), -EBADMSG);
	put((UINT64_C(1) << 20) + 1, NULL, 0);
	assert_int_equal(template_size(file, &size), -EBADMSG);
	put(1, twice, 2);
	assert_int_equal(template_size(file, &size), -EBADMSG);
	put(BLOCKS, NULL, 0);
	assert_int_equal(fd_pwrite_all(file, "L", 1, 0), 0);
	assert_int_equal(template_size(file, &size), -EBADMSG);
	assert_int_equal(ftruncate(file, 23), 0);
	assert_int_equal(template_size(file, &size), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it),
		cmocka_unit_test(rubbish),
	};

	file = memfd_create("template", 0);
	out = memfd_create("out", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
