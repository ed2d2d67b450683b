/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The files of the network's process, which others read: who is asked for names, and the
 * state of the interfaces. */
#include <stdbool.h>
#include <stdint.h>

struct links;

struct shown {
	int dir;	     /* where they go */
	bool overwrite;	     /* what is in them: somebody has one mounted */
	bool changed;	     /* is what routers say, and they have it not yet */
	uint64_t written_ms; /* when both were */
};

/* The state alone. What can't be written is said, here and below. */
void shown_put_state(const struct shown *shown, const struct links *links);

/* Both. */
void shown_put(struct shown *shown, const struct links *links);

/* Both, if what routers say changed: however often they change their mind, once a second.
 * When it is due again; UINT64_MAX: not. */
uint64_t shown_turn(struct shown *shown, const struct links *links, uint64_t now_ms);
