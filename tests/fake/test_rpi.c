/* SPDX-License-Identifier: Apache-2.0 */
/* autoboot.txt in its one sector of a FAT, found and changed without a file system. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/le.h"
#include "fake/fake.h"
#include "loader/loader.h"

#define SECTORS 16
#define TEXT "[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n"
#define OTHER "[all]\ntryboot_a_b=1\nboot_partition=3\n[tryboot]\nboot_partition=2\n"

static const struct loader loader = { .ops = &loader_rpi,
				      .path = "/dev/vdb1",
				      .slots = { "/dev/vdb2", "/dev/vdb3" } };
static uint8_t fat[SECTORS * 512];
static size_t text_at; /* in fat */
static bool wide;
static const char *text;
static struct loader_words words;

static void put_entry(uint8_t *at, const char *name, uint8_t kind, uint32_t cluster,
		      size_t size)
{
	memcpy(at, name, 11);
	at[11] = kind;
	le_put(at + 20, cluster >> 16, 2);
	le_put(at + 26, cluster & 0xffff, 2);
	le_put(at + 28, size, 4);
}

/* A FAT16 with its root directory in sector 3, or a FAT32 with that in cluster 2; clusters of one
 * sector, the second of which is sector 4. */
static void put_fat(void)
{
	uint8_t *root = fat + (wide ? 4 : 3) * (size_t)512;

	memset(fat, 0, sizeof(fat));
	le_put(fat + 11, 512, 2);
	fat[13] = 1;
	le_put(fat + 14, wide ? 2 : 1, 2);
	fat[16] = 2;
	le_put(fat + 17, wide ? 0 : 16, 2);
	le_put(fat + (wide ? 36 : 22), 1, 2);
	le_put(fat + 44, wide ? 2 : 0x1234, 4);
	le_put(fat + 510, 0xaa55, 2);
	put_entry(root, "AUTOBOOTTXT", 0x08, 0, 0); /* a label of that name */
	put_entry(root + 32, "CONFIG  TXT", 0x20, 6, 5);
	put_entry(root + 64, "AUTOBOOTTXT", 0x20, 5, strlen(text));
	text_at = 7 * (size_t)512;
	memset(fat + text_at, 0xee, 512); /* slack, which stays */
	memcpy(fat + text_at, text, strlen(text));
}

static void put_disks(void)
{
	static const uint8_t mbr[512] = { [510] = 0x55, [511] = 0xaa };

	fake_reset();
	fake_boot();
	fake_disk("vdb", NULL, "DEVNAME=vdb\nDEVTYPE=disk\n", mbr, sizeof(mbr));
	fake_disk("vdb1", "vdb", "DEVNAME=vdb1\nDEVTYPE=partition\nPARTN=1\n", fat,
		  sizeof(fat));
	fake_disk("vdb2", "vdb", "DEVNAME=vdb2\nDEVTYPE=partition\nPARTN=2\n", mbr, 512);
	fake_disk("vdb3", "vdb", "DEVNAME=vdb3\nDEVTYPE=partition\nPARTN=3\n", mbr, 512);
}

static void setup(void)
{
	put_fat();
	put_disks();
}

static void start_with(const char *the_text, bool is_wide)
{
	text = the_text;
	wide = is_wide;
	setup();
}

static int write_words(struct err *err)
{
	return loader.ops->write(&loader, &words, err);
}

static void assert_writes(enum boot_slot usual, enum boot_slot once, const char *expected)
{
	struct loader_words found;
	struct err err = ERR_INIT;
	int r;

	words = (struct loader_words){ usual, once };
	if (fake_run(write_words, &err, &r) !=
	    (once && once != usual ? FAKE_REBOOTED : FAKE_RETURNED))
		fail_msg("%d: %s", r, err.text);
	assert_true(r >= 0);
	memcpy(fat + text_at, expected, strlen(expected));
	assert_memory_equal(fake_text_of("/dev/vdb1"), fat, sizeof(fat));
	assert_int_equal(loader.ops->read(&loader, &found, &err), 0);
	assert_int_equal(found.usual, usual);
	assert_int_equal(found.once, BOOT_SLOT_NONE); /* which nobody could know */
	assert_null(fake_leaks());
}

/* Only the two numbers change, and only when they have to. */
static void in_place(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		start_with(TEXT, i);
		assert_writes(BOOT_SLOT_A, BOOT_SLOT_NONE, TEXT);
		assert_false(fake_called("pwrite"));
		assert_writes(BOOT_SLOT_B, BOOT_SLOT_NONE, OTHER);
		assert_writes(BOOT_SLOT_B, BOOT_SLOT_A, OTHER);
		assert_true(fake_called("reboot to 0 tryboot"));
		assert_writes(BOOT_SLOT_A, BOOT_SLOT_NONE, TEXT);
	}
	/* of a section that means nothing here, and without one */
	start_with("boot_partition=2\n[pi4]\nboot_partition=9\n[tryboot]\r\nx=1\n"
		   "boot_partition=3\r\n",
		   false);
	assert_writes(BOOT_SLOT_B, BOOT_SLOT_A,
		      "boot_partition=3\n[pi4]\nboot_partition=9\n[tryboot]\r\nx=1\n"
		      "boot_partition=2\r\n");
}

