/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's variables, as efivarfs has them, and every way of failing to change them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/le.h"
#include "fake/fake.h"
#include "loader/loader.h"
#include "stack/mount.h"

#define VARS "/sys/firmware/efi/efivars/"
#define VENDOR "-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static const struct loader loader = { .ops = &loader_efi,
				      .slots = { "/dev/vdb1", "/dev/vdb2" } };
static struct loader_words words;
static const char *order, *next; /* in hex, NULL: none */

static char *path_of(const char *name)
{
	static char path[160];

	(void)snprintf(path, sizeof(path), "%s%s" VENDOR, VARS, name);
	return path;
}

/* @numbers: "0001 4c41". */
static void put(const char *name, const char *numbers)
{
	uint8_t bytes[64] = { 7 };
	size_t used = 4;

	for (char *end; numbers && *numbers; numbers = end, used += 2)
		le_put(bytes + used, strtoul(numbers, &end, 16), 2);
	if (numbers)
		fake_bytes(path_of(name), bytes, used);
}

static void setup(void)
{
	static uint8_t disk[65536];
	FILE *file = fopen("tests/data/disk/gpt", "re");

	assert_non_null(file);
	assert_int_equal(fread(disk, 1, 17408, file), 17408);
	(void)fclose(file);
	fake_reset();
	fake_boot();
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", disk, sizeof(disk));
	fake_disk("vdb1", "vdb", "DEVNAME=vdb1\nDEVTYPE=partition\nPARTN=1\n", disk, 512);
	fake_disk("vdb2", "vdb", "DEVNAME=vdb2\nDEVTYPE=partition\nPARTN=2\n", disk, 512);
	fake_dir("/sys/firmware/efi/efivars");
	/* somebody has it mounted; there is one of it */
	assert_int_equal(
		mount_new("efivarfs", NULL, NULL, 0, "/sys/firmware/efi/efivars", NULL),
		0);
	put("BootOrder", order);
	put("BootNext", next);
	put("Boot0001", "1234");
}

/* What a variable is, as put() takes it; "": it is not there. */
static const char *value(const char *name)
{
	static char text[128];
	const char *bytes = fake_text_of(path_of(name));
	size_t used = 0;

	text[0] = '\0';
	if (!bytes)
		return text;
	assert_int_equal(bytes[0], 7);
	/* what is behind the value is one zero, and no number here begins with one */
	for (size_t i = 4; bytes[i]; i += 2)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s%04x", used ? " " : "",
			(unsigned int)le_get((const uint8_t *)bytes + i, 2));
	return text;
}

static int write_words(struct err *err)
{
	return loader.ops->write(&loader, &words, err);
}

