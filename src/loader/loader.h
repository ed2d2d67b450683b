/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What every boot loader can be told: which of two slots it starts, and which one once. It
 * clears that durably before it starts the slot, and takes the other slot where one can't be
 * loaded or verified: lamina-boot(7). A kind of loader is one const table. Only what the
 * record says counts: this is made to follow it.
 */
#include <stdbool.h>

#include "base/err.h"
#include "block/backing.h"
#include "block/find/device.h"
#include "format/boot-id.h"
#include "format/policy.h"

struct loader_words {
	enum boot_slot usual; /* BOOT_SLOT_NONE: another than ours */
	enum boot_slot once;  /* BOOT_SLOT_NONE: the usual one is next */
};

struct loader {
	const struct loader_ops *ops;
	char path[POLICY_WORD_SIZE]; /* of the device or program that is asked; or "" */
	char slots[BOOT_SLOTS][BACKING_PATH_SIZE]; /* of their devices */
};

struct vars_kind;

struct loader_ops {
	const char *name; /* as a policy has it */
	/* What the loader would do next. 0 or -errno. */
	int (*read)(const struct loader *loader, struct loader_words *ret_words,
		    struct err *err);
	/* Has it do so, and on the medium; what is so already is not written again. 0 or
	 * -errno: then it may be either. */
	int (*write)(const struct loader *loader, const struct loader_words *words,
		     struct err *err);
	/* What the firmware says that it has started; NULL: it says nothing. */
	enum boot_slot (*runs)(const struct loader *loader);
	bool reboots;	  /* to write what is for once is to reboot, at once */
	bool may_be_full; /* a write may find no room: tried before a slot is written */
	const struct vars_kind *vars; /* of the first two */
};

extern const struct loader_ops
	loader_sector, /* U-Boot, barebox: whatever runs a script */
	loader_grubenv, loader_efi, loader_rpi, loader_helper;

/* Finds what @policy names, which has boot slots. 0, -ENOTSUP: such a loader is not built in; or
 * find_device()'s. */
int loader_open(const struct policy *policy, struct loader *ret_loader, struct err *err);

/* ops->read and ops->write; the text says who. */
int loader_read(const struct loader *loader, struct loader_words *ret_words,
		struct err *err);
int loader_write(const struct loader *loader, enum boot_slot usual, enum boot_slot once,
		 struct err *err);

/* What is known of the device of slot @i, 0 or 1. 0 or -errno. */
int loader_slot(const struct loader *loader, size_t i, struct device *ret_device,
		struct gpt_entry *ret_entry, struct err *err);
