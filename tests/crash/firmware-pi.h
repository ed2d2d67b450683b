/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a Raspberry Pi starts: autoboot.txt of the FAT on device @fat. */
#include "base/err.h"
#include "format/boot-id.h"

/* 0; -EBADMSG: the file is neither of the two that it may be; or -errno: no FAT. */
int firmware_pi_read(const char *fat, enum boot_slot *ret_usual, struct err *err);

/* As laminactl does it, in place. 0 or -errno. */
int firmware_pi_write(const char *fat, enum boot_slot usual, struct err *err);
