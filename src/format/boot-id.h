/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What tells one kernel with its initramfs from another: a word that the initramfs holds,
 * and that a manifest asks for. Where a device keeps two of them: its boot slots.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define BOOT_ID_SIZE 65 /* 1 to 64 of [A-Za-z0-9._-], and NUL */

enum boot_slot {
	BOOT_SLOT_NONE,
	BOOT_SLOT_A,
	BOOT_SLOT_B,
};

#define BOOT_SLOTS 2

/* "none", "a", "b". */
const char *boot_slot_name(enum boot_slot slot);

bool boot_id_valid(const char *text, size_t size);

/* Reads the file of the initramfs: one id and a line feed. 0, or -EBADMSG. */
int boot_id_parse(const char *bytes, size_t size, char ret_id[BOOT_ID_SIZE],
		  struct err *err);
