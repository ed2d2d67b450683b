/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The application's process: what its state says is done to it. */
#include <stdint.h>
#include <sys/types.h>

#include "base/loop.h"
#include "container/start.h"
#include "format/set.h"
#include "init/stage.h"
#include "init/supervise/check.h"
#include "init/supervise/network.h"
#include "init/supervise/streams.h"
#include "supervise/member.h"

/* Where process 1 listens to people: below, to those who may only ask. */
#define APP_CONTROL STAGE_RUN "/control"
#define APP_CONTROL_STATUS STAGE_RUN "/control-status"

struct app {
	const struct part *part;
	struct member member;
	struct container container;
	struct check check;
	struct streams streams;
	struct loop *loop;
	pid_t pid;	     /* 0: none */
	pid_t saver;	     /* of its log, 0: none */
	int report;	     /* of a start under way, -EBADF: none is */
	unsigned int unwell; /* restarts for its health, since it was healthy */
	struct {	     /* what others know of it */
		enum member_state state;
		enum health_state health;
		uint64_t starts;
	} told;
	char shm[48];	    /* of container.shm */
	struct err failure; /* why the last start came to nothing; "": it did not */
};

/* Not started yet; @hosts are lines for its /etc/hosts, or NULL. 0 or -errno. */
int app_init(struct app *app, const struct part *part, const struct network *network,
	     const char *hosts, struct loop *loop, struct err *err);

/* Has it come as far as another member of its set needs it to? */
bool app_has_come(const struct app *app, enum set_how how);

/* Does what is due. */
void app_turn(struct app *app, uint64_t now_ms);

/* Is it in another state than when this was last asked? */
bool app_is_news(struct app *app);

/* Its process @pid ended. False: that is none of it. */
bool app_ended(struct app *app, pid_t pid, int status, uint64_t now_ms);

/* Is there a process of it? Where only its log's is, that ends once it has all. */
bool app_lives(const struct app *app);

/* When to turn again if nothing happens. */
uint64_t app_next(const struct app *app);

/* To be stopped in order, for good or to be started again at once. */
void app_stop(struct app *app, bool restarting, uint64_t now_ms);
