/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What slot/select.c finds below it in test_decide-model.c: slot/state.h and
 * slot/rank.h over a world instead of a disk. In each write of the record the power may
 * fail and sectors may tear or refuse, in every way there is.
 */
#include <errno.h>

#include "boot/decide.h"
#include "boot/transition.h"
#include "slot/rank.h"
#include "slot/select.h"
#include "slot/state.h"
#include "unit/model-world.h"

/* What may be done wrongly: a table for each mutant. NULL and false: the real rule. */
struct rules {
	const char *name;
	void (*decide)(const struct decide *decide, struct decision *ret_decision);
	int (*confirm)(struct record *record, const struct digest *running,
		       uint64_t floor, struct err *err);
	int (*rollback)(struct record *record, uint64_t serial, struct err *err);
	int (*reboot)(struct record *record, const struct digest *running);
	void (*reset)(struct record *record, bool factory);
	size_t (*newest)(const struct record_copy copies[RECORD_COPIES]);
	size_t (*first)(const struct record_copy copies[RECORD_COPIES]);
	bool one_copy;	      /* writes the first one only */
	bool late_start;      /* counts a start after it happened */
	bool late_answer;     /* tells of a change before it is written */
	bool fail_lightly;    /* takes what is in one copy for written */
	bool blind_install;   /* no record before the second image */
	const char *violates; /* what its walk must come upon */
};

static const struct rules *rules;
static struct world *world; /* the one being walked */
static bool touched;	    /* a copy has changed in this step */
static bool is_booting;
static struct record late; /* to be written yet... */
static bool is_late;	   /* ...if so */

enum {
	FD_STORE = 1 << 20,
	FD_FACTORY,
	FD_STATE
}; /* none of them is open */

int state_open(int store, const char *device, bool write, struct err *err)
{
	(void)device;
	(void)write;
	assert_int_equal(store, FD_STORE);
	if (world->copies[0].kind == COPY_EMPTY && world->copies[1].kind == COPY_EMPTY)
		return err_set(err, -ENOENT, "no record");
	return FD_STATE;
}

int state_create(int store, struct err *err)
{
	(void)err;
	assert_int_equal(store, FD_STORE);
	return FD_STATE;
}

/* What is read of a copy, kept: the same copies come again and again. */
static int read_copy(const struct copy *copy, struct record *ret_record)
{
	static struct {
		struct copy copy;
		bool is_set;
		int r;
		struct record record;
	} kept[1 << 12], *at;
	uint32_t hash = 0;
	uint8_t bytes[RECORD_SIZE];

	for (size_t i = 0; i < sizeof(*copy); i++)
		hash = hash * 31 + ((const uint8_t *)copy)[i];
	at = &kept[hash % (sizeof(kept) / sizeof(kept[0]))];
	if (!at->is_set || memcmp(&at->copy, copy, sizeof(*copy)) != 0) {
		at->copy = *copy;
		at->is_set = true;
		copy_bytes(copy, bytes);
		at->r = judge_bytes(bytes, &at->record);
	}
	*ret_record = at->record;
	return at->r;
}

static void find(struct record_copy ret_copies[RECORD_COPIES],
		 struct record ret_records[RECORD_COPIES])
{
	for (int i = 0; i < RECORD_COPIES; i++) {
		ret_copies[i].r = read_copy(&world->copies[i], &ret_records[i]);
		ret_copies[i].seq = seq_of(world->copies[i].seq);
	}
}

int state_read(int fd, struct record *ret_record, struct state_copies *ret_copies,
	       struct err *err)
{
	struct record_copy copies[RECORD_COPIES];
	struct record records[RECORD_COPIES];
	size_t newest;

	(void)ret_copies;
	assert_int_equal(fd, FD_STATE);
	find(copies, records);
	newest = rules->newest(copies);
	if (newest == RECORD_COPIES)
		return err_set(err, -EBADMSG, "no copy is whole");
	*ret_record = records[newest];
	return copies[newest].r < 0 ? err_set(err, copies[newest].r, "newer") : 0;
}

static void put_copy(size_t index, const uint8_t bytes[RECORD_SIZE])
{
	copy_take(&world->copies[index], bytes);
	touched = true;
}

/* The head or the tail of the new bytes reached the medium: its device does not write a
 * sector at once, whatever it promised. */
static void tear_copy(size_t index, const uint8_t bytes[RECORD_SIZE])
{
	uint8_t torn[RECORD_SIZE];

	copy_bytes(&world->copies[index], torn);
	if (world->copies[index].kind == COPY_WHOLE)
		memcpy(torn, bytes, 64);
	else
		memcpy(torn + 256, bytes + 256, 256);
	put_copy(index, torn);
	must(world->copies[index].kind == COPY_BROKEN, "a torn copy passes for whole");
}

