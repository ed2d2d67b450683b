/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* An image on its way into the store: what is asked of it, its layers and its kernel, the record. */
#include "boot/transition.h"
#include "ctl/ctl.h"
#include "ctl/slots.h"
#include "install/gc.h"

struct arrival {
	struct ctl *ctl;
	struct change *change;
	struct progress progress;
	struct gc gc;
	struct slots slots;
	struct manifest_boot current_boot;
	enum boot_slot home;  /* of the new image's kernel, where it has one */
	struct digest before; /* the candidate */
	uint64_t current_serial;
	char current_name[MANIFEST_NAME_SIZE]; /* "": none can be read */
	bool current_manages;		       /* it installs what comes after it */
	const char *name;		       /* of the source */
	bool dry_run, force, json, move, newer, other_name;
};

/* May it be installed, and would it? What the current image is stands in @q then. 0 or -errno. */
int arrival_check(struct arrival *q, struct err *err);

/* Can @manifest, which is not in the store yet maybe, install what comes after it? */
bool arrival_may_manage(const struct arrival *q, const struct manifest *manifest);

/* Its layers, in a process that Ctrl-C ends; the store is read-only again in either case. */
int arrival_write(struct arrival *q, struct err *err);

/* Its kernel, into the slot that doesn't run. */
int arrival_put_boot(struct arrival *q, struct err *err);

/* The record: it is the candidate, or with nothing to fall back to the current image. */
int arrival_flip(struct arrival *q, struct err *err);
