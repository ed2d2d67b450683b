/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * One supervised application, as a machine of states: what happened to it and the time go
 * in, what to do comes out. All times are milliseconds of one clock that never goes back.
 */
#include <stdbool.h>
#include <stdint.h>

#include "supervise/restart.h"

enum member_state {
	MEMBER_STOPPED,	 /* not to run: by a person, or by a shutdown */
	MEMBER_WAITING,	 /* to be started at due_ms */
	MEMBER_RUNNING,	 /* its process is there */
	MEMBER_STOPPING, /* it was asked to end, and is killed at due_ms */
	MEMBER_KILLED,	 /* SIGKILL is on its way */
	MEMBER_DONE,	 /* it ended well, and that is all that was wanted */
	MEMBER_EXHAUSTED /* it failed, and is not started any more */
};

enum member_act {
	MEMBER_NOTHING,
	MEMBER_START, /* start its process; then member_began() or member_ended() */
	MEMBER_KILL,  /* SIGKILL to its process */
};

struct member {
	struct restart restart;
	uint64_t stop_timeout_ms;
	enum member_state state;
	uint64_t due_ms;
	uint64_t began_ms; /* the last start */
	bool needs;	   /* its first start waits for something */
	bool ended;	   /* it has, once at least: then */
	int status;	   /* how, as waitpid() says it; -errno: it did not start */
	bool restarting;   /* it is stopped only to be started again */
	uint64_t failures; /* ends that nobody asked for, and starts that were none */
};

/* Never started yet, and due at once. */
void member_init(struct member *member, const struct manifest *manifest);

/* Not before @due_ms, unless it is hurried: it needs something else first. */
void member_wait(struct member *member, uint64_t due_ms);
void member_hurry(struct member *member, uint64_t now_ms);

/* What is due now; to be asked again until it says MEMBER_NOTHING. */
enum member_act member_due(struct member *member, uint64_t now_ms);

/* When to ask again if nothing else happens; UINT64_MAX: never. */
uint64_t member_next(const struct member *member);

/* Its process was made. */
void member_began(struct member *member, uint64_t now_ms);

/* Its process ended, or (-errno) there never was one. */
void member_ended(struct member *member, int status, uint64_t now_ms);

/* It shall end, for good or (@restarting) to be started again at once. True: its process is
 * to be sent the stop signal now. */
bool member_stop(struct member *member, bool restarting, uint64_t now_ms);

/* Is all well with it, since began_ms? It is up; or it ended well, and was to. */
bool member_is_well(const struct member *member);

/* Has a candidate's application failed so often that it is no good? Nobody waits for the
 * last of a minute's pauses while a device has an image that works. */
bool member_is_hopeless(const struct member *member);

/* Has it a process? */
bool member_lives(const struct member *member);

/* "running", for people and for --json. */
const char *member_word(enum member_state state);
