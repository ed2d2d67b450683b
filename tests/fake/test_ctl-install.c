/* SPDX-License-Identifier: Apache-2.0 */
/* The command as a whole, on a device whose store is read-only while nobody changes it. */
#include <sys/mount.h>

#include "ctl/ctl.h"
#include "ctl/guard.h"
#include "fake/store.h"
#include "format/keyring.h"
#include "format/record.h"

#define FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)

extern const struct cmd cmd_install;

static struct test_image stray; /* which no record names */
static struct ctl ctl;

/* In place of ctl/guard.c: what a process of its own did to a made-up kernel, this one would
 * not see. */
int guard_run(int (*work)(void *context, uint64_t ret_counts[GUARD_COUNTS],
			  struct err *err),
	      void *context, uint64_t ret_counts[GUARD_COUNTS], struct err *err)
{
	return work(context, ret_counts, err);
}

static void put_record(const char *path)
{
	static uint8_t bytes[RECORD_ROOM];
	struct record record = { .seq = 4, .current = old.digest };
	struct digest sum;

	record_encode(&record, bytes);
	(void)sha256_of(bytes, RECORD_SUM_OFFSET, &sum);
	memcpy(bytes + RECORD_SUM_OFFSET, &sum, RECORD_SUM_SIZE);
	memcpy(bytes + RECORD_STRIDE, bytes, RECORD_SIZE);
	fake_bytes(path, bytes, sizeof(bytes));
}

static void put_run(void)
{
	char text[2048];

	fake_text("/run/lamina/policy", "store /dev/vda\ncompatible acme,thermostat\n");
	assert_true(keyring_write(&image_settings.keyring, text, sizeof(text)) > 0);
	fake_text("/run/lamina/keyring", text);
	(void)snprintf(text, sizeof(text), "id=%s\nslot=current\nstore=read-only\n",
		       old.id);
	fake_text("/run/lamina/image", text);
}

static void setup(void)
{
	static const char disk[65536];

	fake_reset();
	fake_boot();
	fake_disk("vda", NULL, "DEVNAME=vda\nDEVTYPE=disk\n", disk, sizeof(disk));
	put_image("@/dev/vda:", &old);
	put_image("@/dev/vda:", &stray);
	put_record("@/dev/vda:state");
	fake_text("@/dev/vda:incoming/0", "of a download that was given up");
	put_run();
	fake_bytes("/source", bundle, bundle_size);
	fake_dir("/store");
	assert_int_equal(sys_mount("/dev/vda", "/store", "ext4", FLAGS, NULL), 0);
}

static int install_source(void)
{
	static const struct cmd *const commands[] = { &cmd_install, NULL };
	static const struct cmd_program program = { .name = "laminactl",
						    .commands = commands,
						    .context = &ctl };
	char *argv[] = { "laminactl", "install", "/source", NULL };

	ctl = (struct ctl){ .run = "/run/lamina", .store = "/store" };
	return cmd_main(&program, 3, argv);
}

static void read_state(struct record *ret_record)
{
	assert_int_equal(record_decode((const uint8_t *)fake_text_of("/store/state"),
				       ret_record, NULL),
			 0);
}

/* What lasts, in its order: all of the image first, which is on the medium before the record
 * names it, and what nobody needs any more only after that. */
static void as_written(void **state)
{
	struct record record;

	(void)state;
	setup();
	assert_int_equal(install_source(), 0);
	assert_true(is_whole(&new) && is_whole(&old));
	assert_false(is_listed(&stray));
	read_state(&record);
	assert_true(digest_equal(&record.candidate, &new.digest));
	assert_true(digest_equal(&record.current, &old.digest));
	assert_null(fake_leaks());
	fake_as_written("ctl-install");
}

static int start_all(void **state)
{
	int r = start(state);

	image_layer(&stray, 9, 4096);
	image_sign(&stray, 1);
	return r;
}

static int stop_all(void **state)
{
	image_release(&stray);
	return stop(state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_written),
	};

	return cmocka_run_group_tests(tests, start_all, stop_all);
}
