/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/delta.h"

#include <errno.h>
#include <librsync.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "install/incoming.h"
#include "install/rdiff.h"
#include "pack/image/delta/runs.h"

#define BUFFER_SIZE ((size_t)256 << 10)
#define STRONG_SIZE 16 /* of a block's hash; two that are alike cost a delta, no layer */

/* A signature is magic, a block's size, a hash's size, and two sums a block. A delta: install/rdiff.h. */
#define SIGNATURE_HEAD 12
#define SUMS_SIZE (4 + STRONG_SIZE)
#define DELTA_HEAD 4
#define DELTA_END 1
#define OP_COPY_8_8 0x54

/* What a job of librsync reads, and what it writes: a layer's data, memory, a file. */
struct job {
	struct delta_data in;
	const char *in_bytes; /* instead; NULL: none */
	size_t in_size;
	int out_fd;	 /* or -1: */
	char *out_bytes; /* owned */
	size_t out_size, out_room;
	uint64_t out_at; /* of the file */
	size_t out_skip; /* bytes that are not written */
};

static size_t block_size(uint64_t size_bytes)
{
	size_t size = 512;

	/* half a million of them take librsync some 50 MB */
	while (size_bytes / size > 1 << 19)
		size *= 2;
	return size;
}

/* Returns how many bytes, 0 at the end. */
static ssize_t fill(struct job *job, char *buf)
{
	struct delta_data *in = &job->in;
	size_t size = in->size_bytes < BUFFER_SIZE ? (size_t)in->size_bytes : BUFFER_SIZE;
	int r = fd_pread_all(in->fd, buf, size, in->offset);

	in->offset += size;
	in->size_bytes -= size;
	return r < 0 ? r : (ssize_t)size;
}

static int drain(struct job *job, const char *bytes, size_t size)
{
	size_t skip = size < job->out_skip ? size : job->out_skip;
	char *more;

	bytes += skip;
	size -= skip;
	job->out_skip -= skip;
	job->out_at += size;
	if (job->out_fd >= 0)
		return fd_pwrite_all(job->out_fd, bytes, size, job->out_at - size);
	if (size == 0)
		return 0; /* there may be no buffer yet */
	if (size > job->out_room - job->out_size) {
		job->out_room = 2 * job->out_room + size;
		more = realloc(job->out_bytes, job->out_room);
		if (!more)
			return -ENOMEM;
		job->out_bytes = more;
	}
	memcpy(job->out_bytes + job->out_size, bytes, size);
	job->out_size += size;
	return 0;
}

