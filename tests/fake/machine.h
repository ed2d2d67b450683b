/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A device with a signed image in its store, for the fake kernel. */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "fake/fake.h"
#include "format/arch.h"
#include "format/verity.h"
#include "init/boot.h"
#include "trust/key.h"
#include "trust/private-key.h"
#include "trust/sha256.h"

#define STORE "@/dev/vda:"
/* Two blocks of data, the superblock and a tree of one block. */
#define LAYER_DATA (2 * VERITY_BLOCK)
#define LAYER_BYTES (4 * VERITY_BLOCK)
#define LAYERS 2

/* What a test changes before it makes the machine. */
static struct machine {
	const char *store;
	const char *policy; /* lines more */
	const char *cmdline;
	const char *manifest; /* lines more */
	const char *run;
	int serial, first_layer; /* of the next image */
	int min_init;
	bool flashed; /* each layer is a UBI volume, and no file */
} machine;

static struct private_key key;
static struct keyring ring;

static int make_key(void **state)
{
	(void)state;
	if (private_key_start(NULL) < 0 || private_key_new(0, &key, NULL) < 0)
		return -1;
	ring.count = 1;
	ring.keys[0] = key.public;
	return 0;
}

static void plain_machine(void)
{
	machine = (struct machine){ .store = "/dev/vda",
				    .policy = "",
				    .cmdline = "quiet\n",
				    .manifest = "",
				    .serial = 17,
				    .min_init = 1,
				    .run = "arg /bin/app\narg one\nrun exec\n" };
}

static void put_initramfs(void)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
		       "store %s\ncompatible acme,thermostat\nstore-timeout 1\n%s",
		       machine.store, machine.policy);
	fake_text("/etc/lamina/policy", text);
	assert_true(keyring_write(&ring, text, sizeof(text)) > 0);
	fake_text("/etc/lamina/keyring", text);
	fake_text("/init", "this program");
	fake_text("@proc:cmdline", machine.cmdline);
}

static void put_blob(const char *store, const char *hex, const uint8_t *bytes)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%sblobs/sha256/%s", store, hex);
	fake_bytes(path, bytes, LAYER_BYTES);
}

/* With a last erase block that the layer doesn't fill. */
static void put_volume(int n, const char *hex, const uint8_t *bytes)
{
	uint8_t flash[LAYER_BYTES + FAKE_ERASEBLOCK];
	char name[24], volume[8 + DIGEST_HEX_SIZE];

	memset(flash, 0xff, sizeof(flash));
	memcpy(flash, bytes, LAYER_BYTES);
	(void)snprintf(name, sizeof(name), "ubi0_%d", n + 1);
	(void)snprintf(volume, sizeof(volume), "sha256-%s", hex);
	fake_volume(name, volume, flash, sizeof(flash));
}

/* Writes a layer's line to @text and its blob to the store. */
static void put_layer_in(const char *store, char *text, size_t size, int n)
{
	uint8_t bytes[LAYER_BYTES];
	struct digest digest;
	char blob[DIGEST_HEX_SIZE];

	memset(bytes, 'a' + n, sizeof(bytes));
	assert_int_equal(sha256_of(bytes, sizeof(bytes), &digest), 0);
	digest_hex(&digest, blob);
	if (machine.flashed)
		put_volume(n, blob, bytes);
	else
		put_blob(store, blob, bytes);
	(void)snprintf(text, size, "layer sha256:%s size %d data %d verity %s\n", blob,
		       LAYER_BYTES, LAYER_DATA, blob);
}

/* Returns its id, which lasts until the next call but one. */
static const char *put_image_in(const char *store)
{
	static char ids[2][DIGEST_HEX_SIZE];
	static int count;
	static struct signature_file signatures;
	char layers[LAYERS][256], text[4096], path[160], *id = ids[count++ % 2];
	struct digest digest;

	for (int i = 0; i < LAYERS; i++)
		put_layer_in(store, layers[i], sizeof(layers[i]),
			     machine.first_layer + i);
	(void)snprintf(text, sizeof(text),
		       "lamina 1\nname thermostat\nversion 1.4.2\nserial %d\n"
		       "compatible acme,thermostat\narch " ARCH "\nmin-init %d\n%s%s%s%s",
		       machine.serial, machine.min_init, layers[0], layers[1],
		       machine.manifest, machine.run);
	assert_int_equal(sha256_of(text, strlen(text), &digest), 0);
	digest_hex(&digest, id);
	(void)snprintf(path, sizeof(path), "%simages/%s/manifest", store, id);
	fake_text(path, text);
	assert_int_equal(
		private_key_sign(&key, text, strlen(text), &signatures.lines[0], NULL),
		0);
	signatures.count = 1;
	assert_true(signature_file_write(&signatures, text, sizeof(text)) > 0);
	(void)snprintf(path, sizeof(path), "%simages/%s/manifest.sig", store, id);
	fake_text(path, text);
	return id;
}

static const char *put_image(void)
{
	return put_image_in(STORE);
}

static void put_container(void)
{
	Elf64_Ehdr program;

	memset(&program, 0, sizeof(program));
	memcpy(program.e_ident, ELFMAG, SELFMAG);
	program.e_ident[EI_CLASS] = ELFCLASS64;
	fake_bytes("@squashfs:bin/app", &program, sizeof(program));
	fake_text("@squashfs:etc/passwd",
		  "root:x:0:0::/root:/bin/sh\napp:x:7:8::/home:/bin/sh\n");
	fake_text("@squashfs:etc/group", "root:x:0:\nmore:x:9:app\n");
	fake_text("@squashfs:etc/hostname", "of the image");
}

static void put_device(void)
{
	static const char disk[65536];

	fake_reset();
	put_initramfs();
	fake_disk("vda", NULL, "DEVNAME=vda\nDEVTYPE=disk\n", disk, sizeof(disk));
	put_container();
}

static inline void setup(void)
{
	put_device();
	(void)put_image();
}

static int boot(struct err *err)
{
	return boot_run(err);
}

static inline void assert_boots(void)
{
	struct err err = ERR_INIT;
	int r = 0;

	if (fake_run(boot, &err, &r) != FAKE_EXECED)
		fail_msg("%d: %s", r, err.text);
	assert_null(fake_leaks());
}

/* fake_sweep() of the whole boot, on the machine that @setup_machine makes. @check may be NULL. */
static inline int sweep_boot(void (*setup_machine)(void),
			     bool (*forgives)(const char *call),
			     void (*check)(int r, const char *call))
{
	const struct fake_sweep sweep = {
		.setup = setup_machine,
		.run = boot,
		.names = "/dev|/proc|/sys|/run|policy|keyring|store|image|lamina|verity",
		.forgives = forgives,
		.check = check,
		.no_return = "mount . at /",
	};

	return fake_sweep(&sweep);
}

static inline void assert_fails(int number, const char *words)
{
	struct err err = ERR_INIT;
	int r = 0;

	assert_int_equal(fake_run(boot, &err, &r), FAKE_RETURNED);
	if (!strstr(err.text, words))
		assert_string_equal(err.text, words);
	assert_int_equal(r, number);
	assert_null(fake_leaks());
	assert_int_equal(fake_mounts(), 4);
}
