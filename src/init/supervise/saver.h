/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The process that keeps an application's output on the store, for `log persist=`: it reads
 * the ring like anybody else and writes what came, once a minute, when the ring is half
 * full of it, and when the application has ended. A disk that is slow, full or broken costs
 * lines of that log, and holds neither process 1 nor the application.
 */
#include <stdint.h>
#include <sys/types.h>

#include "init/stage.h"

/* Where the store's logs are mounted, writable. */
#define SAVER_DIR STAGE_RUN "/kept"

/* Mounts them, with a directory for each part of the stage that wants one. What fails is
 * told, and no more: the applications start without. For others it must not be the time to
 * change the store. */
void saver_mount(const struct stage *stage);

/* Starts it for a part that wants it. The process; 0: there can be none, which was told. */
pid_t saver_start(const struct part *part);

/* The application has ended: @pid, if not 0, saves what it said. */
void saver_tell(pid_t pid);

/* Ends it, once it has. True: it still is there. */
bool saver_end(pid_t pid);
