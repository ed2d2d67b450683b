/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A directory for programs that read and write files by name. */
#include "pack/device/bootblob.h"

struct workshop {
	char *path; /* owned */
};

/* Makes it. 0 or -errno. Needs workshop_done() in either case. */
int workshop_open(struct workshop *workshop, struct err *err);

/* Writes the file @name there. 0 or -errno. */
int workshop_put(const struct workshop *workshop, const char *name, const void *bytes,
		 size_t size, struct err *err);

/* Puts the file @path there under @name, as a link. 0 or -errno. */
int workshop_link(const struct workshop *workshop, const char *name, const char *path,
		  struct err *err);

/* Reads the file @name of it. As bootblob_read(). */
int workshop_take(const struct workshop *workshop, const char *name,
		  struct bootblob_file *ret_file, struct err *err);

/* The path of the file @name of it: the caller's to free; NULL when out of memory. */
char *workshop_path(const struct workshop *workshop, const char *name);

/* Takes it away with all that is in it. */
void workshop_done(struct workshop *workshop);

#define __workshop __attribute__((cleanup(workshop_done)))
