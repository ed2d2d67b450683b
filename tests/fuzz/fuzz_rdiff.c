/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a delta: refused with a reason, or what librsync makes of them, and never more than
 * the layer has. */
#include <assert.h>
#include <errno.h>
#include <librsync.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "install/rdiff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE_BYTES 20000
#define LAYER_BYTES 8192

static uint8_t base[BASE_BYTES], made[LAYER_BYTES];
static size_t made_size;

struct input {
	const uint8_t *bytes;
	size_t size;
};

static int read_delta(void *context, void *buf, size_t size, struct err *err)
{
	struct input *input = context;

	(void)err;
	assert(size <= input->size);
	memcpy(buf, input->bytes, size);
	input->bytes += size;
	input->size -= size;
	return 0;
}

static int put_data(void *context, const uint8_t *bytes, size_t size, struct err *err)
{
	(void)context;
	(void)err;
	assert(size % 4096 == 0 && size <= LAYER_BYTES - made_size);
	memcpy(made + made_size, bytes, size);
	made_size += size;
	return 0;
}

static rs_result copy_base(void *context, rs_long_t at, size_t *size, void **buf)
{
	(void)context;
	assert(at >= 0 && at <= BASE_BYTES);
	if (*size > BASE_BYTES - (size_t)at)
		*size = BASE_BYTES - (size_t)at;
	*buf = base + at;
	return RS_DONE;
}

static void check_librsync(const uint8_t *data, size_t size)
{
	static char out[LAYER_BYTES + 1];
	rs_job_t *job = rs_patch_begin(copy_base, NULL);
	rs_buffers_t bufs = { .next_in = (char *)(uintptr_t)data,
			      .avail_in = size,
			      .eof_in = 1,
			      .next_out = out,
			      .avail_out = sizeof(out) };

	assert(rs_job_iter(job, &bufs) == RS_DONE);
	assert(bufs.avail_out == 1 && memcmp(out, made, LAYER_BYTES) == 0);
	(void)rs_job_free(job);
}

static int base_file(void)
{
	static int fd = -1;

	if (fd >= 0)
		return fd;
	for (size_t i = 0; i < BASE_BYTES; i++)
		base[i] = (uint8_t)(i * i >> 3);
	fd = memfd_create("base", MFD_CLOEXEC);
	assert(fd >= 0 && fd_pwrite_all(fd, base, BASE_BYTES, 0) == 0);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct input input = { data, size };
	struct rdiff rdiff = {
		.base = base_file(),
		.base_bytes = BASE_BYTES,
		.delta_bytes = size,
		.data_bytes = LAYER_BYTES,
		.read = read_delta,
		.put = put_data,
		.context = &input,
	};
	int r;

	made_size = 0;
	r = rdiff_apply(&rdiff, &err);
	assert(r == 0 || (r == -EBADMSG && err.text[0]));
	if (r < 0)
		return 0;
	assert(made_size == LAYER_BYTES && input.size == 0);
	check_librsync(data, size);
	return 0;
}
