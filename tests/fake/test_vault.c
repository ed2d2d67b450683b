/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heads of an encrypted volume: what a power cut leaves of making, mending and erasing it, at
 * every write, and with a sector of which only the beginning is new.
 */
#include "store/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fake/fake.h"

#define DISK "/disk"
#define STATES 16

static uint8_t before[VAULT_DATA];
static uint8_t states[STATES]
		     [2 * VAULT_STRIDE]; /* as cuts leave them, one after the other */
static int state_count;

static const struct vault_head mine = { false, { 1, 2, 3 }, { 4, 5, 6 } };
static const struct vault_head other = { false, { 7, 8 }, { 9 } };

static void setup(void)
{
	static const char noise[4096] = "unguessable";

	fake_reset();
	fake_bytes("@devtmpfs:random", noise, sizeof(noise));
	fake_boot();
	fake_bytes(DISK, before, sizeof(before));
}

static int open_disk(void)
{
	return sys_openat(AT_FDCWD, DISK, O_RDWR | O_CLOEXEC, 0);
}

/* As a boot does it that finds nothing to open. */
static int make(struct err *err)
{
	__fd int fd = open_disk();
	struct vault vault;
	int r = fd < 0 ? fd : vault_read(fd, &vault, err);

	if (r == 0 && vault.is == VAULT_IS_BLANK)
		r = vault_erase(fd);
	return r < 0 ? r : vault_write(fd, &vault, &mine, err);
}

static int erase(struct err *err)
{
	__fd int fd = open_disk();

	(void)err;
	return fd < 0 ? fd : vault_erase(fd);
}

static enum vault_is look(struct vault_head *ret_head)
{
	__fd int fd = open_disk();
	struct vault vault = { 0 };
	struct err err = ERR_INIT;

	if (vault_read(fd, &vault, &err) < 0)
		fail_msg("%s", err.text);
	*ret_head = vault.head;
	return vault.is;
}

static void put(const uint8_t *heads)
{
	memset(before, 0, sizeof(before));
	memcpy(before, heads, 2 * VAULT_STRIDE);
	setup();
}

static void take(uint8_t *ret_heads)
{
	__fd int fd = open_disk();

	assert_int_equal(fd_pread_all(fd, ret_heads, 2 * VAULT_STRIDE, 0), 0);
}

/* Runs @work again and again, each time with one more call done. */
static void record(int (*work)(struct err *err))
{
	uint8_t *at = states[0];

	memcpy(at, before, sizeof(states[0]));
	state_count = 1;
	for (int n = 1;; n++) {
		struct err err = ERR_INIT;
		bool more;
		int r;

		setup();
		fake_fail(n, EDOM);
		r = work(&err);
		assert_true(r == -EDOM || !fake_failed());
		assert_null(fake_leaks());
		if (!fake_failed())
			assert_int_equal(r, 0);
		more = fake_failed();
		fake_fail(0, 0);
		take(states[state_count]);
		if (memcmp(states[state_count], states[state_count - 1],
			   sizeof(states[0])) != 0)
			assert_true(++state_count < STATES);
		if (!more)
			break;
	}
}

/* What the next boot finds, when of one sector so many bytes are new. */
static enum vault_is torn(int i, size_t sector, size_t new_bytes,
			  struct vault_head *ret_head)
{
	static uint8_t heads[2 * VAULT_STRIDE];

	memcpy(heads, states[i], sizeof(heads));
	memcpy(heads + sector, states[i + 1] + sector, new_bytes);
	put(heads);
	return look(ret_head);
}

static bool is(const struct vault_head *a, const struct vault_head *b)
{
	return memcmp(a->salt, b->salt, VAULT_SALT_SIZE) == 0 &&
	       memcmp(a->check, b->check, VAULT_CHECK_SIZE) == 0;
}

/* Each tear leaves what was there (@old; NULL: nothing), or what is to be there (@new; NULL:
 * nothing); and whatever it is, a boot makes a whole one of it. */
static void assert_whole_at_every_cut(const struct vault_head *old,
				      const struct vault_head *new)
{
	struct vault_head head;
	struct err err = ERR_INIT;

	for (int i = 0; i + 1 < state_count; i++)
		for (size_t at = 0; at < 2 * VAULT_STRIDE; at += VAULT_STRIDE)
			for (size_t size = 0; size <= VAULT_HEAD_SIZE; size += 16) {
				enum vault_is found = torn(i, at, size, &head);

				if (found == VAULT_IS_MADE)
					assert_true((old && is(&head, old)) ||
						    (new &&is(&head, new)));
				else
					assert_true(found == VAULT_IS_BLANK &&
						    !(old && new));
				if (found != VAULT_IS_BLANK)
					continue;
				assert_int_equal(make(&err), 0);
				assert_int_equal(look(&head), VAULT_IS_MADE);
				assert_true(is(&head, &mine));
			}
}

