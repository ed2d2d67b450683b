/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening, making and lengthening an encrypted volume, on a partition and in a file of the store, with
 * each call failing in turn, and with the power cut at each: the next boot opens it, or makes it where
 * nothing was kept yet. Of a file that others cut off, nothing is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/le.h"
#include "base/sys.h"
#include "ctl/erase.h"
#include "fake/fake.h"
#include "init/pid1/console.h"
#include "init/vault/vault.h"
#include "store/vault.h"

#define SIZE POLICY_ENCRYPTED_LEAST
#define BLOCK 4096
#define SECRET "0123456789abcdef0123456789abcdef"
#define TARGET "/run/lamina/vault"
#define FILE_NAME "/store/" VAULT_FILE
#define HALF FILE_NAME ".new"
#define LONGER (SIZE + 32 * BLOCK)

static uint8_t disk[LONGER];	 /* as it is before */
static size_t disk_size;	 /* of a file that is there */
static uint64_t encrypted_bytes; /* that the policy wants */
static const uint8_t *template;
static struct policy policy;
static bool is_file, is_made;

static void setup(void)
{
	static const char noise[4096] = "unguessable";

	fake_reset();
	fake_bytes("@devtmpfs:random", noise, sizeof(noise));
	fake_dir("@ext4:volumes");
	fake_boot();
	fake_dir("/run/lamina");
	fake_dir("/store");
	template = fake_template();
	fake_text("/bin/secret", "a program");
	fake_disk("vdb", NULL, "DEVNAME=vdb\n", disk, is_file ? BLOCK : SIZE);
	if (is_file && is_made)
		fake_bytes(FILE_NAME, disk, disk_size);
	fake_config.child_says = SECRET;
	policy = (struct policy){ .secret = "/bin/secret",
				  .encrypted_bytes = encrypted_bytes };
	if (!is_file)
		(void)stpcpy(policy.encrypted, "/dev/vdb");
	console_open();
}

static int open_vault(struct err *err)
{
	__fd int dir = vault_mount(&policy, "/store", TARGET, err);

	return dir < 0 ? dir : 0;
}

static const uint8_t *bytes(void)
{
	return (const uint8_t *)fake_text_of(is_file ? FILE_NAME : "/dev/vdb");
}

static size_t size_of(const char *path)
{
	struct stat st;

	return sys_fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0
		       ? (size_t)st.st_size
		       : 0;
}

static void assert_opens(const char *call)
{
	struct err err = ERR_INIT;
	int r = open_vault(&err);

	if (r < 0)
		fail_msg("after %s: %s", call ? call : "none", err.text);
	if (is_file)
		assert_int_equal(size_of(FILE_NAME), encrypted_bytes);
	/* but for where its superblock is */
	assert_memory_equal(bytes() + VAULT_DATA, template + 24 + 8, 1024);
	assert_memory_equal(bytes() + VAULT_DATA + 4 * BLOCK,
			    template + 24 + 8 + BLOCK + 8, BLOCK);
}

static void opens_next_time(int r, const char *call)
{
	static uint8_t before[VAULT_DATA];

	if (is_made)
		assert_memory_equal(bytes(), disk, disk_size);
	else if (is_file && fake_exists(FILE_NAME)) /* under its name, it is whole */
		assert_int_equal(size_of(FILE_NAME), SIZE);
	if (r < 0 && !strstr(call, "unlinkat"))
		assert_false(fake_exists(HALF));
	if (r == 0) { /* and it is whole */
		memcpy(before, bytes(), sizeof(before));
		assert_true(fake_called("mount"));
	}
	/* no kernel refuses that */
	if (call && strncmp(call, "umount2", 7) == 0)
		(void)sys_umount2(TARGET, MNT_DETACH);
	if (r == 0)
		assert_int_equal(sys_umount2(TARGET, MNT_DETACH), 0);
	assert_opens(call);
	assert_int_equal(sys_umount2(TARGET, MNT_DETACH), 0);
	if (r == 0)
		assert_memory_equal(bytes(), before, sizeof(before));
}

/* It works as large as it was; what is said need not be heard; and what is in no one's way need not be
 * removed. */
static bool forgives(const char *call)
{
	static const char *const calls[] = { "ioctl 0x6610", "write,", "unlinkat",
					     "openat /run/lamina/log",
					     "pread, openat /dev/dm-" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strncmp(call, calls[i], strlen(calls[i])) == 0)
			return true;
	}
	return strstr(fake_console(), "encrypted volumes: growing them: ");
}

/* Whatever it says, that child is none. */
static int translates(const char *call)
{
	return strncmp(call, "waitpid", 7) == 0 ? ECHILD : 0;
}

/* What the power left, on the next machine. */
static void start_again(void)
{
	static const char *const names[] = { FILE_NAME, HALF };
	static uint8_t kept[2][LONGER];
	size_t sizes[2] = { 0 };
	bool there[2] = { false }, made = is_made;

	if (!is_file) {
		memcpy(kept[0], bytes(), SIZE);
		setup();
		memcpy((uint8_t *)(uintptr_t)bytes(), kept[0], SIZE);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		there[i] = fake_exists(names[i]);
		sizes[i] = there[i] ? size_of(names[i]) : 0;
		if (sizes[i])
			memcpy(kept[i], fake_text_of(names[i]), sizes[i]);
	}
	is_made = false;
	setup();
	is_made = made;
	for (size_t i = 0; i < 2; i++) {
		if (there[i])
			fake_bytes(names[i], kept[i], sizes[i]);
	}
}

