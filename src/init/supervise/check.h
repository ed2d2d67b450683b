/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The check of an application's health: a program beside it, one at a time. */
#include "base/loop.h"
#include "container/join.h"
#include "init/stage.h"
#include "supervise/health.h"

#define CHECK_SAID 4096

struct check {
	const struct part *part;
	struct health health;
	struct loop *loop;
	bool told;    /* no more is said to those who look from outside */
	pid_t pid;    /* 0: none */
	int from, to; /* of the pipe that its output goes through; open for good */
	char said[CHECK_SAID]; /* the last one's output, as far as there is room */
	size_t said_size;
};

/* 0 or -errno. */
int check_init(struct check *check, const struct part *part, struct loop *loop,
	       struct err *err);

/* For those who look from outside: what the last one said. */
void check_tell(const struct check *check);

/* Does what is due to the application @pid. */
void check_turn(struct check *check, const struct container *container, pid_t pid,
		uint64_t now_ms);

/* Starts the policy's @program in the namespaces of the application, as root and with the
 * image's environment, for another process than process 1. Its process, or -errno. */
#ifdef CONFIG_LAMINA_SUPERVISE
pid_t check_confirm(const struct stage *stage, const char *program);
#else
static inline pid_t check_confirm(const struct stage *stage, const char *program)
{
	(void)stage;
	(void)program;
	return -1;
}
#endif

/* Its process ended. False: that is none of it. */
bool check_ended(struct check *check, pid_t pid, int status, uint64_t now_ms);
