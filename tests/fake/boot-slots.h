/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A device with two boot slots (vdc, vdd) and a script's sector (vdb), whose current image and
 * kernel run from slot a; in the fake kernel. */
#include <sys/mount.h>

#include "base/le.h"
#include "block/find/gpt.h"
#include "ctl/ctl.h"
#include "ctl/guard.h"
#include "fake/store.h"
#include "format/keyring.h"
#include "format/record.h"
#include "loader/loader.h"

#define FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define SLOT_ROOM 40000
#define BOOT_SIZE 30001

static struct ctl ctl;
static uint8_t slot_a[SLOT_ROOM], slot_b[SLOT_ROOM], sector[8192];
static struct record record;
static const char *running_slot;

/* In place of ctl/guard.c: what a process of its own did to a made-up kernel, this one would
 * not see. */
int guard_run(int (*work)(void *context, uint64_t ret_counts[GUARD_COUNTS],
			  struct err *err),
	      void *context, uint64_t ret_counts[GUARD_COUNTS], struct err *err)
{
	return work(context, ret_counts, err);
}

static inline void put_record(void)
{
	static uint8_t bytes[RECORD_ROOM];
	struct digest sum;

	record.seq = 4;
	record_encode(&record, bytes);
	(void)sha256_of(bytes, RECORD_SUM_OFFSET, &sum);
	memcpy(bytes + RECORD_SUM_OFFSET, &sum, RECORD_SUM_SIZE);
	memcpy(bytes + RECORD_STRIDE, bytes, RECORD_SIZE);
	fake_bytes("@/dev/vda:state", bytes, sizeof(bytes));
}

static inline void put_disk(const char *name, const void *bytes, size_t size)
{
	char uevent[64];

	(void)snprintf(uevent, sizeof(uevent), "DEVNAME=%s\nDEVTYPE=disk\n", name);
	fake_disk(name, NULL, uevent, bytes, size);
}

static inline void put_run(void)
{
	char text[2048];

	fake_text("/run/lamina/policy", "store /dev/vda\ncompatible acme,thermostat\n"
					"boot-slot /dev/vdc\nboot-slot /dev/vdd\n"
					"boot-loader sector /dev/vdb\n");
	assert_true(keyring_write(&image_settings.keyring, text, sizeof(text)) > 0);
	fake_text("/run/lamina/keyring", text);
	(void)snprintf(text, sizeof(text), "id=%s\nslot=%s\nstore=read-only\n",
		       strcmp(running_slot, "candidate") == 0 ? new.id : old.id,
		       running_slot);
	fake_text("/run/lamina/image", text);
	(void)snprintf(text, sizeof(text), "k%.8s\n",
		       strcmp(running_slot, "candidate") == 0 ? new.boot.hex
							      : old.boot.hex);
	fake_text("/run/lamina/boot-id", text);
}

/* The sector says this of both copies, in which | stands for NUL. */
static inline void put_words(const char *text)
{
	memset(sector, 0, sizeof(sector));
	for (size_t i = 0; text[i]; i++)
		sector[4 + i] = text[i] == '|' ? '\0' : (uint8_t)text[i];
	le_put(sector, gpt_crc32(0, sector + 4, 508), 4);
	memcpy(sector + 4096, sector, 4096);
}

static inline void put_slot(uint8_t *slot, const struct test_image *image)
{
	image_fill(slot, SLOT_ROOM, 77);
	if (image)
		memcpy(slot, image->boot.bytes, image->boot.size);
}

/* Of what the test has said so far. */
static inline void setup(void)
{
	static const char disk[65536];

	fake_reset();
	fake_boot();
	put_disk("vda", disk, sizeof(disk));
	put_disk("vdb", sector, sizeof(sector));
	put_disk("vdc", slot_a, sizeof(slot_a));
	put_disk("vdd", slot_b, sizeof(slot_b));
	put_image("@/dev/vda:", &old);
	if (digest_equal(&record.candidate, &new.digest) ||
	    digest_equal(&record.previous, &new.digest))
		put_image("@/dev/vda:", &new);
	put_record();
	put_run();
	fake_bytes("/source", bundle, bundle_size);
	fake_dir("/run/lamina/store");
	assert_int_equal(sys_mount("/dev/vda", "/run/lamina/store", "ext4", FLAGS, NULL),
			 0);
}

/* The old image is current and runs; slot b has nothing that is known. */
static inline void start_with_old(void)
{
	record = (struct record){ .current = old.digest };
	running_slot = "current";
	put_words("lamina_default=a|");
	put_slot(slot_a, &old);
	put_slot(slot_b, NULL);
}

/* The new image is tried from slot b. */
static inline void start_with_new(void)
{
	record = (struct record){ .current = old.digest,
				  .candidate = new.digest,
				  .tries_left = 2,
				  .tries_initial = 3 };
	running_slot = "candidate";
	put_words("lamina_default=a|");
	put_slot(slot_a, &old);
	put_slot(slot_b, &new);
}

static inline int run_cmd(const struct cmd *cmd, char **words, struct err *err)
{
	const struct cmd_program program = { .name = "laminactl", .context = &ctl };
	char *argv[8] = { (char *)(uintptr_t)cmd->name };
	struct cmd_line line = {
		.program = &program, .cmd = cmd, .argc = 1, .argv = argv
	};

	while ((argv[line.argc] = *words++))
		line.argc++;
	ctl = (struct ctl){ .run = NULL };
	return cmd->run(&line, err);
}

static inline void read_record(struct record *ret_record)
{
	assert_int_equal(
		record_decode((const uint8_t *)fake_text_of("/run/lamina/store/state"),
			      ret_record, NULL),
		0);
}

static inline void assert_words(const char *text)
{
	const char *bytes = fake_text_of("/dev/vdb") + 4;

	for (size_t i = 0; text[i]; i++)
		if (bytes[i] != (text[i] == '|' ? '\0' : text[i]))
			fail_msg("'%s', not '%s'", bytes, text);
	assert_int_equal(bytes[strlen(text)], 0);
}

static inline bool disk_is(const char *path, const uint8_t *bytes)
{
	return memcmp(fake_text_of(path), bytes, SLOT_ROOM) == 0;
}

static inline bool disk_has(const char *path, const struct test_image *image)
{
	return memcmp(fake_text_of(path), image->boot.bytes, image->boot.size) == 0;
}

static inline int start_boot(void **state)
{
	if (start(state) < 0)
		return -1;
	image_boot(&old, 8, BOOT_SIZE);
	image_sign(&old, 1);
	image_boot(&new, 9, BOOT_SIZE);
	image_sign(&new, 2);
	image_bundle(&new);
	bundle = new.bundle;
	bundle_size = new.bundle_size;
	return 0;
}