static int number_of(rs_result result)
{
	switch (result) {
	case RS_DONE:
	case RS_BLOCKED:
		return 0;
	case RS_MEM_ERROR:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

static int run_buffered(rs_job_t *rs, struct job *job, char *in, char *out)
{
	rs_buffers_t bufs = { .next_in = (char *)job->in_bytes,
			      .avail_in = job->in_size };
	rs_result result;
	int r;

	do {
		if (!bufs.avail_in && !bufs.eof_in) {
			ssize_t size = job->in_bytes ? 0 : fill(job, in);

			if (size < 0)
				return (int)size;
			bufs.next_in = in;
			bufs.avail_in = (size_t)size;
			bufs.eof_in = size == 0;
		}
		bufs.next_out = out;
		bufs.avail_out = BUFFER_SIZE;
		result = rs_job_iter(rs, &bufs);
		r = number_of(result);
		if (r == 0)
			r = drain(job, out, BUFFER_SIZE - bufs.avail_out);
	} while (r == 0 && result == RS_BLOCKED);
	return r;
}

/* Takes the job of librsync. */
static int run(rs_job_t *rs, struct job *job)
{
	char *bytes = rs ? malloc(2 * BUFFER_SIZE) : NULL;
	int r = bytes ? run_buffered(rs, job, bytes, bytes + BUFFER_SIZE) : -ENOMEM;

	free(bytes);
	if (rs)
		(void)rs_job_free(rs);
	return r;
}

/* The sums of the blocks of a part of the layer, to their places among all. */
static int add_sums(const struct delta_data *from, const struct delta_data *part,
		    size_t block, char *signature)
{
	uint64_t begin = part->offset - from->offset, end = begin + part->size_bytes;
	uint64_t first = begin / block;
	struct job job = { .in = *part, .out_fd = -1 };
	int r;

	if (part->size_bytes) {
		uint64_t more = (block - end % block) % block;
		uint64_t rest = from->size_bytes - end;

		job.in.offset -= begin % block;
		job.in.size_bytes += begin % block + (more < rest ? more : rest);
	}
	r = run(rs_sig_begin(block, STRONG_SIZE, RS_RK_BLAKE2_SIG_MAGIC), &job);
	if (r == 0) {
		memcpy(signature, job.out_bytes, SIGNATURE_HEAD);
		memcpy(signature + SIGNATURE_HEAD + first * SUMS_SIZE,
		       job.out_bytes + SIGNATURE_HEAD, job.out_size - SIGNATURE_HEAD);
	}
	free(job.out_bytes);
	return r;
}

/* More is new than is gone: it may be, once more, what is in a run. */
static bool needs_runs(const struct delta_data *from, const struct delta_data *to)
{
	return to->size_bytes > from->size_bytes + to->size_bytes / 64;
}

/* Of all blocks, so that each has its number, but those within a run have sums of zeros, of which librsync keeps one:
 * they are not looked for. */
static int make_signature(const struct delta_data *from, const struct delta_data *to,
			  const struct runs *runs, rs_signature_t **ret_signature)
{
	size_t block = block_size(from->size_bytes);
	uint64_t blocks = (from->size_bytes + block - 1) / block;
	struct job read = { .out_fd = -1,
			    .in_size = SIGNATURE_HEAD + (size_t)blocks * SUMS_SIZE };
	char *signature = calloc(1, read.in_size);
	int r = signature ? 0 : -ENOMEM;

	if (r == 0 && needs_runs(from, to))
		r = add_sums(from, from, block, signature);
	else
		for (size_t i = 0; r == 0 && i <= runs->count; i++) {
			struct run_gap gap = runs_gap(runs, i, from, to);

			r = add_sums(from, &gap.from, block, signature);
		}
	read.in_bytes = signature;
	if (r == 0)
		r = run(rs_loadsig_begin(ret_signature), &read);
	if (r == 0)
		r = number_of(rs_build_hash_table(*ret_signature));
	free(signature);
	free(read.out_bytes);
	return r;
}

static int write_copy(int out_fd, const struct run *run, uint64_t *at)
{
	uint8_t op[17] = { OP_COPY_8_8 };
	int r;

	for (int i = 0; i < 8; i++) {
		op[1 + i] = (uint8_t)(run->from >> (56 - 8 * i));
		op[9 + i] = (uint8_t)(run->size_bytes >> (56 - 8 * i));
	}
	r = fd_pwrite_all(out_fd, op, sizeof(op), *at);
	*at += sizeof(op);
	return r;
}

/* What librsync makes of a part, without head and end. */
static int write_part(rs_signature_t *signature, const struct delta_data *part,
		      int out_fd, uint64_t *at)
{
	struct job job = {
		.in = *part, .out_fd = out_fd, .out_at = *at, .out_skip = DELTA_HEAD
	};
	int r = part->size_bytes ? run(rs_delta_begin(signature), &job) : 0;

	if (r == 0 && part->size_bytes)
		*at = job.out_at - DELTA_END;
	return r;
}

static int write_delta(rs_signature_t *signature, const struct runs *runs,
		       const struct delta_data *from, const struct delta_data *to,
		       int out_fd, uint64_t *ret_size_bytes)
{
	uint64_t at = DELTA_HEAD;
	int r = fd_pwrite_all(out_fd, "rs\x02\x36", DELTA_HEAD, 0);

	for (size_t i = 0; r == 0 && i <= runs->count; i++) {
		struct run_gap gap = runs_gap(runs, i, from, to);

		r = write_part(signature, &gap.to, out_fd, &at);
		if (r == 0 && i < runs->count)
			r = write_copy(out_fd, &runs->list[i], &at);
	}
	*ret_size_bytes = at + DELTA_END;
	return r < 0 ? r : fd_pwrite_all(out_fd, "", DELTA_END, at);
}

/* --- what a device would make of it */

struct trial {
	int delta;
	uint64_t at;
	struct delta_data to;
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
	static uint8_t wanted[INCOMING_BUFFER];
	struct trial *trial = context;
	int r = fd_pread_all(trial->to.fd, wanted, size, trial->to.offset);

	trial->to.offset += size;
	if (r < 0)
		return err_errno(err, r, "reading the layer again");
	return memcmp(wanted, bytes, size) == 0
		       ? 0
		       : err_set(err, -EBADMSG, "librsync's delta gives another layer");
}

static int try(const struct delta_data *from, const struct delta_data *to, int delta,
	       uint64_t size_bytes, struct err *err)
{
	struct trial trial = { delta, 0, *to };
	struct rdiff rdiff = {
		.base = from->fd,
		.base_bytes = from->size_bytes,
		.delta_bytes = size_bytes,
		.data_bytes = to->size_bytes,
		.read = read_delta,
		.put = compare,
		.context = &trial,
	};

	return rdiff_apply(&rdiff, err);
}

int delta_make(const struct delta_data *from, const struct delta_data *to, int out_fd,
	       uint64_t *ret_size_bytes, struct err *err)
{
	rs_signature_t *signature = NULL;
	__runs struct runs runs = { .list = NULL };
	uint64_t size_bytes = 0;
	int r = runs_find(from, to, &runs);

	if (r == 0)
		r = make_signature(from, to, &runs, &signature);
	if (r == 0)
		r = write_delta(signature, &runs, from, to, out_fd, &size_bytes);
	if (signature)
		rs_free_sumset(signature);
	if (r < 0)
		return err_errno(err, r, "making a delta");
	*ret_size_bytes = size_bytes;
	return try(from, to, out_fd, size_bytes, err);
}
