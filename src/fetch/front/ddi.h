/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What hawkBit says to a device, and what a device says to it: the JSON of its Direct Device
 * Integration API, version 1. Pure; a stranger's bytes.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "fetch/origin.h"

#define DDI_MOST ((size_t)256 << 10) /* of an answer's bytes */
#define DDI_ID_SIZE 64
#define DDI_HASH_SIZE 65
#define DDI_LEAST_MS 5000ULL
#define DDI_MOST_MS (24ULL * 3600 * 1000)

/* What a device is asked to do; "": not that. */
struct ddi_base {
	uint64_t sleep_ms; /* DDI_LEAST_MS to DDI_MOST_MS; 0: not said */
	char deployment[ORIGIN_URL_SIZE], cancel[ORIGIN_URL_SIZE],
		config[ORIGIN_URL_SIZE];
};

/* An action: a bundle is to be installed. */
struct ddi_deployment {
	char id[DDI_ID_SIZE];
	bool waits; /* for its maintenance window */
	char url[ORIGIN_URL_SIZE];
	uint64_t size_bytes;
	char sha256[DDI_HASH_SIZE]; /* of the bundle, as the server says; or "" */
};

/* Each 0, or -EBADMSG with the reason. */
int ddi_base_parse(const char *bytes, size_t size, struct ddi_base *ret_base,
		   struct err *err);
/* -ENOTSUP too: what is deployed is no bundle. The id is there all the same. */
int ddi_deployment_parse(const char *bytes, size_t size,
			 struct ddi_deployment *ret_deployment, struct err *err);
/* Which action is to be stopped. */
int ddi_cancel_parse(const char *bytes, size_t size, char ret_id[DDI_ID_SIZE],
		     struct err *err);

struct ddi_word {
	const char *execution; /* "proceeding", "closed", "rejected" */
	const char *finished;  /* "none", "success", "failure" */
	const char *text;      /* for people; what isn't UTF-8 in it is left out */
};

/* What is told of an action. The caller owns it; NULL: no memory. */
json_t *ddi_feedback(const char *id, const struct ddi_word *word);
