/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Is a store what it may be after a power cut? Asked of a mounted file system, whose
 * kernel has replayed its journal, with the rooms that lamina-init is made of.
 */
#include <stdbool.h>

#include "base/err.h"
#include "crash/firmware.h"
#include "format/record.h"
#include "store/settings.h"

#define JUDGE_STORE "/store" /* where the file system is mounted */
#define JUDGE_TRUTH "/truth" /* a store tree with every image as it should be */

struct judge {
	struct settings settings;
	int truth;
	bool all; /* every image that is there must be whole, be it named or not */
	struct firmware firmware; /* of a device with boot slots */
	/* what was promised, and what the operation in progress may have made of it */
	bool has_before, has_after;
	struct record before, after;
	/* results */
	bool is_after;
	char image[65]; /* that boots; "" none, which is right where nothing was promised
			 */
};

/* Reads /etc/lamina of the initramfs, and what every image should be. */
int judge_init(struct judge *ret_judge, struct err *err);

/* The record is one of the two, every image it names is whole, and the right one boots.
 * 0, or -errno and what is wrong. With @look_only, boots nothing: changes nothing. */
int judge_store(struct judge *judge, bool look_only, struct err *err);

/* Does the policy name boot slots? Then all of this begins with the firmware. */
static inline bool judge_has_slots(const struct judge *judge)
{
	return judge->settings.policy.boot_loader;
}

/* As init does: chooses, judges, writes the record. Leaves the image in /run/lamina. */
int judge_start(struct judge *judge, struct err *err);
