/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* An application's ring of output, format/ring.h, written: in memory, made as large as it
 * gets at once, by calls that wait for nobody. */
#include "base/err.h"
#include "format/ring.h"

struct log {
	int fd;
	struct ring_head head;
};

/* Makes logs/@name below @run, of @size bytes. 0 or -errno. */
int log_open(struct log *log, int run, const char *name, uint64_t size, struct err *err);

/* Adds @bytes of @stream, a record a line; @open: the last one goes on. Returns how much of the
 * ring they took: an empty line costs as much to write as a short one. */
size_t log_add(struct log *log, uint8_t stream, const char *bytes, size_t size,
	       bool open);

/* What log @name below @run has as its last line that is not empty, cut to @size with its end;
 * "" where there is none. For another process than the one that writes. */
#ifdef CONFIG_LAMINA_SUPERVISE
void log_last(int run, const char *name, char *ret_text, size_t size);
#else
static inline void log_last(int run, const char *name, char *ret_text, size_t size)
{
	(void)run;
	(void)name;
	ret_text[0] = size ? '\0' : ret_text[0];
}
#endif

/* So many bytes more did not get to the console. */
void log_unshown(struct log *log, uint64_t bytes);
