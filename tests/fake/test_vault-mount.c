/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and making an encrypted volume, on a partition and in a file of the store, with each call
 * failing in turn: the next boot opens it, or makes it where nothing was kept yet.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fake/fake.h"
#include "init/vault/vault.h"
#include "store/vault.h"

#define SIZE POLICY_ENCRYPTED_LEAST
#define BLOCK 4096
#define SECRET "0123456789abcdef0123456789abcdef"
#define TARGET "/run/lamina/vault"
#define FILE_NAME "/store/" VAULT_FILE

static uint8_t disk[SIZE];
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
	fake_disk("vdb", NULL, "DEVNAME=vdb\n", disk, is_file ? BLOCK : sizeof(disk));
	if (is_file && is_made)
		fake_bytes(FILE_NAME, disk, sizeof(disk));
	fake_config.child_says = SECRET;
	policy = (struct policy){ .secret = "/bin/secret", .encrypted_bytes = SIZE };
	if (!is_file)
		(void)stpcpy(policy.encrypted, "/dev/vdb");
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

static void assert_opens(const char *call)
{
	struct err err = ERR_INIT;
	int r = open_vault(&err);

	if (r < 0)
		fail_msg("after %s: %s", call ? call : "none", err.text);
	assert_memory_equal(bytes() + VAULT_DATA, template + 24 + 8, BLOCK);
	assert_memory_equal(bytes() + VAULT_DATA + 4 * BLOCK,
			    template + 24 + 8 + BLOCK + 8, BLOCK);
}

static void opens_next_time(int r, const char *call)
{
	static uint8_t before[VAULT_DATA];

	if (is_made)
		assert_memory_equal(bytes(), disk, SIZE);
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

/* It works as large as it was; and what is said need not be heard. */
static bool forgives(const char *call)
{
	return strncmp(call, "ioctl 0x6610", 12) == 0 || strncmp(call, "write,", 6) == 0;
}

/* Whatever it says, that child is none. */
static int translates(const char *call)
{
	return strncmp(call, "waitpid", 7) == 0 ? ECHILD : 0;
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

static void making_fails(void **state)
{
	(void)state;
	memset(disk, 0, sizeof(disk));
	sweep(false, false);
	sweep(true, false);
}

static void opening_fails(void **state)
{
	(void)state;
	memset(disk, 0, sizeof(disk));
	is_file = is_made = false;
	setup();
	assert_opens(NULL);
	memcpy(disk, bytes(), sizeof(disk));
	sweep(false, true);
	sweep(true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(making_fails),
		cmocka_unit_test(opening_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
