/* SPDX-License-Identifier: Apache-2.0 */
/* A file that says it is a ring of output: reading it stays inside it and comes to an end. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "format/ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct file {
	const uint8_t *bytes;
	size_t size;
	bool whole; /* the head's check is made to hold */
};

static int read_file(void *context, uint64_t offset, void *buf, size_t size)
{
	const struct file *file = context;
	uint8_t *to = buf;

	assert(offset <= file->size && size <= file->size - offset);
	memcpy(to, file->bytes + offset, size);
	if (offset == 0 && size == RING_HEAD_SIZE && file->whole) {
		memset(to + 56, 0, 8);
		for (size_t i = 0; i < 56; i++)
			to[56 + i % 8] ^= to[i];
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[RING_MAX_BYTES];
	struct file file = { data, size, size > 0 && data[size - 1] & 1 };
	struct ring_reader reader;
	struct ring_record record;
	struct ring_head head;
	size_t records = 0;

	if (ring_open(&reader, read_file, &file, size) < 0)
		return 0;
	head = reader.head;
	while (ring_next(&reader, &record, text) > 0)
		assert(++records <= size / RING_RECORD_SIZE + 1);
	if (head.head < UINT64_MAX - size)
		ring_make_room(&head, head.size / 2, read_file, &file);
	assert(head.tail <= head.head);
	return 0;
}