enum fate {
	KEPT,
	CUT_BEFORE,
	TORN,
	REFUSED,
	SPOILT,
	CUT_AFTER,
	FATES
};

/* One copy of two. 0, -EIO, or the power is cut. */
static int write_copy(size_t index, const uint8_t bytes[RECORD_SIZE], bool is_last)
{
	/* after the first is before the second */
	enum fate fate = pick(is_last ? FATES : CUT_AFTER);

	if (fate == KEPT || fate == CUT_AFTER)
		put_copy(index, bytes);
	else if (fate == TORN || fate == SPOILT)
		tear_copy(index, bytes);
	if (fate == CUT_BEFORE || fate == TORN || fate == CUT_AFTER)
		longjmp(power_cut, 1);
	return fate == KEPT ? 0 : -EIO;
}

static void acknowledge(const struct record *record)
{
	world->seq = short_of(record->seq);
	world->current = number_of(&record->current);
	world->unsure = 0;
}

static int write_both(struct record *record)
{
	struct record_copy copies[RECORD_COPIES];
	struct record records[RECORD_COPIES], next = *record;
	uint8_t bytes[RECORD_SIZE];
	size_t newest, first;
	int r;

	find(copies, records);
	newest = rules->newest(copies);
	if (newest < RECORD_COPIES && copies[newest].r < 0)
		return copies[newest].r;
	next.seq = newest < RECORD_COPIES ? copies[newest].seq + 1 : seq_of(1);
	seal(&next, bytes);
	first = rules->first(copies);
	world->unsure |= (uint8_t)(1 << number_of(&next.current));
	r = write_copy(first, bytes, rules->one_copy);
	if (r < 0)
		return r;
	if (!rules->one_copy)
		r = write_copy(RECORD_COPIES - 1 - first, bytes, true);
	record->seq = next.seq;
	if (r < 0 && !rules->fail_lightly)
		return -EREMOTEIO;
	acknowledge(&next);
	return 0;
}

int state_write(int fd, struct record *record, struct err *err)
{
	int r;

	assert_int_equal(fd, FD_STATE);
	if (!(is_booting ? rules->late_start : rules->late_answer)) {
		r = write_both(record);
		return r < 0 ? err_set(err, r, "can't be written") : 0;
	}
	late = *record;
	is_late = true;
	acknowledge(record);
	if (record->seq == 0) /* it was made up and has no number yet */
		world->seq = 0;
	return 0;
}

/* What was told already. */
static void write_late(void)
{
	if (!is_late)
		return;
	is_late = false;
	if (pick(2))
		longjmp(power_cut, 1);
	(void)write_both(&late);
}

/* --- images ---------------------------------------------------------------------------
 */

/* Whether an image is found whole is chosen when a boot looks at it: it may have rotted,
 * or come back with an install, at any time before. */
static uint8_t looked_at, found_whole; /* in this boot; bit n: image n */

static bool is_whole_image(uint8_t number)
{
	if (number == FACTORY)
		return world->factory;
	if (!(looked_at >> number & 1))
		found_whole |= (uint8_t)(pick(2) << number);
	looked_at |= (uint8_t)(1 << number);
	return found_whole >> number & 1;
}

int rank_judge(int store, const struct digest *id, const struct settings *settings,
	       uint64_t floor, struct manifest *ret_manifest,
	       struct key_signers *ret_signers, enum record_reason *ret_reason,
	       struct err *err)
{
	uint8_t number = number_of(id);

	(void)settings;
	(void)ret_signers;
	assert_int_equal(store, number == FACTORY ? FD_FACTORY : FD_STORE);
	ret_manifest->serial = number;
	*ret_reason = RECORD_REASON_FLOOR;
	if (number < floor)
		return err_set(err, -ESTALE, "low");
	*ret_reason = RECORD_REASON_MISSING;
	return is_whole_image(number) ? 0 : err_set(err, -ENOENT, "gone");
}

int rank_images(int store, const struct settings *settings, uint64_t floor,
		struct rank *ret_rank, struct err *err)
{
	(void)settings;
	(void)err;
	ret_rank->count = 0;
	ret_rank->why = err_set(&ret_rank->text, -ENOENT, "no image");
	for (uint8_t number = FACTORY; number > 0; number--) /* by serial */
		if (store == FD_FACTORY ? number == FACTORY && world->factory
					: world->images >> number & 1 && number >= floor)
			set_number(&ret_rank->ids[ret_rank->count++], number);
	return 0;
}
