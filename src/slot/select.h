/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * From a store to an image that may be started: reads the record, asks boot/decide.c,
 * judges what it names, writes the record where that is due. Init boots what comes out;
 * the crash test replays disks through the same code.
 */
#include <stdbool.h>
#include <stdint.h>

#include "boot/decide.h"
#include "format/manifest.h"
#include "format/record.h"
#include "store/settings.h"
#include "store/store.h"
#include "trust/key.h"

struct select_image {
	enum decide_slot slot;
	int store;	  /* where its layers are: the store or the factory's; borrowed */
	struct digest id; /* of the factory's: unset where there was none */
	struct key_signers signers;
	struct manifest manifest;
};

struct select_ops {
	/* Makes the store writable for a moment (true), and read-only again. 0 or -errno.
	 */
	int (*writable)(void *context, bool writable, struct err *err);
	/* Something worth a line on the console: why an image is passed over. */
	void (*say)(void *context, const char *text);
	/* The candidate @id fell: the reason in a sentence. May be NULL. */
	void (*fell)(void *context, const struct digest *id, const char *why);
	void *context;
};

struct select {
	const struct settings *settings; /* set these first... */
	const struct select_ops *ops;
	int store, factory; /* directories; -EBADF: none. The factory may come late. */
	const char *device; /* of the record; NULL: the file `state` of the store */
	bool pretend;	    /* takes every write for done and opens nothing for writing */
	struct decide decide; /* use and last_end are the caller's, the rest is ours */
	bool has_record; /* false: made up from what lies in the store, but for the floor */
	bool keep;	 /* the record is of a newer version: never write it */
	bool lost;	 /* it is somewhere, and can't be read */
	/* what select_next() asks for, and of which boot slot */
	enum decide_act act;
	enum boot_slot home;
	/* ours */
	bool repair;	     /* what is on the disk is no record: it may as well be one */
	int why;	     /* the errno of the last image that fell, 0: none did yet */
	struct err text;     /* its reason, not yet said */
	struct err fall;     /* why the candidate fell, for the record */
	struct record after; /* what is written once the loader was told, */
	bool late;	     /* if so */
};

/* Reads the record, or makes one up (transition_rebuild()), and writes nothing. 0, also
 * without any image, and with a record that can't be read, as select_lose(): select_next()
 * tells then why; -errno: images/ can't be listed. */
int select_open(struct select *select, struct err *err);

/* There is a record, and nobody can say what it would refuse, because of @r and @why: only
 * the factory's image is left, and nothing is written. At any time. */
void select_lose(struct select *select, int r, const struct err *why);

/* The next image to start, judged (signature, device, floor, layers), the record written.
 * Or, as @select->act says, one whose kernel the loader is to start, of which only slot and
 * id are told. 0 or -errno with why the last choice fell, when nothing is left; the reasons
 * before that one were said. On failure *ret_image has no meaning. */
int select_next(struct select *select, struct select_image *ret_image, struct err *err);

/* The loader was told. False: what follows can't be written down, and it is not to be
 * started: as select_refused(). */
bool select_told(struct select *select);

/* The loader couldn't be asked: what this kernel can start is left, and nothing is written any
 * more. */
void select_refused(struct select *select);

/* The image that select_next() gave could not be started: @r and @err say why, without
 * naming the image. */
void select_fell(struct select *select, const struct select_image *image, int r,
		 const struct err *err);

/* The reason of the format for an error between the layers and the program. */
enum record_reason select_reason(int r);