static void cut_each(void)
{
	char call[96];
	int n = 0;

	do {
		struct err err = ERR_INIT;

		setup();
		fake_cut(++n);
		(void)open_vault(&err);
		(void)snprintf(call, sizeof(call), "%s",
			       fake_failed() ? fake_failed() : "");
		fake_fail(0, 0);
		if (is_file && !is_made && fake_exists(FILE_NAME))
			assert_int_equal(size_of(FILE_NAME), SIZE);
		start_again();
		assert_opens(call);
		if (is_made)
			assert_memory_equal(bytes(), disk, disk_size);
		assert_false(fake_exists(HALF));
	} while (call[0]);
	assert_true(n > 20);
}

static void sweep(bool file, bool made)
{
	struct fake_sweep all = {
		.setup = setup,
		.run = open_vault,
		.names = "encrypted",
		.forgives = forgives,
		.translates = translates,
		.check = opens_next_time,
	};

	is_file = file;
	is_made = made;
	assert_true(fake_sweep(&all) > 20);
}

/* A volume of that size in disk[], with a file system that has all of it. */
static void make_one(size_t size)
{
	uint8_t *head = disk + VAULT_DATA + 1024;

	memset(disk, 0, sizeof(disk));
	is_file = is_made = false;
	encrypted_bytes = disk_size = SIZE;
	setup();
	assert_opens(NULL);
	memcpy(disk, bytes(), SIZE);
	le_put(head + 4, (size - VAULT_DATA) / BLOCK, 4);
	le_put(head + 0x18, 2, 4);
	le_put(head + 0x38, 0xef53, 2);
	le_put(head + 0x150, 0, 4);
	is_file = is_made = true;
	encrypted_bytes = disk_size = size;
}

static void making_fails(void **state)
{
	(void)state;
	memset(disk, 0, sizeof(disk));
	encrypted_bytes = disk_size = SIZE;
	sweep(false, false);
	cut_each();
	sweep(true, false);
	cut_each();
}

static void opening_fails(void **state)
{
	(void)state;
	make_one(SIZE);
	sweep(false, true);
	sweep(true, true);
}

static void growing_fails(void **state)
{
	(void)state;
	make_one(SIZE);
	encrypted_bytes = LONGER;
	setup();
	assert_opens(NULL);
	assert_true(fake_called("fallocate"));
	assert_true(fake_called("ioctl 0x6610"));
	sweep(true, true);
	cut_each();
	/* as it is it works, too */
	setup();
	fake_config.free_blocks = 2;
	encrypted_bytes = SIZE;
	assert_opens(NULL);
	assert_non_null(strstr(fake_console(), "growing them: 128.0 KiB of room: "));
}

static void assert_cut_off(size_t size, const char *words)
{
	struct err err = ERR_INIT;

	disk_size = size;
	setup();
	assert_int_equal(open_vault(&err), -EUCLEAN);
	if (!strstr(err.text, words))
		fail_msg("%s", err.text);
	assert_false(fake_called("fallocate"));
	assert_int_equal(size_of(FILE_NAME), size);
	if (size)
		assert_memory_equal(bytes(), disk, size);
	assert_null(fake_leaks());
	assert_false(fake_exists(HALF));
}

/* Zeros in place of what is gone would be taken for what the images kept. */
static void what_was_cut_off(void **state)
{
	(void)state;
	make_one(LONGER);
	for (int longer = 0; longer < 2; longer++) {
		encrypted_bytes = LONGER + (longer ? BLOCK : 0);
		assert_cut_off(LONGER - 1, "encrypted file of the store: 4.0 KiB of its");
		assert_cut_off(SIZE, "128.0 KiB of its file system were cut off");
		assert_cut_off(SIZE - 1, "132.0 KiB of its file system were cut off");
		assert_cut_off(VAULT_LEAST, "15.1 MiB of its file system were cut off");
		assert_cut_off(VAULT_DATA, "it was cut off: 1048576 bytes are left");
		assert_cut_off(0, "it was cut off: 0 bytes are left");
	}
}

/* The next boot makes one. */
static void reset_of_what_was_cut_off(void **state)
{
	static const size_t sizes[] = { 0, 100, VAULT_STRIDE + 100, SIZE - 1, SIZE };
	static struct ctl ctl;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct err err = ERR_INIT;
		int store;

		make_one(LONGER);
		disk_size = sizes[i];
		setup();
		ctl.settings.policy = policy;
		store = sys_openat(AT_FDCWD, "/store", O_RDONLY | O_DIRECTORY, 0);
		assert_int_equal(erase_encrypted(&ctl, store, &err), 0);
		fd_close(store);
		start_again();
		assert_opens(NULL);
	}
}

/* What an older init left, that had made room under its name; and what was erased. */
static void nothing_in_it_yet(void **state)
{
	(void)state;
	memset(disk, 0, sizeof(disk));
	is_file = is_made = true;
	encrypted_bytes = disk_size = SIZE;
	setup();
	assert_opens(NULL);
	encrypted_bytes = LONGER;
	setup();
	assert_opens(NULL);
}

/* Of a making that was cut off, whatever it holds. */
static void what_is_unfinished(void **state)
{
	(void)state;
	make_one(SIZE);
	is_made = false;
	disk[VAULT_DATA + BLOCK * 4] = 'z';
	setup();
	fake_bytes(HALF, disk, SIZE / 2);
	assert_opens(NULL);
	assert_false(fake_exists(HALF));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(making_fails),
		cmocka_unit_test(opening_fails),
		cmocka_unit_test(growing_fails),
		cmocka_unit_test(what_was_cut_off),
		cmocka_unit_test(reset_of_what_was_cut_off),
		cmocka_unit_test(nothing_in_it_yet),
		cmocka_unit_test(what_is_unfinished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
