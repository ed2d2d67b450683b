/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Deltas between the layers of two images: what a device that has the one lacks of the other,
 * in librsync's format, of the layers' data alone (install/rdiff.h has the device's side). Hash
 * trees are left out: a device makes them.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/deltas.h"
#include "pack/image/place.h"

/* The data of a layer, in a file that is borrowed. */
struct delta_data {
	int fd;
	uint64_t offset, size_bytes;
};

/* Writes the delta to @out_fd, an empty file that can be read: long runs that both have as they are, the rest by
 * librsync, in blocks of 512 bytes while the layer has not more than a few hundred MiB. A device's decoder has then
 * made @to of it. Both layers begin with their files. 0; -EBADMSG if it didn't; -errno. */
int delta_make(const struct delta_data *from, const struct delta_data *to, int out_fd,
	       uint64_t *ret_size_bytes, struct err *err);

/*
 * Which of @count layers has most in common with @to: @like, if that is one and has half of it in long runs; or by
 * samples of 64 bytes at places that the content chooses, about one a KiB: where a file moved in its layer, or to
 * another layer, doesn't count. With the same of several: @like, if that is one, or the first. 0 or -errno.
 */
int delta_base(const struct delta_data *from, size_t count, const struct delta_data *to,
	       size_t like, size_t *ret_index, struct err *err);

/* A delta that pays. */
struct delta {
	size_t layer, base; /* of the image after, and the one before */
	int fd;		    /* owned; has no name */
	struct deltas_line line;
};

struct delta_list {
	struct delta deltas[DELTAS_MAX_COUNT];
	size_t count;
};

/* Adds one of each layer that @after has and @before has not, in the order of @after, from its
 * delta_base(), if that saves at least 40 % of the layer, and it has 32 KiB; as long as
 * there are no more than DELTAS_MAX_COUNT. 0 or -errno; needs delta_list_done() in either case. */
int delta_list_make(struct delta_list *list, const struct place *before,
		    const struct place *after, struct err *err);
void delta_list_done(struct delta_list *list);

/* The same with the image of the store or bundle @path in place of @before. */
int delta_list_add(struct delta_list *list, const char *path, const struct place *after,
		   struct err *err);

/* A layer to be made, of what is in a store. */
struct delta_wish {
	int store; /* borrowed */
	const struct digest *layer;
	uint64_t data_bytes;
};

/* Makes it, with its hash tree, in the empty file @out_fd: by the first delta of the list that does, of those
 * whose base is in the store. 0; -ENOENT: there is none; -EBADMSG or -errno. */
int delta_list_apply(const struct delta_list *list, const struct delta_wish *wish,
		     int out_fd, struct err *err);

#define __delta_list __attribute__((cleanup(delta_list_done)))
