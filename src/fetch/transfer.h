/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The bytes of one layer, from a file on a server, over as many connections as it takes. What came
 * is kept; a connection that is cut off, and one that is slower than HTTP_SLOW_BYTES, is a pause.
 */
#include "fetch/auth.h"
#include "fetch/http.h"
#include "fetch/part.h"

#define TRANSFER_TRIES 6 /* in a row that bring less than TRANSFER_GOOD_BYTES */
#define TRANSFER_GOOD_BYTES 65536
#define TRANSFER_MOST_WAIT_S 60 /* that a server may ask for; more is another time's */

struct transfer {
	struct http *http;
	struct auth *auth;
	const char *scope; /* for auth_do(); NULL */
	const char *url;
	uint64_t offset;     /* of the part in the server's file */
	uint64_t file_bytes; /* the file's size, or RANGE_UNKNOWN */
	struct part *part;   /* where it goes */
	uint64_t pause_ms;   /* before the second try */
	void (*progress)(void *context, uint64_t bytes); /* or NULL */
	void *context;
	/* result: how long the server wants to be left alone; 0: not said */
	uint64_t retry_after_s;
};

/* Until the part is whole and in directory @to. 0; -EAGAIN: what came is kept; -errno. */
int transfer_run(struct transfer *transfer, int to, struct err *err);
