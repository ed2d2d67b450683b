/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A store in a directory, and boots from it: what is told and what is written. */
#include <errno.h>

#include "boot/transition.h"
#include "format/arch.h"
#include "slot/select.h"
#include "slot/state.h"
#include "unit/record.h"
#include "unit/signed.h"

static struct settings settings;
static struct select_image image;
static char said[2048], fallen[512];
static int opened; /* how often the store was made writable */
static int writable_r;

static inline int make_writable(void *context, bool writable, struct err *err)
{
	(void)context;
	opened += writable;
	return writable && writable_r < 0 ? err_set(err, writable_r, "no writing") : 0;
}

static inline void say(void *context, const char *text)
{
	size_t used = strlen(said);

	(void)context;
	(void)snprintf(said + used, sizeof(said) - used, "%s\n", text);
}

static inline void note_fall(void *context, const struct digest *id, const char *why)
{
	char hex[DIGEST_HEX_SIZE];

	(void)context;
	(void)snprintf(fallen, sizeof(fallen), "%s: %s", digest_hex(id, hex), why);
}

static const struct select_ops ops = {
	.writable = make_writable,
	.say = say,
	.fell = note_fall,
};

static inline struct select new_select(void)
{
	said[0] = '\0';
	opened = 0;
	return (struct select){
		.settings = &settings, .ops = &ops, .store = tree_fd, .factory = -EBADF
	};
}

static inline int start(void **state)
{
	memset(&settings, 0, sizeof(settings));
	settings.keyring = *ring;
	settings.policy.threshold = 1;
	settings.policy.tries = 2;
	strcpy(settings.policy.compatible, "acme,thermostat");
	writable_r = 0;
	return tree_new(state);
}

#define BLOBS "blobs/sha256/"

/* An image with that serial and a layer of its own, for kernel @boot; "": for any. Its id, in
 * static memory. */
static inline const char *put_for(int serial, const char *boot)
{
	static char ids[4][DIGEST_HEX_SIZE];
	static unsigned int next;
	char text[1024], dir[128], layer[65], blob[128], *id = ids[next++ % 4];
	char line[256] = "";
	static const char bytes[8192];

	(void)snprintf(layer, sizeof(layer), "%064d", serial);
	if (*boot)
		(void)snprintf(line, sizeof(line), "boot %s sha256:%s size 1\n", boot,
			       layer);
	(void)snprintf(
		text, sizeof(text),
		"lamina 1\nname thermostat\nserial %d\ncompatible acme,thermostat\n"
		"arch " ARCH "\nmin-init 4\nlayer sha256:%s size 8192 data 4096 "
		"verity %s\n%sarg /bin/sh\nrun exec\n",
		serial, layer, layer, line);
	put_image(text, id, dir);
	(void)snprintf(blob, sizeof(blob), BLOBS "%s", layer);
	tree_bytes(blob, bytes, sizeof(bytes), 0644);
	return id;
}

static inline const char *put(int serial)
{
	return put_for(serial, "");
}

static inline void remove_layer(int serial)
{
	char blob[128];

	(void)snprintf(blob, sizeof(blob), BLOBS "%064d", serial);
	tree_unlink(blob);
}

static inline void set_id(struct digest *ret_id, const char *hex)
{
	assert_int_equal(digest_parse(hex, strlen(hex), ret_id), 0);
}

static inline void write_state(struct record *record)
{
	struct err err = ERR_INIT;
	int fd = state_open(tree_fd, NULL, true, &err);

	if (fd == -ENOENT)
		fd = state_create(tree_fd, &err);
	assert_true(fd >= 0);
	assert_tells(state_write(fd, record, &err), 0, err, "");
	(void)close(fd);
}

static inline struct record read_state(void)
{
	struct state_copies copies;
	struct record record;
	struct err err = ERR_INIT;
	int fd = state_open(tree_fd, NULL, false, &err);

	assert_true(fd >= 0);
	assert_int_equal(state_read(fd, &record, &copies, &err), 0);
	assert_true(copies.copies[0] == 0 && copies.copies[1] == 0);
	(void)close(fd);
	return record;
}

/* One boot: opens, and takes the first image there is. */
static inline void boot(struct select *select, enum decide_slot slot, const char *id)
{
	struct err err = ERR_INIT;

	*select = new_select();
	assert_tells(select_open(select, &err), 0, err, "");
	assert_tells(select_next(select, &image, &err), 0, err, "");
	assert_int_equal(image.slot, slot);
	assert_string_equal(DIGEST_HEX(&image.id), id);
}

/* A record with a current image of serial 1 and a candidate of serial 2. */
static inline struct record try_two(const char **ret_one, const char **ret_two)
{
	struct record record = record_of("----");

	*ret_one = put(1);
	*ret_two = put(2);
	set_id(&record.current, *ret_one);
	set_id(&record.candidate, *ret_two);
	record.tries_left = record.tries_initial = 2;
	write_state(&record);
	return record;
}
