/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The state of a device, found out and then told: as text, or as JSON with the keys that
 * laminactl(8) promises. */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "boot/decide.h"
#include "ctl/app.h"
#include "ctl/ctl.h"
#include "ctl/facts.h"
#include "ctl/out.h"
#include "ctl/slots.h"
#include "ctl/word.h"
#include "format/record.h"
#include "slot/state.h"

#define STATUS_CHANNELS 4		   /* a device follows one */
#define STATUS_FETCH "fetch"		   /* of init's folder: status->fetch */
#define STATUS_SLOTS (DECIDE_PREVIOUS + 1) /* those whose images are in the store */

struct status_boot {
	const char *kernel; /* that runs, borrowed from struct ctl; NULL: nobody knows */
	int r;		    /* why nothing can be said of slots and loader */
	struct err err;
	struct slots slots;
	struct loader_words words;
	uint8_t holds[BOOT_SLOTS]; /* a bit for each image of status->slots */
	int bad[BOOT_SLOTS];	   /* why one can't be read, or 0 */
};

struct status {
	struct digest running;	    /* or unset */
	const char *running_slot;   /* borrowed from struct ctl */
	struct record record;	    /* of the disk, or as a boot would make it up */
	struct record_words failed; /* of the image that failed */
	struct err failed_why; /* what this boot said of it, where the record doesn't */
	struct facts slots[STATUS_SLOTS]; /* by enum decide_slot */
	size_t refused;			  /* images that a record can't be made up from */
	struct err refused_why;		  /* the last of them, and why */
	char notes
		[1024]; /* what this boot's image was started without, one a line; or "" */
	bool has_app;	/* one is supervised: */
	struct app app;
	enum decide_slot next;
	uint64_t floor;	       /* the higher of the two */
	uint64_t record_floor; /* the record's, 0 without one */
	int record_r; /* state_read()'s, or why there was nothing for it to read */
	struct err record_err;
	bool has_file;	 /* or a device; without one record_r may be anything */
	bool has_copies; /* they could be opened... */
	struct state_copies copies; /* ...and stand there so */
	bool writable;		    /* a boot can write the record */
	bool lost;		    /* and without it starts no image of the store */
	struct status_boot boot;
	struct channel channels[STATUS_CHANNELS]; /* their newest words, */
	size_t channel_count;
	uint64_t now_s;	 /* since 1970, as the clock has it */
	char fetch[256]; /* why the last look for a new image failed; or "" */
	uint64_t fetch_age_s;
	int space_r;
	uint64_t free_bytes, size_bytes; /* of the store's file system */
};

/* 0 or -errno: there is no telling at all. */
int status_read(struct ctl *ctl, struct status *ret_status, struct err *err);

/* "good", "empty", "damaged", "newer", "unreadable": one copy of the record. */
const char *status_copy_name(int copy);

/* "the watchdog reset the device": the record's reason in a sentence. */
const char *status_failed_words(const struct status *status);

/* Why no copy of the record could be looked at. */
const char *status_record_reason(const struct status *status);

/* "record", "policy" or "none": what holds the floor. The policy's can't be changed by
 * whoever writes the disk. */
const char *status_floor_level(const struct status *status);

/* Reads the boot slots; the slots of the record are read already. */
void status_boot_read(const struct ctl *ctl, struct status *status);

void status_boot_text(struct out *out, const struct status *status);
void status_boot_json(struct out *out, const struct status *status);
/* What channels said, where that is built in; the last two with the status' other lines and keys. */
#ifdef CONFIG_LAMINA_CHANNEL
void status_read_channels(const struct ctl *ctl, int store, struct status *status);
void status_channels_text(struct out *out, const struct status *status);
void status_channels_json(struct out *out, const struct status *status);
#else
#define status_read_channels(ctl, store, status)
#define status_channels_text(out, status)
#define status_channels_json(out, status)
#endif

void status_text(struct out *out, const struct status *status);
void status_json(struct out *out, const struct status *status);
