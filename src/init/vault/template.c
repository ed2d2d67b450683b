/* SPDX-License-Identifier: Apache-2.0 */
#include "init/vault/template.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/le.h"
#include "base/sys.h"

#define MAGIC "lamblk1\n"
#define BLOCK 4096
#define HEAD 24
#define ENTRY (8 + BLOCK)
#define MOST ((uint64_t)1 << 20) /* blocks: more than any has */
#define CHUNK 16		 /* blocks that are written at once */

static int read_head(int file, uint64_t *ret_blocks, uint64_t *ret_count)
{
	uint8_t head[HEAD];
	int r = fd_pread_all(file, head, sizeof(head), 0);

	if (r < 0)
		return r;
	*ret_blocks = le_get(head + 8, 8);
	*ret_count = le_get(head + 16, 8);
	if (memcmp(head, MAGIC, 8) != 0 || *ret_blocks == 0 || *ret_blocks > MOST ||
	    *ret_count > *ret_blocks)
		return -EBADMSG;
	return 0;
}

int template_size(int file, uint64_t *ret_bytes)
{
	uint64_t blocks, count;
	int r = read_head(file, &blocks, &count);

	if (r == 0)
		*ret_bytes = blocks * BLOCK;
	return r;
}

struct reading {
	int file;
	uint64_t at, count; /* the next of so many */
	uint64_t number;    /* of the next one; UINT64_MAX: there is none */
};

static int next(struct reading *reading)
{
	uint64_t before = reading->number;
	uint8_t number[8];
	int r;

	reading->number = UINT64_MAX;
	if (reading->at == reading->count)
		return 0;
	r = fd_pread_all(reading->file, number, sizeof(number),
			 HEAD + reading->at * ENTRY);
	if (r < 0)
		return r;
	reading->number = le_get(number, 8);
	return reading->at > 0 && reading->number <= before ? -EBADMSG : 0;
}

/* Blocks from @first on. */
static int fill(struct reading *reading, uint64_t first, uint8_t chunk[CHUNK * BLOCK])
{
	int r = 0;

	memset(chunk, 0, CHUNK * BLOCK);
	while (r == 0 && reading->number < first + CHUNK) {
		if (reading->number < first)
			return -EBADMSG;
		r = fd_pread_all(reading->file, chunk + (reading->number - first) * BLOCK,
				 BLOCK, HEAD + reading->at * ENTRY + 8);
		reading->at++;
		if (r == 0)
			r = next(reading);
	}
	return r;
}

int template_write(int file, int fd)
{
	static uint8_t chunk[CHUNK * BLOCK];
	struct reading reading = { .file = file };
	uint64_t blocks;
	int r = read_head(file, &blocks, &reading.count);

	if (r == 0)
		r = next(&reading);
	for (uint64_t at = 0; r == 0 && at < blocks; at += CHUNK) {
		uint64_t left = blocks - at;

		r = fill(&reading, at, chunk);
		if (r == 0)
			r = fd_pwrite_all(fd, chunk,
					  (left < CHUNK ? left : CHUNK) * BLOCK,
					  at * BLOCK);
	}
	return r < 0 ? r : sys_fsync(fd);
}
