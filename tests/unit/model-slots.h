/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The world of test_slots-model.c: a device with two boot slots, a loader with its state on
 * two sectors, and the boot record, as one write: what becomes of its copies is
 * test_decide-model.c's. Images and kernels are numbers from 1; 0: none.
 */
#include <errno.h>

#include "boot/decide.h"
#include "boot/transition.h"
#include "slot/rank.h"
#include "slot/select.h"
#include "slot/state.h"
#include "trust/sha256.h"
#include "unit/model.h"

enum {
	IMAGES = 3,
	KERNELS = 3,
	WORDS = 42, /* of a record, about boot slots */
	FD_NONE = 1 << 20,
};

/* A copy of what the loader goes by. */
struct said {
	uint8_t usual, once, torn;
};

struct world {
	uint8_t current, previous, candidate, left, initial, spent;
	uint8_t words[WORDS];
	struct said said[2];
	uint8_t slots[BOOT_SLOTS]; /* the kernel in each; 0: it is torn */
	uint8_t kernel, slot;	   /* that run, from there; 0: off, or on its way */
	uint8_t running;	   /* the candidate, started as such; 0: another is up */

	/* the observer's */
	uint8_t starts; /* of the candidate, or of its kernel that never comes to init */
	uint8_t resets; /* since something was up, or the power failed */
	uint8_t rotten; /* a slot is, so that the way back may be taken */
	uint8_t valid;	/* bits: what the loader may be found to go by: acknowledged, or
			   written since */
};

/* What may be done wrongly, and otherwise on some machines. */
struct rules {
	const char *name;
	void (*decide)(const struct decide *decide, struct decision *ret_decision);
	bool one_copy;	   /* of what the loader goes by is written */
	bool in_order;	   /* the first copy first, always */
	bool overwrite;	   /* the slot that runs */
	bool unmarked;	   /* the record keeps sending to a slot that is written */
	bool record_first; /* confirm and rollback: the loader afterwards */
	const char *violates;
};

struct machine {
	uint8_t kernel_of[IMAGES + 1];
	uint8_t dead;  /* a kernel that never comes to init */
	bool forgets;  /* `once` is gone when the power fails */
	bool refuses;  /* the loader may not be told */
	bool rots;     /* a slot may rot */
	bool unmarked; /* the first record says nothing of slots */
};

static const struct rules *rules;
static const struct machine *machine;
static struct world *world;
static struct settings settings;
static const char *const boot_ids[KERNELS + 1] = { "", "k1", "k2", "k3" };
static struct digest boot_hashes[KERNELS + 1];

#define TRIES 2

/* --- the record -----------------------------------------------------------------------
 */

static uint8_t number_of(const struct digest *id)
{
	return id->bytes[0];
}

static struct digest id_of_number(uint8_t number)
{
	struct digest id;

	memset(&id, number, sizeof(id));
	return id;
}

int state_open(int store, const char *device, bool write, struct err *err)
{
	(void)store, (void)device, (void)write, (void)err;
	return FD_NONE;
}

int state_create(int store, struct err *err)
{
	(void)store, (void)err;
	return FD_NONE;
}

static struct record read_record(void)
{
	struct record record = {
		.seq = 1,
		.current = id_of_number(world->current),
		.previous = id_of_number(world->previous),
		.candidate = id_of_number(world->candidate),
		.tries_left = world->left,
		.tries_initial = world->initial,
		.reboot_spent = world->spent,
	};

	memcpy(record.reserved, world->words, WORDS);
	return record;
}

int state_read(int fd, struct record *ret_record, struct state_copies *ret_copies,
	       struct err *err)
{
	(void)fd, (void)ret_copies, (void)err;
	*ret_record = read_record();
	return 0;
}

/* It happens, and the power fails before or after; or nothing fails. */
static void durable(void (*write)(const void *what), const void *what)
{
	unsigned int fate = pick(3);

	if (fate == 1)
		longjmp(power_cut, 1);
	write(what);
	if (fate == 2)
		longjmp(power_cut, 1);
}

static void put_record(const void *what)
{
	const struct record *record = what;

	/* another, or the same one anew; not one that gets a try back */
	if (number_of(&record->candidate) != world->candidate ||
	    (record->tries_left > world->left && !record->reboot_spent))
		world->starts = 0;
	world->current = number_of(&record->current);
	world->previous = number_of(&record->previous);
	world->candidate = number_of(&record->candidate);
	world->left = record->tries_left;
	world->initial = record->tries_initial;
	world->spent = record->reboot_spent;
	memcpy(world->words, record->reserved, WORDS);
}

int state_write(int fd, struct record *record, struct err *err)
{
	(void)fd, (void)err;
	durable(put_record, record);
	return 0;
}

/* --- images ---------------------------------------------------------------------------
 */

/* All are whole and fit the device; what is wrong with them else is the other model's. */
int rank_judge(int store, const struct digest *id, const struct settings *with,
	       uint64_t floor, struct manifest *ret_manifest,
	       struct key_signers *ret_signers, enum record_reason *ret_reason,
	       struct err *err)
{
	(void)store, (void)with, (void)floor, (void)ret_manifest, (void)ret_signers;
	*ret_reason = RECORD_REASON_SLOT;
	return machine->kernel_of[number_of(id)] == world->kernel
		       ? 0
		       : err_set(err, -EINVAL, "foreign");
}

int rank_images(int store, const struct settings *with, uint64_t floor,
		struct rank *ret_rank, struct err *err)
{
	(void)store, (void)with, (void)floor, (void)err;
	ret_rank->count = 0;
	ret_rank->why = -ENOENT;
	return 0;
}

/* --- the loader -----------------------------------------------------------------------
 */

/* The first copy that is whole; with none, the first slot. */
static struct said read_said(void)
{
	for (int i = 0; i < 2; i++)
		if (!world->said[i].torn)
			return world->said[i];
	return (struct said){ .usual = BOOT_SLOT_A };
}

static bool same_said(const struct said *a, const struct said *b)
{
	return a->usual == b->usual && a->once == b->once && !a->torn && !b->torn;
}

static uint8_t said_bit(const struct said *said)
{
	return (uint8_t)(1 << ((said->usual - BOOT_SLOT_A) * 3 + said->once));
}

static void cut_said(void)
{
	struct said now = read_said();

	must(world->valid & said_bit(&now),
	     "what the loader was told and acknowledged is lost");
	longjmp(power_cut, 1);
}

/* The copy that counts comes last: the other may be torn already. */
static void write_said(uint8_t usual, uint8_t once)
{
	const struct said after = { usual, once, 0 };
	int copies = rules->one_copy ? 1 : 2;
	int first = rules->one_copy || rules->in_order ? 0 : !world->said[0].torn;

	if (same_said(&world->said[0], &after) && same_said(&world->said[1], &after))
		return;
	world->valid |= said_bit(&after);
	for (int i = 0; i < copies; i++) {
		unsigned int fate = pick(4);

		if (fate == 1)
			cut_said();
		world->said[i ^ first] = after;
		world->said[i ^ first].torn = fate == 2;
		if (fate >= 2)
			cut_said();
	}
	world->valid = said_bit(&after);
}
