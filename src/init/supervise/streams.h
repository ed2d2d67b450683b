/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What an application writes to its standard output and error: pipes that stay open from
 * one start to the next, so that nothing is lost and nobody is told of a broken one. What
 * comes is read in pieces, goes into the log, and to the console as far as that takes it;
 * it holds nobody.
 */
#include <stdbool.h>

#include "base/err.h"
#include "base/loop.h"
#include "format/manifest.h"
#include "init/supervise/log.h"

enum stream_kind {
	STREAM_OUT,
	STREAM_ERR,
	STREAM_KINDS,
};

struct streams {
	struct stream {
		int from, to; /* the pipe's ends: ours, and the application's */
		bool open;    /* its last line has not ended yet */
	} ends[STREAM_KINDS];
	struct log log;
	int console;	  /* -EBADF: none */
	uint64_t unshown; /* bytes that it did not take since it took any */
};

/* Opens the pipes, the log @name below @run and the console, as the manifest's @log says,
 * and reads in the @loop from then on. 0 or -errno. */
int streams_open(struct streams *streams, const char *name,
		 const struct manifest_log *log, int run, struct loop *loop,
		 struct err *err);

/* Reads what is there at the end of an application; its last lines end there. */
void streams_drain(struct streams *streams);
