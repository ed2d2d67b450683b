/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A boot loader with two slots, as U-Boot's script and a check of what is in them make one: what
 * it starts is what some image asks for, byte for byte, or nothing.
 */
#include "base/err.h"
#include "format/boot-id.h"
#include "format/manifest.h"
#include "loader/loader.h"
#include "store/settings.h"

#define FIRMWARE_KERNELS 8

struct firmware {
	struct loader loader;
	struct manifest_boot kernels[FIRMWARE_KERNELS]; /* of all images that there are */
	size_t count;
	enum boot_slot runs; /* what was started last */
	bool pi;	     /* a Raspberry Pi, which forgets "once" with the power: */
	enum boot_slot once;
	bool ubi;		    /* its words are in a UBI volume */
	char boot_id[BOOT_ID_SIZE]; /* of that */
};

/* Where a guest has the devices, whatever they are called: see guest/init. */
#define FIRMWARE_STATE "/dev/crash-boot-state"
#define FIRMWARE_SLOT_A "/dev/crash-boot-a"
#define FIRMWARE_SLOT_B "/dev/crash-boot-b"

/* With the slots that the policy names, and the kernels of the images of the store @truth. 0 or
 * -errno. */
int firmware_open(const struct settings *settings, int truth,
		  struct firmware *ret_firmware, struct err *err);

/* From power on to a kernel: which one, into ->runs and ->boot_id. 0; -ENOEXEC: no slot has
 * any; or -errno. */
int firmware_start(struct firmware *firmware, struct err *err);

/* Does a slot have @boot, whole? 1, 0 or -errno. */
int firmware_has(const struct firmware *firmware, const struct manifest_boot *boot,
		 struct err *err);

/* As `laminactl boot once SLOT`, or `default`. 0 or -errno. */
int firmware_tell(struct firmware *firmware, bool once, enum boot_slot slot,
		  struct err *err);
