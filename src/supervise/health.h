/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Whether an application is healthy, by Docker's rule for HEALTHCHECK: a check starts an
 * interval after the start and after the end of the check before; so many failures in a row
 * make it unhealthy; those of the start period don't count until one check has succeeded.
 * All times are milliseconds of one clock that never goes back.
 */
#include <stdbool.h>
#include <stdint.h>

#include "format/manifest.h"

enum health_state {
	HEALTH_NONE, /* nothing checks it */
	HEALTH_STARTING,
	HEALTH_HEALTHY,
	HEALTH_UNHEALTHY,
};

enum health_act {
	HEALTH_NOTHING,
	HEALTH_CHECK, /* start the check; then health_checking() or health_result() */
	HEALTH_KILL,  /* it took too long, and has failed: kill it */
};

struct health {
	struct manifest_health times; /* seconds */
	bool wanted;		      /* there is a check */
	enum health_state state;
	uint64_t failures; /* in a row */
	uint64_t began_ms; /* the application's start */
	uint64_t since_ms; /* of the state */
	uint64_t due_ms;   /* of the next check, or of the end of this one */
	bool checking;	   /* one is under way */
	bool late;	   /* and has been counted as failed */
};

/* As the manifest says. */
void health_init(struct health *health, const struct manifest *manifest);

/* The application started: nothing is known of it. */
void health_begin(struct health *health, uint64_t now_ms);

/* It ended: no more checks. One under way still ends by health_result(). */
void health_end(struct health *health, uint64_t now_ms);

/* What is due now; to be asked again until it says HEALTH_NOTHING. */
enum health_act health_due(struct health *health, uint64_t now_ms);

/* When to ask again; UINT64_MAX: never. */
uint64_t health_next(const struct health *health);

/* The check that was due is under way. */
void health_checking(struct health *health, uint64_t now_ms);

/* It ended, or could not be started. */
void health_result(struct health *health, bool good, uint64_t now_ms);

/* "healthy", for people and for --json; "none". */
const char *health_word(enum health_state state);
