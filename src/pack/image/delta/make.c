/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/delta.h"

#include <errno.h>
#include <librsync.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "install/incoming.h"
#include "install/rdiff.h"

#define BUFFER_SIZE ((size_t)256 << 10)
#define STRONG_SIZE 16 /* of a block's hash; two that are alike cost a delta, no layer */

/* What a job of librsync reads, and what it writes: a layer's data, memory, a file. */
struct job {
	struct delta_data in;
	const char *in_bytes; /* instead; NULL: none */
	size_t in_size;
	int out_fd;	 /* or -1: */
	char *out_bytes; /* owned */
	size_t out_size, out_room;
	uint64_t written_bytes;
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
	char *more;

	job->written_bytes += size;
	if (job->out_fd >= 0)
		return fd_write_all(job->out_fd, bytes, size);
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

static int make_signature(const struct delta_data *from, rs_signature_t **ret_signature)
{
	struct job write = { .in = *from, .out_fd = -1 }, read = { .out_fd = -1 };
	int r = run(rs_sig_begin(block_size(from->size_bytes), STRONG_SIZE,
				 RS_RK_BLAKE2_SIG_MAGIC),
		    &write);

	read.in_bytes = write.out_bytes;
	read.in_size = write.out_size;
	if (r == 0)
		r = run(rs_loadsig_begin(ret_signature), &read);
	if (r == 0)
		r = number_of(rs_build_hash_table(*ret_signature));
	free(write.out_bytes);
	free(read.out_bytes);
	return r;
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
	struct job job = { .in = *to, .out_fd = out_fd };
	rs_signature_t *signature = NULL;
	int r = make_signature(from, &signature);

	if (r == 0)
		r = run(rs_delta_begin(signature), &job);
	if (signature)
		rs_free_sumset(signature);
	if (r < 0)
		return err_errno(err, r, "making a delta");
	*ret_size_bytes = job.written_bytes;
	return try(from, to, out_fd, job.written_bytes, err);
}
