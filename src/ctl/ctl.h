/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What every command of laminactl begins with: where things are, what the device allows,
 * which image runs. On a device all of it is what lamina-init left in /run/lamina.
 */
#include <stdbool.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "cli/progress.h"
#include "install/install.h"
#include "slot/change.h"
#include "store/settings.h"
#include "trust/sha256.h"

#define CTL_RUN "/run/lamina"
#define CTL_PATH_SIZE 512

struct ctl {
	/* options of every command; NULL: not given */
	const char *run, *store, *policy, *keyring, *state;

	/* set by ctl_open() */
	char store_path[CTL_PATH_SIZE];
	char device[CTL_PATH_SIZE]; /* of the record; "": the file `state` of the store */
	int state_r;		    /* why the device of the record can't be used, or 0 */
	struct err state_why;
	struct settings settings;
	char boot_id[BOOT_ID_SIZE]; /* of the kernel that runs, or "" */
	struct digest running;	    /* the image that runs, or unset */
	char running_slot[16];	    /* what it was started as, or "" */
	enum writable_rest rest;    /* of the store, when nobody changes it */

	/* Large, and in the program once: a command has the one or the other. */
	union {
		struct manifest manifest; /* of the image that is looked at */
		struct install install;
	};
};

/* The program's context. */
struct ctl *ctl_of(const struct cmd_line *line);

/* Options and operands of a command that has at most @most operands and no option but
 * those in @flags, which NULL ends: sets the flag of each that is given. 0, CMD_USAGE, CMD_HELP. */
int ctl_flags(struct cmd_line *line, bool *const *flags, int most, struct err *err);

/* Reads policy, keyring and what runs. 0, also where the record's device is not found, or
 * -errno. */
int ctl_open(struct ctl *ctl, struct err *err);

/* Reads the policy alone. 0 or -errno. */
int ctl_open_policy(struct ctl *ctl, struct err *err);

/* Opens @name of the directory that init left its files in. An fd, or -errno. */
int ctl_open_run(const struct ctl *ctl, const char *name, int flags);

/* Opens what is to be installed: a file, or "-" for standard input. An fd, or -errno. */
int ctl_open_input(const char *name, struct err *err);

/* The value of key @name of such a file's @text, key=value lines; "" when it isn't there or
 * is longer than @room. */
void ctl_value(const char *text, const char *name, char *ret_value, size_t room);

/* The path of @name in that directory. 0 or -ENAMETOOLONG. */
int ctl_path(const struct ctl *ctl, const char *name, char ret_path[CTL_PATH_SIZE],
	     struct err *err);

/* "" as NULL: what the store room takes. */
const char *ctl_device(const struct ctl *ctl);

/* The higher of the policy's and the record's. */
uint64_t ctl_floor(const struct ctl *ctl, const struct record *record);

/* Was the image that runs started as this one? */
bool ctl_runs_as(const struct ctl *ctl, enum decide_slot slot);

/* What the boot record calls image @id; NULL: nothing. */
const char *ctl_slot_name(const struct record *record, const struct digest *id);

/* change_read() of @store. */
int ctl_select(const struct ctl *ctl, int store, struct select *ret_select,
	       struct err *err);

/* The store, which has a directory for images, and the record as a boot would see it. */
int ctl_read(const struct ctl *ctl, int *ret_store, struct record *ret_record,
	     struct err *err);

/* What a command does with the store in between. 0 or -errno. */
typedef int ctl_work(struct ctl *ctl, struct change *change, void *context,
		     struct err *err);

/* Does @work on the store, from change_begin() to change_end(). At its end, somebody else's
 * open files are only worth a note; anything else is a failure: the file system could not
 * write what it had still to write. What @work returns, or -errno. */
int ctl_change(struct ctl *ctl, ctl_work *work, void *context, struct err *err);

/* The same where the record may be of a newer version: @work writes it anew. */
int ctl_rewrite(struct ctl *ctl, ctl_work *work, void *context, struct err *err);

/* The same without the lock, for @work that changes nothing. */
int ctl_look(struct ctl *ctl, ctl_work *work, void *context, struct err *err);

/* -ENOENT: what is to be changed is no store. Only where the factory's image runs may it be
 * one that no image has come into yet. 0 or -errno. */
int ctl_is_store(const struct ctl *ctl, const struct change *change, struct err *err);

/* What slot/confirm.h asks for. 0, or -ENOENT: nothing says which image runs. */
struct confirm;
int ctl_confirm(struct ctl *ctl, struct confirm *ret_confirm, struct err *err);

/* Says that the candidate there was @before is none any more. */
void ctl_note_forgotten(const struct change *change, const struct digest *before);

/* The candidate was given up by hand: has the record tell what is known of it. */
void ctl_tell_fall(struct ctl *ctl, struct change *change);

/* The change was @r; its record is written unless that is a failure. 0 or -errno. */
int ctl_write(struct change *change, int r, struct err *err);
