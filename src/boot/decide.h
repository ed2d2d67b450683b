/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What to boot: pure, from the boot record and what was found out about the images so
 * far. Whoever boots asks, tries what it is told, and asks again with what went wrong.
 * Tested exhaustively, with a crash at every step: tests/unit/test_decide*.c.
 */
#include <stdbool.h>
#include <stdint.h>

#include "boot/cmdline.h"
#include "format/boot-id.h"
#include "format/record.h"

enum decide_slot {
	DECIDE_CANDIDATE,
	DECIDE_CURRENT,
	DECIDE_PREVIOUS,
	DECIDE_FACTORY,
	DECIDE_NONE, /* nothing is left to try */
};

/* "candidate", "current", "previous", "factory"; NULL for DECIDE_NONE. */
const char *decide_slot_name(enum decide_slot slot);

/* The image that the record has in that slot, which is not the factory's. */
const struct digest *decide_slot_id(const struct record *record, enum decide_slot slot);

struct decide {
	struct record record; /* as the disk has it now */
	enum cmdline_use use;
	bool has_factory;
	bool factory_later; /* it is opened once nothing else is left */
	/* The record can be written. Once it can't, no candidate is started. */
	bool writable;
	/* What the machine tells of the end of its last run: RECORD_REASON_WATCHDOG,
	 * RECORD_REASON_PANIC, RECORD_REASON_CORRUPT (a panic at a corrupt block) or
	 * RECORD_REASON_NONE; why a candidate without tries fell. */
	enum record_reason last_end;
	/* What is wrong with the image of each slot, as far as it was tried. */
	enum record_reason fallen[DECIDE_NONE];
	/* Of a device with boot slots, the images that ask for another kernel than the one
	 * that runs, as far as they were looked at, and where theirs is, if anywhere. */
	bool foreign[DECIDE_NONE];
	enum boot_slot home[DECIDE_NONE];
};

enum decide_act {
	DECIDE_START,  /* this image, on the kernel that runs */
	DECIDE_BOUNCE, /* have the loader start its kernel, this once */
	DECIDE_REPAIR, /* the same from now on */
};

struct decision {
	enum decide_act act;
	enum boot_slot home; /* where the loader finds it, to bounce or repair */
	enum decide_slot slot;
	/* With @write, @record is to be on the disk before the image is started: for a
	 * candidate, and before the loader is asked, that is a must (else ask again with
	 * writable false), for the others a wish. Its seq is the writer's business. */
	bool write;
	struct record record;
};

/* Always terminates in DECIDE_NONE when asked again and again with one more slot fallen. */
void decide_next(const struct decide *decide, struct decision *ret_decision);
