/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What a command prints on stdout: text, or JSON with an indent of two. Errors are kept
 * until out_done(). No function but out_add() and out_addf() lets a control character
 * pass.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct out {
	int fd;		    /* borrowed */
	int r;		    /* the first error */
	unsigned int depth; /* of JSON */
	bool more;	    /* something stands before in this object or array */
	size_t used;
	char buf[1024];
};

void out_init(struct out *out, int fd);
void out_add(struct out *out, const char *text);
void out_addf(struct out *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* @text from a stranger: without what a terminal could take for a command. */
void out_clean(struct out *out, const char *text);
/* Writes what is left. 0, or -errno of the first write that failed. */
int out_done(struct out *out, struct err *err);

/* @key is NULL in arrays and at the top; @bracket is '{' or '['. */
void json_open(struct out *out, const char *key, char bracket);
void json_close(struct out *out, char bracket);
void json_text(struct out *out, const char *key, const char *text); /* NULL: null */
void json_number(struct out *out, const char *key, uint64_t number);
void json_bool(struct out *out, const char *key, bool value);