static void put_made(const struct vault_head *head)
{
	static const struct vault nothing;
	__fd int fd = -EBADF;
	uint8_t heads[2 * VAULT_STRIDE] = { 0 };

	put(heads);
	fd = open_disk();
	assert_int_equal(vault_write(fd, &nothing, head, NULL), 0);
	fd_close(fd_take(&fd));
	take(heads);
	put(heads);
}

static void made_of_nothing(void **state)
{
	static const uint8_t zeros[2 * VAULT_STRIDE];
	struct vault_head head;

	(void)state;
	put(zeros);
	record(make);
	assert_int_equal(state_count, 3);
	assert_whole_at_every_cut(NULL, &mine);
	put(states[2]);
	assert_int_equal(look(&head), VAULT_IS_MADE);
	assert_true(is(&head, &mine));
}

/* Nothing of the salt is left anywhere, and the next boot makes a new one. */
static void erased(void **state)
{
	uint8_t after[2 * VAULT_STRIDE];
	struct vault_head head;

	(void)state;
	put_made(&other);
	record(erase);
	/* the second time it is overwritten with other noise, which is the same here */
	assert_true(state_count >= 3);
	assert_whole_at_every_cut(&other, NULL);
	put(states[state_count - 1]);
	assert_int_equal(look(&head), VAULT_IS_BLANK);
	take(after);
	for (size_t i = 0; i + VAULT_SALT_SIZE <= sizeof(after); i++)
		assert_true(memcmp(after + i, other.salt, VAULT_SALT_SIZE) != 0);
	record(make);
	assert_whole_at_every_cut(NULL, &mine);
}

/* An erasing that stopped after its first write is done by the boot, before it makes another:
 * what is torn then is not taken for the old one. */
static void erased_by_half(void **state)
{
	uint8_t half[2 * VAULT_STRIDE];
	struct vault_head head;

	(void)state;
	put_made(&other);
	record(erase);
	memcpy(half, states[1], sizeof(half));
	put(half);
	assert_int_equal(look(&head), VAULT_IS_BLANK);
	record(make);
	assert_whole_at_every_cut(NULL, &mine);
}

/* Either head alone is enough, and the other is written again. */
static void mended(void **state)
{
	uint8_t heads[2 * VAULT_STRIDE], whole[2 * VAULT_STRIDE];
	struct vault_head head;
	struct err err = ERR_INIT;

	(void)state;
	put_made(&mine);
	take(whole);
	for (size_t at = 0; at < 2 * VAULT_STRIDE; at += VAULT_STRIDE) {
		memcpy(heads, whole, sizeof(heads));
		heads[at + 40] ^= 1;
		put(heads);
		record(make);
		assert_int_equal(state_count, 2);
		assert_whole_at_every_cut(&mine, &mine);
		put(heads);
		assert_int_equal(make(&err), 0);
		take(heads);
		assert_memory_equal(heads, whole, sizeof(whole));
	}
	heads[40] ^= 1;
	heads[VAULT_STRIDE + 40] ^= 1;
	put(heads);
	assert_int_equal(look(&head), VAULT_IS_DAMAGED);
}

/* Whatever it is, and wherever in front of the ciphertext. */
static void of_somebody_else(void **state)
{
	static uint8_t noise[2 * VAULT_STRIDE];
	struct vault_head head;
	struct err err = ERR_INIT;
	uint8_t after[2 * VAULT_STRIDE];

	(void)state;
	memset(noise, 0x55, sizeof(noise));
	put(noise);
	assert_int_equal(look(&head), VAULT_IS_OTHER);
	assert_int_equal(erase(&err), 0);
	take(after);
	assert_memory_equal(after, noise, sizeof(noise));
	memset(before, 0, sizeof(before));
	before[65536 + 64] = 1; /* a btrfs begins there */
	setup();
	assert_int_equal(look(&head), VAULT_IS_OTHER);
	memset(before, 0xff, sizeof(before));
	setup();
	assert_int_equal(look(&head), VAULT_IS_BLANK);
	assert_int_equal(erase(&err), 0);
	take(after);
	assert_int_equal(after[0], 0xff);
}

/* Every bit of a head counts. */
static void bits(void **state)
{
	uint8_t whole[2 * VAULT_STRIDE], heads[2 * VAULT_STRIDE];
	struct vault_head head;

	(void)state;
	put_made(&mine);
	take(whole);
	memcpy(whole + VAULT_STRIDE, whole, VAULT_HEAD_SIZE);
	for (size_t i = 0; i < (size_t)8 * VAULT_HEAD_SIZE; i++) {
		memcpy(heads, whole, sizeof(heads));
		heads[i / 8] ^= (uint8_t)(1 << i % 8);
		heads[VAULT_STRIDE + i / 8] ^= (uint8_t)(1 << i % 8);
		put(heads);
		assert_int_equal(look(&head),
				 i / 8 < 16 ? VAULT_IS_OTHER : VAULT_IS_DAMAGED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_of_nothing),  cmocka_unit_test(erased),
		cmocka_unit_test(erased_by_half),   cmocka_unit_test(mended),
		cmocka_unit_test(of_somebody_else), cmocka_unit_test(bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
