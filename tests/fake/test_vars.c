/* SPDX-License-Identifier: Apache-2.0 */
/* What a loader's script reads, byte by byte, and every way of failing to write it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/le.h"
#include "block/find/gpt.h"
#include "fake/fake.h"
#include "loader/loader.h"

#define ROOM 16384
#define STRIDE 4096
#define AT ((size_t)STRIDE) /* where an archive's second file is */
#define HEAD "# GRUB Environment Block\n"

static uint8_t disk[ROOM];
static struct loader loader = { .path = "/dev/vdb" };
static struct loader_words words;

/* A copy as U-Boot's `env export -c` makes it of @text, in which | stands for NUL. */
static void put_sector(size_t copy, const char *text)
{
	uint8_t *at = disk + copy * STRIDE;

	memset(at, 0, 512);
	for (size_t i = 0; text[i]; i++)
		at[4 + i] = text[i] == '|' ? '\0' : (uint8_t)text[i];
	le_put(at, gpt_crc32(0, at + 4, 508), 4);
}

static void setup(void)
{
	fake_reset();
	fake_boot();
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", disk, sizeof(disk));
}

static void start_with(const struct loader_ops *ops, const char *copy1, const char *copy2)
{
	memset(disk, 0, sizeof(disk));
	put_sector(0, copy1);
	put_sector(1, copy2);
	loader.ops = ops;
	setup();
}

static void assert_reads(enum boot_slot usual, enum boot_slot once)
{
	struct loader_words found;
	struct err err = ERR_INIT;

	assert_int_equal(loader.ops->read(&loader, &found, &err), 0);
	assert_int_equal(found.usual, usual);
	assert_int_equal(found.once, once);
	assert_null(fake_leaks());
}

static int write_words(struct err *err)
{
	return loader.ops->write(&loader, &words, err);
}

static void assert_writes(enum boot_slot usual, enum boot_slot once)
{
	struct err err = ERR_INIT;

	words = (struct loader_words){ usual, once };
	assert_int_equal(write_words(&err), 0);
	assert_reads(usual, once);
}

static const uint8_t *bytes(size_t copy)
{
	return (const uint8_t *)fake_text_of("/dev/vdb") + copy * STRIDE;
}