static void assert_writes(enum boot_slot usual, enum boot_slot once)
{
	struct err err = ERR_INIT;

	words = (struct loader_words){ usual, once };
	if (write_words(&err) < 0)
		fail_msg("%s", err.text);
	assert_null(fake_leaks());
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

static void start_with(const char *the_order, const char *the_next)
{
	order = the_order;
	next = the_next;
	setup();
}

static void what_is_next(void **state)
{
	(void)state;
	start_with(NULL, NULL);
	assert_reads(BOOT_SLOT_NONE, BOOT_SLOT_NONE);
	start_with("4c42 4c41 0001", "4c41");
	assert_reads(BOOT_SLOT_B, BOOT_SLOT_A);
	start_with("0001 4c41", "0001");
	assert_reads(BOOT_SLOT_NONE, BOOT_SLOT_NONE);
	start_with("", "");
	assert_reads(BOOT_SLOT_NONE, BOOT_SLOT_NONE);
	fake_bytes(path_of("BootOrder"), "\7\0", 2);
	assert_reads(BOOT_SLOT_NONE, BOOT_SLOT_NONE);
	put("BootCurrent", "4c42");
	assert_int_equal(loader.ops->runs(&loader), BOOT_SLOT_B);
	put("BootCurrent", "0000");
	assert_int_equal(loader.ops->runs(&loader), BOOT_SLOT_NONE);
}

/* Ours before all others, whose order stays. */
static void the_order(void **state)
{
	(void)state;
	start_with("0001 4c41 0003", NULL);
	assert_writes(BOOT_SLOT_B, BOOT_SLOT_A);
	assert_string_equal(value("BootOrder"), "4c42 4c41 0001 0003");
	assert_string_equal(value("BootNext"), "4c41");
	assert_string_equal(value("Boot0001"), "1234");
	assert_writes(BOOT_SLOT_A, BOOT_SLOT_NONE);
	assert_string_equal(value("BootOrder"), "4c41 4c42 0001 0003");
	assert_string_equal(value("BootNext"), "");
	start_with(NULL, "0001"); /* somebody else's word stays */
	assert_writes(BOOT_SLOT_A, BOOT_SLOT_NONE);
	assert_string_equal(value("BootOrder"), "4c41 4c42");
	assert_string_equal(value("BootNext"), "0001");
}

/* Of partition 2, byte for byte. */
static void an_option(void **state)
{
	static const uint8_t expected[] = { 7, 0, 0, 0, 1, 0, 0, 0, 0, 0,
					    /* its name */
					    'L', 0, 'a', 0, 'm', 0, 'i', 0, 'n', 0, 'a',
					    0, ' ', 0, 'b', 0, 0, 0,
					    /* the partition, of a GPT by its id */
					    4, 1, 42, 0, 2, 0, 0, 0 };
	const uint8_t *bytes, *part;

	(void)state;
	start_with(NULL, NULL);
	assert_writes(BOOT_SLOT_A, BOOT_SLOT_NONE);
	bytes = (const uint8_t *)fake_text_of(path_of("Boot4C42"));
	assert_memory_equal(bytes, expected, 8);
	assert_memory_equal(bytes + 10, expected + 10, sizeof(expected) - 10);
	part = bytes + sizeof(expected);
	assert_int_equal(le_get(bytes + 8, 2), 42 + le_get(part + 36, 2) + 4);
	assert_true(le_get(part, 8) > 0 && le_get(part + 8, 8) > 0);
	assert_memory_equal(part + 16, "\xaa\xaa\xaa\xaa\0\0\0\x40\x80\0\0\0\0\0\0\2\2\2",
			    18);
	/* the file, and the end */
	assert_int_equal(le_get(part + 34, 2), 0x0404);
	assert_int_equal(part[38], '\\');
	assert_int_equal(part[40], 'E');
	assert_int_equal(le_get(part + 34 + le_get(part + 36, 2), 4), 0x0004ff7f);
}

/* Again before each use, where the firmware forgot or changed one; else nothing is written. */
static void options_are_made_again(void **state)
{
	int calls;

	(void)state;
	start_with("0001", NULL);
	assert_writes(BOOT_SLOT_A, BOOT_SLOT_B);
	calls = fake_calls();
	assert_writes(BOOT_SLOT_A, BOOT_SLOT_B);
	for (int n = calls + 1; n <= fake_calls(); n++)
		assert_null(strstr(fake_call(n), "write,"));
	put("Boot4C41", "0001");
	put("BootOrder", "0001");
	fake_immutable(path_of("Boot4C41"));
	assert_writes(BOOT_SLOT_A, BOOT_SLOT_B);
	assert_memory_equal(fake_text_of(path_of("Boot4C41")) + 4, "\1\0\0\0", 4);
	assert_string_equal(value("BootOrder"), "4c41 4c42 0001");
	assert_true(fake_called("ioctl 0x6602")); /* not immutable any more */
}

static void other_tables(void **state)
{
	static const uint8_t mbr[512] = { [510] = 0x55, [511] = 0xaa };
	struct err err = ERR_INIT;

	(void)state;
	start_with(NULL, NULL);
	fake_reset();
	fake_boot();
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", mbr, sizeof(mbr));
	fake_disk("vdb1", "vdb", "DEVNAME=vdb1\nDEVTYPE=partition\nPARTN=1\n", mbr, 512);
	assert_int_equal(write_words(&err), -ENOTSUP);
	assert_string_equal(err.text, "/dev/vdb1: not in a GPT");
}

static void setup_installed(void)
{
	start_with("0001 4c41 4c42 0002", "4c42");
}

static void check_order(int r, const char *call)
{
	const char *now = value("BootOrder");

	(void)call;
	assert_true(strcmp(now, "0001 4c41 4c42 0002") == 0 ||
		    strcmp(now, "4c42 4c41 0001 0002") == 0);
	if (r == 0)
		assert_string_equal(now, "4c42 4c41 0001 0002");
}

static void every_call_fails(void **state)
{
	struct fake_sweep sweep = {
		.setup = setup_installed,
		.run = write_words,
		.names = "firmware|/dev/vdb",
		.check = check_order,
	};

	(void)state;
	words = (struct loader_words){ BOOT_SLOT_B, BOOT_SLOT_NONE };
	assert_true(fake_sweep(&sweep) > 20);
	words.once = BOOT_SLOT_A;
	assert_true(fake_sweep(&sweep) > 20);
}

static int read_words(struct err *err)
{
	struct loader_words found;
	int r = loader.ops->read(&loader, &found, err);

	return r < 0							 ? r
	       : found.usual == BOOT_SLOT_A && found.once == BOOT_SLOT_B ? 0
									 : -ENODATA;
}

static void setup_current(void)
{
	start_with("4c41 4c42 0001", "4c42");
	put("BootCurrent", "4c42");
}

static int ask_what_runs(struct err *err)
{
	enum boot_slot slot = loader.ops->runs(&loader);

	(void)err;
	return slot == BOOT_SLOT_A ? -ENODATA : 0;
}

/* What can't be read is not said to be another slot. */
static void reading_fails(void **state)
{
	struct fake_sweep sweep = {
		.setup = setup_current,
		.run = read_words,
		.names = "firmware|Boot",
	};

	(void)state;
	assert_true(fake_sweep(&sweep) >= 5);
	sweep.run = ask_what_runs;
	sweep.forgives = fake_forgives_all;
	assert_true(fake_sweep(&sweep) >= 3);
}

/* A full store of variables is told as such, and leaves no half of one. */
static void no_room(void **state)
{
	struct err err = ERR_INIT;
	int n = 0, full = 0, r;

	(void)state;
	words = (struct loader_words){ BOOT_SLOT_A, BOOT_SLOT_B };
	do {
		start_with("0001", NULL);
		fake_fail(++n, ENOSPC);
		r = write_words(&err);
		if (!fake_failed() || strncmp(fake_failed(), "write,", 6) != 0)
			continue;
		full++;
		assert_int_equal(r, -ENOSPC);
		assert_non_null(strstr(err.text, "no room for its variable Boot"));
		if (strstr(err.text, "BootNext"))
			assert_string_equal(value("BootNext"), "");
	} while (fake_failed());
	assert_int_equal(full, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_next),	 cmocka_unit_test(the_order),
		cmocka_unit_test(an_option),	 cmocka_unit_test(options_are_made_again),
		cmocka_unit_test(other_tables),	 cmocka_unit_test(every_call_fails),
		cmocka_unit_test(reading_fails), cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
