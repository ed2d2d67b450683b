/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The device-mapper's calls, as dm.c and crypt.c make them: one target a mapping. For this room. */
#include <linux/dm-ioctl.h>
#include <stdint.h>

#include "base/err.h"

/* A target's line is 270 bytes with a long device name and a key of 64 bytes in hex, or 230 with
 * two such names; its status is one letter. */
#define DM_ROOM 512
#define DM_PATH_SIZE 32

struct dm_request {
	struct dm_ioctl head;
	struct dm_target_spec spec;
	char text[DM_ROOM];
};

void dm_call_init(struct dm_request *request, const char *name, uint32_t flags);

/* Who takes the calls. An fd, the caller's; -ENOTSUP: no device-mapper in this kernel. */
int dm_call_open(struct err *err);

/* A mapping without a table, for @target, which the texts name: "/dev/dm-@ret_minor". 0;
 * -EEXIST: there is one of this name; -errno. */
int dm_call_create(int control, const char *target, const char *name,
		   unsigned int *ret_minor, struct err *err);

/* Loads @request, whose spec has the line's @bytes and whose text is the line; and puts it in
 * place of the table before, if any. -ENOENT: the kernel lacks a part that the line names. */
int dm_call_load(int control, const char *target, struct dm_request *request,
		 uint64_t bytes);
int dm_call_resume(int control, const char *target, const char *name, struct err *err);

/* Takes the mapping away: where it has users, when its last one goes. 0 or -errno. */
int dm_call_remove(int control, const char *target, const char *name, struct err *err);
