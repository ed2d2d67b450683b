/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A ring of records in a file of fixed size: what an application said last. One writes, and
 * waits for nobody; any number read, and find out what they were too slow for. Positions
 * are counts of bytes ever written; a record at one is in the file behind the head, modulo
 * the ring's size.
 *
 *   head    8 magic, 8 size of the ring, 8 tail, 8 head, 8 records ever written, 8 bytes
 *           that the console did not take, 8 check: all of them xored
 *   record  4 size of its bytes, 1 stream, 1 flags, 2 magic, 8 number, 8 time
 *
 * all little-endian. The writer moves the tail past what it will overwrite, writes, and
 * then moves the head: a reader whose record lies below the tail afterwards has read rubbish.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define RING_HEAD_SIZE 64
#define RING_RECORD_SIZE 24
#define RING_MAX_BYTES 4096 /* of one record */

struct ring_head {
	uint64_t size;	     /* of the ring, without this head */
	uint64_t tail, head; /* positions of the oldest record, and of the next */
	uint64_t count;	     /* records ever written: the number of the next */
	uint64_t unshown;    /* bytes that the console did not take */
};

struct ring_record {
	uint32_t size; /* of the bytes that follow */
	uint8_t stream;
	bool open; /* its line goes on in the stream's next record */
	uint64_t number;
	uint64_t time_ms; /* CLOCK_BOOTTIME */
};

void ring_encode_head(const struct ring_head *head, uint8_t ret_bytes[RING_HEAD_SIZE]);

void ring_encode_record(const struct ring_record *record,
			uint8_t ret_bytes[RING_RECORD_SIZE]);

/* How many of @size bytes at @position are together in the file, at @ret_offset of it; the
 * others are at the ring's beginning. */
size_t ring_span(const struct ring_head *head, uint64_t position, size_t size,
		 uint64_t *ret_offset);

/* Reads all of @size bytes at @offset of the file. 0 or -errno. */
typedef int ring_read(void *context, uint64_t offset, void *buf, size_t size);

/* Makes room for @size more bytes, which the ring has room for: moves the tail past the
 * oldest records. A tail that can't be read loses them all. */
void ring_make_room(struct ring_head *head, uint64_t size, ring_read *get, void *context);

struct ring_reader {
	ring_read *get;
	void *context;
	uint64_t file_size;
	struct ring_head head; /* as it was last */
	uint64_t at;	       /* of the next record */
	uint64_t number;       /* that it should have */
	uint64_t lost;	       /* records that were overwritten before they were read */
};

/* Begins with the oldest record. 0; -EAGAIN: half written, again and again; -EBADMSG; or
 * @get's -errno. */
int ring_open(struct ring_reader *reader, ring_read *get, void *context,
	      uint64_t file_size);

/* The next record, with its @ret_record->size bytes in @ret_bytes. 1; 0: there is none yet;
 * -EAGAIN: the writer is faster, and always will be; -EBADMSG; or the read's -errno. */
int ring_next(struct ring_reader *reader, struct ring_record *ret_record,
	      char ret_bytes[RING_MAX_BYTES]);