static void assert_refuses(int number, const char *says)
{
	struct err err = ERR_INIT;

	words = (struct loader_words){ BOOT_SLOT_B, BOOT_SLOT_NONE };
	assert_int_equal(write_words(&err), number);
	if (!strstr(err.text, says))
		assert_string_equal(err.text, says);
	assert_memory_equal(fake_text_of("/dev/vdb1"), fat, sizeof(fat));
	assert_null(fake_leaks());
}

static void what_it_is_not(void **state)
{
	static char large[600];

	(void)state;
	start_with("[all]\nboot_partition=2\n", false);
	assert_refuses(-EBADMSG, "autoboot.txt: no boot_partition= of 1 digits below");
	start_with("[all]\nboot_partition=12\n[tryboot]\nboot_partition=3", false);
	assert_refuses(-EBADMSG, "of 1 digits below [all]");
	start_with("[all]\nboot_partition=2\n[tryboot]\nboot_partition=", false);
	assert_refuses(-EBADMSG, "below [tryboot]");
	memset(large, '#', sizeof(large) - 1);
	start_with(large, false);
	assert_refuses(-EFBIG, "autoboot.txt: ");
	start_with("", false);
	assert_refuses(-EBADMSG, "below [all]");
}

/* Whatever a first sector or a directory says, an end is found. */
static void other_file_systems(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		start_with(TEXT, i);
		fat[(i ? 4 : 3) * 512 + 64] = 'X';
		put_disks();
		assert_refuses(-ENOENT, "autoboot.txt: No such file");
		start_with(TEXT, i);
		fat[13] = 0; /* no clusters */
		put_disks();
		assert_refuses(-EBADMSG, "autoboot.txt: ");
		start_with(TEXT, i);
		le_put(fat + (i ? 4 : 3) * (size_t)512 + 64 + 26, 0xfff0, 2);
		put_disks();
		assert_refuses(-EIO, "autoboot.txt: ");
		start_with(TEXT, i);
		memset(fat, 0xff, sizeof(fat));
		le_put(fat + 510, 0xaa55, 2);
		put_disks();
		assert_refuses(-EBADMSG, "autoboot.txt: ");
	}
	memset(fat, 0, sizeof(fat));
	put_disks();
	assert_refuses(-EBADMSG, "autoboot.txt: ");
}

static void what_the_firmware_says(void **state)
{
	(void)state;
	start_with(TEXT, false);
	assert_int_equal(loader.ops->runs(&loader), BOOT_SLOT_NONE);
	fake_bytes("/proc/device-tree/chosen/bootloader/partition", "\0\0\0\3", 4);
	assert_int_equal(loader.ops->runs(&loader), BOOT_SLOT_B);
}

static void setup_text(void)
{
	start_with(TEXT, true);
}

static void check_text(int r, const char *call)
{
	const char *now = fake_text_of("/dev/vdb1") + text_at;

	(void)call;
	assert_true(memcmp(now, TEXT, strlen(TEXT)) == 0 ||
		    memcmp(now, OTHER, strlen(OTHER)) == 0);
	if (r == 0)
		assert_memory_equal(now, OTHER, strlen(OTHER));
}

static bool is_direct(const char *call)
{
	return strncmp(call, "fcntl", 5) == 0 || strncmp(call, "fadvise", 7) == 0 ||
	       strncmp(call, "pread", 5) == 0; /* again, through the cache */
}

static void every_call_fails(void **state)
{
	const struct fake_sweep sweep = {
		.setup = setup_text,
		.run = write_words,
		.names = "autoboot.txt|/dev/vdb|reboot",
		.forgives = is_direct,
		.check = check_text,
	};

	(void)state;
	words = (struct loader_words){ BOOT_SLOT_B, BOOT_SLOT_A };
	assert_true(fake_sweep(&sweep) > 20);
}

static void setup_b(void)
{
	setup_text();
	fake_bytes("/proc/device-tree/chosen/bootloader/partition", "\0\0\0\3", 4);
}

static int read_words(struct err *err)
{
	struct loader_words found;
	int r = loader.ops->read(&loader, &found, err);

	return r < 0 ? r : found.usual == BOOT_SLOT_B ? -ENODATA : 0;
}

static int ask_what_runs(struct err *err)
{
	enum boot_slot slot = loader.ops->runs(&loader);

	(void)err;
	return slot == BOOT_SLOT_A ? -ENODATA : 0;
}

/* Which partition a slot is may stay unknown. */
static bool is_of_a_slot(const char *call)
{
	return !strstr(call, "vdb1");
}

/* What can't be read is not said to be another slot. */
static void reading_fails(void **state)
{
	struct fake_sweep sweep = {
		.setup = setup_b,
		.run = read_words,
		.names = "autoboot.txt|/dev/vdb",
		.forgives = is_of_a_slot,
	};

	(void)state;
	assert_true(fake_sweep(&sweep) >= 5);
	sweep.run = ask_what_runs;
	sweep.forgives = fake_forgives_all;
	assert_true(fake_sweep(&sweep) >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_place),
		cmocka_unit_test(what_it_is_not),
		cmocka_unit_test(other_file_systems),
		cmocka_unit_test(what_the_firmware_says),
		cmocka_unit_test(every_call_fails),
		cmocka_unit_test(reading_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
