/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Asking process 1 of a device whose application it supervises. */
#include "ctl/ctl.h"

#define ASK_SIZE 8192 /* of an answer */

/* Connects. A descriptor, the caller's; -ENOENT: nothing is supervised here; or -errno. */
int ask_open(const struct ctl *ctl, struct err *err);

/* Asks in @words, of which NULL is the end; handed are three @streams, unless that is NULL:
 * what is to be somebody's 0, 1 and 2. 0 or -errno. */
int ask_send(int fd, const char *const *words, const int *streams, struct err *err);

/* Waits for the answer's text. 0, or the answer's -errno with the reason. */
int ask_receive(int fd, char ret_text[ASK_SIZE], struct err *err);

/* The exit code that "status=N", as waitpid() says it, stands for. */
int ask_status(const char *text);

/* All of it, in one word, and the application's @name; NULL: the only one's, or all. */
int ask_word(const struct ctl *ctl, const char *word, const char *name,
	     char ret_text[ASK_SIZE], struct err *err);
