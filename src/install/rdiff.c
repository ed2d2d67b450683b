/* SPDX-License-Identifier: Apache-2.0 */
#include "install/rdiff.h"

#include <errno.h>

#include "base/fd.h"
#include "install/incoming.h"

#define MAGIC 0x72730236
#define NO_DELTA (-EPROTO) /* what it says can't be; without a text yet */

enum {
	OP_END = 0,
	OP_LITERAL_1 = 0x41, /* length in 1 byte; before it, it is the op itself */
	OP_COPY_1_1 = 0x45,
	OP_COPY_8_8 = 0x54,
};

static int take(struct rdiff *rdiff, void *buf, size_t size, struct err *err)
{
	if (size > rdiff->delta_bytes)
		return NO_DELTA;
	rdiff->delta_bytes -= size;
	return rdiff->read(rdiff->context, buf, size, err);
}

static int take_number(struct rdiff *rdiff, unsigned int size, uint64_t *ret_number,
		       struct err *err)
{
	uint8_t bytes[8];
	int r = take(rdiff, bytes, size, err);

	*ret_number = 0;
	for (unsigned int i = 0; r == 0 && i < size; i++)
		*ret_number = *ret_number << 8 | bytes[i];
	return r;
}

/* @at: in the base, or UINT64_MAX: the bytes follow. @used: of the buffer, which is handed on
 * when it is full, and with the last byte. */
static int make(struct rdiff *rdiff, uint64_t at, uint64_t size, size_t *used,
		struct err *err)
{
	int r = 0;

	while (r == 0 && size > 0) {
		uint8_t *to = incoming_buffer + *used;
		size_t room = INCOMING_BUFFER - *used;
		size_t part = size < room ? (size_t)size : room;

		if (at == UINT64_MAX) {
			r = take(rdiff, to, part, err);
		} else {
			/* whoever finds it unreadable looks at it himself */
			r = fd_pread_all(rdiff->base, to, part, at) < 0 ? NO_DELTA : 0;
			at += part;
		}
		size -= part;
		*used += part;
		rdiff->data_bytes -= part;
		if (r < 0 || (*used < INCOMING_BUFFER && rdiff->data_bytes > 0))
			continue;
		r = rdiff->put(rdiff->context, incoming_buffer, *used, err);
		*used = 0;
	}
	return r;
}

/* Returns 1; 0 at the end. */
static int take_op(struct rdiff *rdiff, uint64_t *ret_at, uint64_t *ret_size,
		   struct err *err)
{
	uint64_t op;
	int r = take_number(rdiff, 1, &op, err);

	if (r < 0 || op == OP_END)
		return r;
	*ret_at = UINT64_MAX;
	*ret_size = op;
	if (op > OP_COPY_8_8)
		return NO_DELTA;
	if (op >= OP_COPY_1_1) {
		op -= OP_COPY_1_1;
		r = take_number(rdiff, 1U << op / 4, ret_at, err);
		if (r == 0)
			r = take_number(rdiff, 1U << op % 4, ret_size, err);
		if (r == 0 && (*ret_size > rdiff->base_bytes ||
			       *ret_at > rdiff->base_bytes - *ret_size))
			r = NO_DELTA;
	} else if (op >= OP_LITERAL_1) {
		r = take_number(rdiff, 1U << (op - OP_LITERAL_1), ret_size, err);
	}
	return r < 0 ? r : 1;
}

int rdiff_apply(struct rdiff *rdiff, struct err *err)
{
	uint64_t at, size;
	size_t used = 0;
	int r = take_number(rdiff, 4, &at, err);

	if (r == 0 && at != MAGIC)
		r = NO_DELTA;
	while (r == 0 && (r = take_op(rdiff, &at, &size, err)) > 0)
		r = size == 0 || size > rdiff->data_bytes
			    ? NO_DELTA
			    : make(rdiff, at, size, &used, err);
	if (r == 0 && (rdiff->data_bytes || rdiff->delta_bytes))
		r = NO_DELTA;
	return r == NO_DELTA ? err_set(err, -EBADMSG, "it is damaged, or of another base")
			     : r;
}
