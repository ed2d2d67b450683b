/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What an application writes to its standard output and error: pipes that stay open from
 * one start to the next, so that nothing is lost and nobody is told of a broken one. What
 * comes is read in pieces, goes to the console as far as that takes it, and holds nobody.
 */
#include <stdbool.h>

#include "base/err.h"
#include "base/loop.h"

enum stream_kind {
	STREAM_OUT,
	STREAM_ERR,
	STREAM_KINDS,
};

struct streams {
	struct stream {
		int from, to; /* the pipe's ends: ours, and the application's */
	} ends[STREAM_KINDS];
	int console; /* -EBADF: none */
};

/* Opens the pipes and the console, and reads in the @loop from then on. 0 or -errno. */
int streams_open(struct streams *streams, struct loop *loop, struct err *err);

/* Reads what is there at the end of an application. */
void streams_drain(struct streams *streams);
