/* SPDX-License-Identifier: Apache-2.0 */
#include "format/ring.h"

#include <errno.h>
#include <string.h>

#include "base/le.h"

#define MAGIC 0x676f6c616e696d61ULL /* "aminalog" */
#define RECORD_MAGIC 0x4c52
#define FLAG_OPEN 1
#define WORDS (RING_HEAD_SIZE / 8)

void ring_encode_head(const struct ring_head *head, uint8_t ret_bytes[RING_HEAD_SIZE])
{
	const uint64_t words[WORDS - 1] = { MAGIC,	head->size,  head->tail,
					    head->head, head->count, head->unshown };
	uint64_t check = 0;

	for (size_t i = 0; i < WORDS - 1; i++) {
		le_put(ret_bytes + 8 * i, words[i], 8);
		check ^= words[i];
	}
	le_put(ret_bytes + 8 * (WORDS - 1), check, 8);
}

/* Of a file of @file_size bytes. 0; -EAGAIN: it is being written; -EBADMSG: no ring's. */
static int decode_head(const uint8_t bytes[RING_HEAD_SIZE], uint64_t file_size,
		       struct ring_head *ret_head)
{
	uint64_t words[WORDS], check = 0;
	struct ring_head head;

	for (size_t i = 0; i < WORDS; i++) {
		words[i] = le_get(bytes + 8 * i, 8);
		check ^= words[i];
	}
	if (words[0] != MAGIC)
		return -EBADMSG;
	if (check != 0)
		return -EAGAIN;
	head = (struct ring_head){ words[1], words[2], words[3], words[4], words[5] };
	if (file_size < RING_HEAD_SIZE || head.size != file_size - RING_HEAD_SIZE ||
	    head.size == 0 || head.head < head.tail || head.head - head.tail > head.size)
		return -EBADMSG;
	*ret_head = head;
	return 0;
}

void ring_encode_record(const struct ring_record *record,
			uint8_t ret_bytes[RING_RECORD_SIZE])
{
	le_put(ret_bytes, record->size, 4);
	ret_bytes[4] = record->stream;
	ret_bytes[5] = record->open ? FLAG_OPEN : 0;
	le_put(ret_bytes + 6, RECORD_MAGIC, 2);
	le_put(ret_bytes + 8, record->number, 8);
	le_put(ret_bytes + 16, record->time_ms, 8);
}

static int decode_record(const uint8_t bytes[RING_RECORD_SIZE],
			 struct ring_record *ret_record)
{
	uint64_t size = le_get(bytes, 4);

	if (le_get(bytes + 6, 2) != RECORD_MAGIC || size > RING_MAX_BYTES ||
	    bytes[5] > FLAG_OPEN)
		return -EBADMSG;
	*ret_record = (struct ring_record){ .size = (uint32_t)size,
					    .stream = bytes[4],
					    .open = bytes[5] == FLAG_OPEN,
					    .number = le_get(bytes + 8, 8),
					    .time_ms = le_get(bytes + 16, 8) };
	return 0;
}

size_t ring_span(const struct ring_head *head, uint64_t position, size_t size,
		 uint64_t *ret_offset)
{
	uint64_t at = position % head->size;

	*ret_offset = RING_HEAD_SIZE + at;
	return size > head->size - at ? (size_t)(head->size - at) : size;
}

/* What lies across the ring's end comes in two pieces. */
static int read_at(const struct ring_head *head, uint64_t position, void *buf,
		   size_t size, ring_read *get, void *context)
{
	char *to = buf;

	while (size > 0) {
		uint64_t offset;
		size_t piece = ring_span(head, position, size, &offset);
		int r = get(context, offset, to, piece);

		if (r < 0)
			return r;
		position += piece;
		to += piece;
		size -= piece;
	}
	return 0;
}

/* Many records at once: their heads alone would be as many reads. */
void ring_make_room(struct ring_head *head, uint64_t size, ring_read *get, void *context)
{
	uint64_t from = 0, end = 0, least;
	uint8_t bytes[1024];

	if (head->head + size <= head->size)
		return;
	least = head->head + size - head->size;
	while (head->tail < least) {
		uint64_t left = head->head - head->tail;
		struct ring_record record;

		if (head->tail < from || head->tail + RING_RECORD_SIZE > end) {
			from = head->tail;
			end = from + (left < sizeof(bytes) ? left : sizeof(bytes));
			if (left < RING_RECORD_SIZE ||
			    read_at(head, from, bytes, (size_t)(end - from), get,
				    context) < 0)
				break;
		}
		if (decode_record(bytes + (head->tail - from), &record) < 0 ||
		    record.size + RING_RECORD_SIZE > left)
			break;
		head->tail += RING_RECORD_SIZE + record.size;
	}
	if (head->tail < least)
		head->tail = head->head;
}

/* As often as a head that is being written may be met in a row. */
#define AGAIN 100

static int read_head(struct ring_reader *reader)
{
	uint8_t bytes[RING_HEAD_SIZE];
	int r = -EAGAIN;

	for (int i = 0; i < AGAIN && r == -EAGAIN; i++) {
		r = reader->get(reader->context, 0, bytes, sizeof(bytes));
		if (r == 0)
			r = decode_head(bytes, reader->file_size, &reader->head);
	}
	return r;
}

int ring_open(struct ring_reader *reader, ring_read *get, void *context,
	      uint64_t file_size)
{
	int r;

	*reader = (struct ring_reader){ .get = get,
					.context = context,
					.file_size = file_size };
	if (file_size < RING_HEAD_SIZE)
		return -EBADMSG;
	r = read_head(reader);
	reader->at = reader->head.tail;
	return r;
}

static int read_record(struct ring_reader *reader, struct ring_record *ret_record,
		       char ret_bytes[RING_MAX_BYTES])
{
	const struct ring_head *head = &reader->head;
	uint64_t left = head->head - reader->at;
	uint8_t bytes[RING_RECORD_SIZE];
	int r;

	if (left < sizeof(bytes))
		return -EBADMSG;
	r = read_at(head, reader->at, bytes, sizeof(bytes), reader->get, reader->context);
	if (r == 0)
		r = decode_record(bytes, ret_record);
	if (r == 0 && ret_record->size > left - sizeof(bytes))
		r = -EBADMSG;
	return r < 0 ? r
		     : read_at(head, reader->at + sizeof(bytes), ret_bytes,
			       ret_record->size, reader->get, reader->context);
}

int ring_next(struct ring_reader *reader, struct ring_record *ret_record,
	      char ret_bytes[RING_MAX_BYTES])
{
	for (int i = 0; i < AGAIN; i++) {
		int r = read_head(reader), was;

		if (r < 0)
			return r;
		if (reader->at < reader->head.tail || reader->at > reader->head.head)
			reader->at = reader->head.tail;
		if (reader->at == reader->head.head)
			return 0;
		was = read_record(reader, ret_record, ret_bytes);
		r = read_head(reader);
		if (r < 0)
			return r;
		if (reader->at < reader->head.tail) /* overwritten meanwhile */
			continue;
		if (was < 0)
			return was;
		if (ret_record->number > reader->number)
			reader->lost += ret_record->number - reader->number;
		reader->number = ret_record->number + 1;
		reader->at += RING_RECORD_SIZE + ret_record->size;
		return 1;
	}
	return -EAGAIN;
}
