/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A log of format/kept.h as it grows, in two files of a directory: when the newer one is
 * full it becomes the older one, which goes. Whoever reads sees whole lines; a power cut
 * leaves the last one torn, which the next kept_file_open() takes away.
 */
#include <stdint.h>

#include "format/kept.h"

struct kept_file {
	int dir, fd;	     /* the directory, borrowed; and KEPT_NEW, -EBADF: none */
	const char *boot;    /* the kernel's boot_id; borrowed */
	uint64_t most_bytes; /* of each file */
	uint64_t size_bytes; /* of what is there */
	uint64_t next;	     /* number of the record that may follow just so */
};

/* Goes on with what the directory @dir holds, whatever that is. 0 or -errno: nothing of
 * @file is to be given back then. */
int kept_file_open(struct kept_file *file, int dir, const char *boot,
		   uint64_t most_bytes);

/* Adds a record, its time_ms being that since 1970. 0, or -errno: it is not there, not even
 * in part. */
int kept_file_add(struct kept_file *file, const struct ring_record *record,
		  const char *bytes);