/* Of a script: what is not b is a, and nothing at all is nothing. */
static void the_words_of_a_script(void **state)
{
	static const struct {
		const char *text;
		enum boot_slot usual, once;
	} cases[] = {
		{ "lamina_default=a|lamina_once=b|", BOOT_SLOT_A, BOOT_SLOT_B },
		{ "lamina_default=b|lamina_once=a|", BOOT_SLOT_B, BOOT_SLOT_A },
		{ "lamina_default=b|", BOOT_SLOT_B, BOOT_SLOT_NONE },
		{ "lamina_default=b|lamina_once=|", BOOT_SLOT_B, BOOT_SLOT_NONE },
		{ "lamina_default=|lamina_once=b|", BOOT_SLOT_A, BOOT_SLOT_B },
		{ "lamina_default=bb|lamina_once=c|", BOOT_SLOT_A, BOOT_SLOT_A },
		{ "lamina_default|lamina_once|", BOOT_SLOT_A, BOOT_SLOT_NONE },
		{ "xlamina_default=b|lamina_oncex=b|", BOOT_SLOT_A, BOOT_SLOT_NONE },
		{ "lamina_default=a|lamina_default=b|", BOOT_SLOT_B, BOOT_SLOT_NONE },
		{ "lamina_default=b||lamina_once=b|", BOOT_SLOT_B, BOOT_SLOT_NONE },
		{ "bootcmd=run evil|lamina_default=b|", BOOT_SLOT_B, BOOT_SLOT_NONE },
		{ "", BOOT_SLOT_A, BOOT_SLOT_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_with(&loader_sector, cases[i].text, "lamina_default=b|");
		assert_reads(cases[i].usual, cases[i].once);
	}
}

static void up_to_its_last_byte(void **state)
{
	char text[512];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[508] = '\0';
	start_with(&loader_sector, text, "lamina_default=b|");
	assert_reads(BOOT_SLOT_A, BOOT_SLOT_NONE);
	memcpy(text + 508 - 17, "|lamina_default=b", 17);
	start_with(&loader_sector, text, "");
	assert_reads(BOOT_SLOT_B, BOOT_SLOT_NONE);
}

/* The first copy counts if it is whole, else the second; none: what is built in. */
static void torn_copies(void **state)
{
	(void)state;
	for (size_t at = 0; at < 512; at++) {
		start_with(&loader_sector, "lamina_default=a|lamina_once=a|",
			   "lamina_default=b|");
		disk[at] ^= 0x10;
		setup();
		assert_reads(BOOT_SLOT_B, BOOT_SLOT_NONE);
		disk[STRIDE + at] ^= 1;
		setup();
		assert_reads(BOOT_SLOT_A, BOOT_SLOT_NONE);
	}
	memset(disk, 0, sizeof(disk));
	setup();
	assert_reads(BOOT_SLOT_A, BOOT_SLOT_NONE);
	memset(disk, 0xff, sizeof(disk));
	setup();
	assert_reads(BOOT_SLOT_A, BOOT_SLOT_NONE);
}

/* Byte for byte what U-Boot itself would write. */
static void the_sector(void **state)
{
	(void)state;
	start_with(&loader_sector, "bootcmd=run evil|lamina_default=a|", "x=y|");
	memset(disk + 512, 0xee, 3584);
	setup();
	assert_writes(BOOT_SLOT_B, BOOT_SLOT_A);
	put_sector(0, "lamina_default=b|lamina_once=a|");
	memset(disk + 512, 0, 3584);
	assert_memory_equal(bytes(0), disk, STRIDE);
	assert_memory_equal(bytes(1), disk, STRIDE);
	assert_writes(BOOT_SLOT_A, BOOT_SLOT_NONE);
	put_sector(0, "lamina_default=a|");
	assert_memory_equal(bytes(0), disk, 512);
	/* nothing but the two copies */
	start_with(&loader_sector, "", "");
	memset(disk + 2 * STRIDE, 0x55, ROOM - 2 * STRIDE);
	setup();
	assert_writes(BOOT_SLOT_B, BOOT_SLOT_NONE);
	assert_memory_equal(bytes(2), disk + 2 * STRIDE, ROOM - 2 * STRIDE);
}

static void the_sector_as_written(void **state)
{
	(void)state;
	start_with(&loader_sector, "lamina_default=a|", "lamina_default=a|");
	assert_writes(BOOT_SLOT_A, BOOT_SLOT_B);
	fake_as_written("loader-sector");
}

/* Of two copies the one that counts is written last: the other may be torn already. */
static void never_both_torn(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	for (size_t torn = 0; torn < 2; torn++) {
		start_with(&loader_sector, "lamina_default=b|", "lamina_default=b|");
		disk[torn * STRIDE] ^= 1;
		setup();
		words = (struct loader_words){ BOOT_SLOT_A, BOOT_SLOT_B };
		assert_int_equal(write_words(&err), 0);
		for (int i = 1; i <= fake_calls(); i++) {
			if (strncmp(fake_call(i), "pwrite at ", 10) != 0)
				continue;
			assert_int_equal(fake_call(i)[10], torn ? '4' : '0');
			break;
		}
	}
}

/* What stands there already is not written again; one copy that doesn't is. */
static void only_what_changes(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct loader_ops *ops = i ? &loader_grubenv : &loader_sector;

		start_with(ops, "", "");
		assert_writes(BOOT_SLOT_B, BOOT_SLOT_A);
		memcpy(disk, bytes(0), sizeof(disk));
		setup();
		assert_writes(BOOT_SLOT_B, BOOT_SLOT_A);
		assert_false(fake_called("pwrite"));
		disk[i ? AT + 1000 : STRIDE + 7] ^= 1;
		setup();
		assert_writes(BOOT_SLOT_B, BOOT_SLOT_A);
		assert_true(fake_called("pwrite at 0") == !i);
		assert_true(fake_called("pwrite at 4096"));
	}
}

static void put_grubenv(const char *text)
{
	memset(disk, '#', sizeof(disk));
	memcpy(disk + AT, HEAD, strlen(HEAD));
	memcpy(disk + AT + strlen(HEAD), text, strlen(text));
	loader.ops = &loader_grubenv;
	setup();
}

static void the_block_of_grub(void **state)
{
	uint8_t expected[1024];

	(void)state;
	put_grubenv("saved_entry=0\nlamina_default=b\nlamina_once=a\n");
	assert_reads(BOOT_SLOT_B, BOOT_SLOT_A);
	put_grubenv("lamina_default=b\nlamina_once=\n");
	assert_reads(BOOT_SLOT_B, BOOT_SLOT_NONE);
	/* GRUB sees that far, so it counts, and goes */
	memcpy(disk + AT + 900, "\nlamina_once=b\n", 15);
	setup();
	assert_reads(BOOT_SLOT_B, BOOT_SLOT_B);
	assert_writes(BOOT_SLOT_B, BOOT_SLOT_NONE);
	memset(expected, '#', sizeof(expected));
	memcpy(expected, HEAD "lamina_default=b\n", strlen(HEAD) + 17);
	assert_memory_equal(bytes(0), disk, AT);
	assert_memory_equal(bytes(0) + AT, expected, sizeof(expected));
	assert_memory_equal(bytes(0) + AT + 1024, disk + AT + 1024, ROOM - AT - 1024);
	disk[AT + 3] ^= 1;
	setup();
	assert_reads(BOOT_SLOT_A, BOOT_SLOT_NONE);
	assert_writes(BOOT_SLOT_B, BOOT_SLOT_A);
	assert_int_equal(memcmp(bytes(0) + AT, HEAD "lamina_default=b\nlamina_once=a\n#",
				strlen(HEAD) + 32),
			 0);
}

