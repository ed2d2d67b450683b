/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where process 1 is asked and told: sockets by path, one packet a question, one an answer.
 * A question is words that NUL ends; an answer is a number, 0 or -errno, a line feed, and
 * text. Nobody is waited for: who does not take an answer, or asks too much at a time, is
 * hung up on.
 */
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/loop.h"
#include "base/str.h"

#define CONTROL_CLIENTS 8
#define CONTROL_WORDS 64
#define CONTROL_SIZE 8192 /* of an answer: what there is to say of a set's members */

struct control_client {
	int fd;	      /* -EBADF: none */
	bool manages; /* may do more than ask */
	pid_t pid;    /* what is run for it; 0: nothing */
	bool gently;  /* when it goes, that is asked to end, not killed */
};

struct control_question {
	struct control_client *client;
	const char *const *words; /* NULL-ended, one at least */
	const int *streams;	  /* three descriptors that came along, or NULL */
};

/* Writes the text of the answer, or the reason. 0 or -errno; 1: there is no answer yet,
 * control_ended() brings it. */
typedef int control_answer(void *context, const struct control_question *question,
			   struct str *text);

struct control {
	struct loop *loop;
	control_answer *answer;
	void *context;
	int listeners[2]; /* for those who manage, and those who only ask */
	struct control_client clients[CONTROL_CLIENTS];
	size_t next; /* who goes when there are too many */
	bool asked;  /* since control_was_asked() */
};

void control_init(struct control *control, struct loop *loop, control_answer *answer,
		  void *context);

/* Makes the socket @path, for root alone, and answers those who come. 0 or -errno. */
int control_listen(struct control *control, const char *path, bool manages,
		   struct err *err);

/* Process @pid ended. False: that was run for nobody. */
bool control_ended(struct control *control, pid_t pid, int status);

/* Was there a question since the last call of this? */
bool control_was_asked(struct control *control);
