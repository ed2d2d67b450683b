/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The boot record: which image a device starts. Two copies, 4096 bytes apart, each one
 * sector, both written every time; the valid one with the later seq counts. Source:
 * lamina-record(5).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "format/boot-id.h"

#define RECORD_SIZE 512 /* one sector: a disk writes it whole or not at all */
#define RECORD_COPIES 2
#define RECORD_STRIDE 4096 /* bytes from one copy to the next */
#define RECORD_ROOM (RECORD_COPIES * RECORD_STRIDE)
#define RECORD_RESERVED_SIZE 80
#define RECORD_WORDS_SIZE 240
#define RECORD_TOLD_SIZE (8 + RECORD_WORDS_SIZE)

/* Why the last candidate fell. The numbers are the format's; a later writer may have more. */
enum record_reason {
	RECORD_REASON_NONE = 0,
	RECORD_REASON_SIGNATURE = 1,
	RECORD_REASON_INCOMPATIBLE = 2,
	RECORD_REASON_FLOOR = 3,   /* serial below the rollback floor */
	RECORD_REASON_MISSING = 4, /* a layer, or the image, isn't in the store */
	RECORD_REASON_CORRUPT = 5,
	RECORD_REASON_MOUNT = 6, /* anything between the layers and the program */
	RECORD_REASON_TRIES = 7, /* started as often as allowed, never confirmed */
	RECORD_REASON_WATCHDOG = 8,
	RECORD_REASON_PANIC = 9,
	RECORD_REASON_REJECTED = 10,
	RECORD_REASON_ENDED = 11,     /* the application failed, again and again */
	RECORD_REASON_UNHEALTHY = 12, /* it said so itself */
	RECORD_REASON_BOOT = 13,      /* its kernel never reached init */
	RECORD_REASON_SLOT = 14,      /* no boot slot has its kernel */
	RECORD_REASON_COUNT,
};

struct record {
	uint64_t seq;	/* one more with every write, 0 after the last */
	uint32_t boots; /* candidates started, ever */
	struct digest current, previous, candidate, failed; /* images by id */
	uint8_t tries_left, tries_initial;		    /* of the candidate */
	bool reboot_spent; /* the candidate's one deliberate reboot was given back */
	enum record_reason reason; /* of failed */
	uint64_t floor;		   /* least serial */
	/* what a later writer has put there: kept as it was found */
	uint8_t other_flags;
	uint8_t reserved[RECORD_RESERVED_SIZE]; /* and record_slot() and its like */
	uint8_t told[RECORD_TOLD_SIZE];		/* of failed: see record_tell() */
	/* of the writer's, not of the format: written even over a newer version */
	bool replaces_newer;
};

/* "signature", "tries used up"...: a reason's words, for people and for status --json.
 * "unknown" past the last one. */
const char *record_reason_words(enum record_reason reason);

/* What people want to know of the failed image when it is long gone; "" for what nobody
 * knows. */
struct record_words {
	const char *name, *version;
	const char *check;		  /* what its health check said last */
	const char *why;		  /* beside the reason */
	char text[RECORD_WORDS_SIZE + 1]; /* they are in it, once read */
};

/* Has @record say so of its failed image; what there is no room for is cut off, of @why
 * first. Without an image that failed: nothing. */
void record_tell(struct record *record, const struct record_words *words);

/* Whatever is written there, in an older record or by an older writer about another image:
 * then all is "". The words come from the disk: nobody vouches for them. */
void record_told(const struct record *record, struct record_words *ret_words);

/*
 * Boot slots, in the bytes that were reserved: who does not know of them keeps them, and
 * they say of which image they are, so that they are not taken for another's.
 */

/* The candidate's next start is counted already: the loader was told of it, or is about to
 * be. Never without a candidate. */
bool record_is_armed(const struct record *record);
void record_arm(struct record *record, bool armed);

/* How often the loader was told to start the current image's kernel, since it last did. */
uint8_t record_repairs(const struct record *record);
void record_set_repairs(struct record *record, uint8_t repairs);

/* Which slot has the kernel of @image, one of the three; BOOT_SLOT_NONE: none is known to. */
enum boot_slot record_slot(const struct record *record, const struct digest *image);

/* Is that the kernel whose boot id has the hash @boot? */
bool record_slot_holds(const struct record *record, enum boot_slot slot,
		       const struct digest *boot);

/* @slot is about to be written: no image's kernel is there. That is to be on the disk before
 * the first byte changes, or the record would send somebody to a torn one. */
void record_slot_clear(struct record *record, enum boot_slot slot);

/* @slot has the kernel with @boot's hash, which is that of @image; another kernel's images
 * have it no more. Before or after @image gets its place in the record. */
void record_slot_put(struct record *record, const struct digest *image,
		     enum boot_slot slot, const struct digest *boot);

/*
 * The checksum is a sha256, which this room can't compute: encode leaves it zero and
 * decode doesn't look at it; slot/state.c does both.
 */
#define RECORD_SUM_SIZE 16
#define RECORD_SUM_OFFSET (RECORD_SIZE - RECORD_SUM_SIZE) /* over all bytes before */

void record_encode(const struct record *record, uint8_t ret_bytes[RECORD_SIZE]);

/* Bytes whose checksum holds. 0; -ENODATA for zeros, which never were a record; -ENOTSUP
 * for a newer version, and *ret_record is what an older one may know of it; -EBADMSG with
 * a reason. */
int record_decode(const uint8_t bytes[RECORD_SIZE], struct record *ret_record,
		  struct err *err);

/* The seq of a whole record, where every version has it. */
uint64_t record_seq(const uint8_t bytes[RECORD_SIZE]);

/* Was the record with @seq written after the one with @than? By less than half of all
 * numbers: so none is the last one. */
bool record_is_later(uint64_t seq, uint64_t than);

/* What was read of a copy. @r: 0; -ENOTSUP: whole, of a newer version (with a seq); else
 * not whole. */
struct record_copy {
	int r;
	uint64_t seq;
};

/* The copy that counts, or RECORD_COPIES: none is whole. */
size_t record_newest(const struct record_copy copies[RECORD_COPIES]);

/* The copy to overwrite first: never the one that counts. */
size_t record_first(const struct record_copy copies[RECORD_COPIES]);