/* The old words or the new, in what a reader takes, whatever the call that failed. */
static void check_words(int r, const char *call)
{
	struct loader_words found = { .usual = BOOT_SLOT_NONE };
	struct err err = ERR_INIT;

	assert_int_equal(loader.ops->read(&loader, &found, &err), 0);
	assert_int_equal(found.usual, BOOT_SLOT_A);
	if (found.once != BOOT_SLOT_B && (r == 0 || found.once != BOOT_SLOT_NONE))
		fail_msg("%s: once is %d", call ? call : "good", found.once);
}

/* It can do without a look at what is there, and without direct reads. */
static bool can_do_without(const char *call)
{
	return strncmp(call, "pread", 5) == 0 || strncmp(call, "fcntl", 5) == 0 ||
	       strncmp(call, "fadvise", 7) == 0;
}

static void setup_a(void)
{
	if (loader.ops == &loader_sector)
		start_with(&loader_sector, "lamina_default=a|", "lamina_default=a|");
	else
		put_grubenv("lamina_default=a\n");
}

static void every_call_fails(void **state)
{
	struct fake_sweep sweep = {
		.setup = setup_a,
		.run = write_words,
		.names = "/dev/vdb",
		.forgives = can_do_without,
		.check = check_words,
	};

	(void)state;
	words = (struct loader_words){ BOOT_SLOT_A, BOOT_SLOT_B };
	loader.ops = &loader_sector;
	assert_true(fake_sweep(&sweep) > 10);
	loader.ops = &loader_grubenv;
	assert_true(fake_sweep(&sweep) > 5);
}

static int read_words(struct err *err)
{
	struct loader_words found;
	int r = loader.ops->read(&loader, &found, err);

	/* a copy that can't be read is not one that says a: the other one is asked */
	return r < 0 ? r : found.once == BOOT_SLOT_B ? 0 : -ENODATA;
}

static void setup_once(void)
{
	start_with(&loader_sector, "lamina_default=a|lamina_once=b|",
		   "lamina_default=a|lamina_once=b|");
}

static void setup_once_in_grubenv(void)
{
	put_grubenv("lamina_default=a\nlamina_once=b\n");
}

static void reading_fails(void **state)
{
	struct fake_sweep sweep = {
		.setup = setup_once,
		.run = read_words,
		.names = "/dev/vdb",
		.forgives = can_do_without,
	};
	struct loader_words found;
	struct err err = ERR_INIT;

	(void)state;
	loader.ops = &loader_sector;
	assert_int_equal(fake_sweep(&sweep), 2);
	/* of which there is one */
	loader.ops = &loader_grubenv;
	sweep.setup = setup_once_in_grubenv;
	sweep.forgives = NULL;
	assert_int_equal(fake_sweep(&sweep), 2);
	loader.ops = &loader_sector;
	fake_reset();
	fake_boot();
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", disk, 512);
	assert_int_equal(loader_sector.read(&loader, &found, &err), -EIO);
	assert_string_equal(err.text, "/dev/vdb: Input/output error");
}

static void a_medium_that_forgets(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	loader.ops = &loader_sector;
	setup_a();
	fake_config.bad_flush = 1; /* the first is the other copy's */
	words = (struct loader_words){ BOOT_SLOT_A, BOOT_SLOT_B };
	assert_int_equal(write_words(&err), -EIO);
	assert_string_equal(err.text, "/dev/vdb: copy 1: the medium did not keep it");
	/* of what failed nobody knows: the other copy has it */
	assert_reads(BOOT_SLOT_A, BOOT_SLOT_B);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_words_of_a_script),
		cmocka_unit_test(up_to_its_last_byte),
		cmocka_unit_test(torn_copies),
		cmocka_unit_test(the_sector),
		cmocka_unit_test(the_sector_as_written),
		cmocka_unit_test(never_both_torn),
		cmocka_unit_test(only_what_changes),
		cmocka_unit_test(the_block_of_grub),
		cmocka_unit_test(every_call_fails),
		cmocka_unit_test(reading_fails),
		cmocka_unit_test(a_medium_that_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
