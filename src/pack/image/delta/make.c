/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/delta.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "install/incoming.h"
#include "install/rdiff.h"
#include "pack/image/delta/match.h"

/* --- commands of install/rdiff.h */

struct out {
	int fd;
	int error; /* what it failed with first, or 0 */
	size_t used;
	uint64_t written_bytes;
	uint8_t buf[64 << 10];
};

static void flush(struct out *out)
{
	if (out->error == 0)
		out->error = fd_write_all(out->fd, out->buf, out->used);
	out->used = 0;
}

static void put(struct out *out, const uint8_t *bytes, size_t size)
{
	out->written_bytes += size;
	if (size > sizeof(out->buf) - out->used)
		flush(out);
	if (size > sizeof(out->buf)) {
		if (out->error == 0)
			out->error = fd_write_all(out->fd, bytes, size);
		return;
	}
	memcpy(out->buf + out->used, bytes, size);
	out->used += size;
}

static void put_number(struct out *out, uint64_t number, size_t size)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(number >> 8 * (size - 1 - i));
	put(out, bytes, size);
}

/* The logarithm of how many bytes it takes. */
static unsigned int width_of(uint64_t number)
{
	return number > UINT32_MAX ? 3 : number > UINT16_MAX ? 2 : number > UINT8_MAX;
}

static void put_bytes(struct out *out, const uint8_t *bytes, size_t size)
{
	if (size == 0)
		return;
	if (size <= RDIFF_SHORT) {
		put_number(out, size, 1);
	} else {
		put_number(out, RDIFF_LITERAL_1 + width_of(size), 1);
		put_number(out, size, 1U << width_of(size));
	}
	put(out, bytes, size);
}

static void put_copy(struct out *out, uint64_t at, uint64_t size)
{
	put_number(out, RDIFF_COPY_1_1 + 4 * width_of(at) + width_of(size), 1);
	put_number(out, at, 1U << width_of(at));
	put_number(out, size, 1U << width_of(size));
}

static void put_all(const struct delta_index *index, const struct delta_view *to,
		    struct out *out)
{
	struct delta_matches matches = { .index = index,
					 .to = to->bytes,
					 .to_size = to->size };
	struct delta_match match;
	size_t at = 0;

	put_number(out, RDIFF_MAGIC, 4);
	while (delta_match_next(&matches, &match)) {
		put_bytes(out, to->bytes + at, match.to - at);
		put_copy(out, match.from, match.size);
		at = match.to + match.size;
	}
	put_bytes(out, to->bytes + at, to->size - at);
	put_number(out, RDIFF_END, 1);
	flush(out);
}

/* --- what a device would make of it */

struct trial {
	int delta;
	uint64_t at;
	const uint8_t *wanted;
};

static int read_delta(void *context, void *buf, size_t size, struct err *err)
{
	struct trial *trial = context;
	int r = fd_pread_all(trial->delta, buf, size, trial->at);

	trial->at += size;
	return r < 0 ? err_errno(err, r, "reading the delta again") : 0;
}

static int compare(void *context, const uint8_t *bytes, size_t size, struct err *err)
{
	struct trial *trial = context;

	if (memcmp(trial->wanted, bytes, size) != 0)
		return err_set(err, -EBADMSG, "the delta gives another layer");
	trial->wanted += size;
	return 0;
}

static int try(const struct delta_data *from, const struct delta_view *to, int delta,
	       uint64_t size_bytes, struct err *err)
{
	struct trial trial = { delta, 0, to->bytes };
	struct rdiff rdiff = {
		.base = from->fd,
		.base_bytes = from->size_bytes,
		.delta_bytes = size_bytes,
		.data_bytes = to->size,
		.read = read_delta,
		.put = compare,
		.context = &trial,
	};

	return rdiff_apply(&rdiff, err);
}

int delta_make(const struct delta_data *from, const struct delta_data *to, int out_fd,
	       uint64_t *ret_size_bytes, struct err *err)
{
	static struct out out;
	__delta_view struct delta_view base = DELTA_VIEW_INIT, layer = DELTA_VIEW_INIT;
	__delta_index struct delta_index index = DELTA_INDEX_INIT;
	int r = delta_view_open(from, &base);

	if (r == 0)
		r = delta_view_open(to, &layer);
	if (r == 0)
		r = delta_index_make(&base, &index);
	if (r < 0)
		return err_errno(err, r, "making a delta");
	out = (struct out){ .fd = out_fd };
	put_all(&index, &layer, &out);
	if (out.error < 0)
		return err_errno(err, out.error, "writing a delta");
	*ret_size_bytes = out.written_bytes;
	return try(from, &layer, out_fd, out.written_bytes, err);
}
