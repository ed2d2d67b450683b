/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * One look at a server, and what follows when there is something new: the signed manifest, laminactl's
 * word on it, the layers that lack, and the installation. Each step begins with what the one before
 * left in the directory, so that whatever ends the program costs no more than the step.
 */
#include "fetch/auth.h"
#include "fetch/front/ddi.h"
#include "fetch/http.h"
#include "fetch/installer.h"
#include "fetch/origin.h"
#include "fetch/workdir.h"

struct fetch;
struct transfer;

/* What a kind of server does. */
struct front {
	/* What it calls the image now, or "": it has none for us. 0 or -errno. */
	int (*look)(struct fetch *fetch, char ret_version[WORKDIR_VERSION_SIZE],
		    struct err *err);
	/* The manifest and the signature of that, into fetch. 0 or -errno. */
	int (*describe)(struct fetch *fetch, const char *version, struct err *err);
	/* Where a blob or a delta is: url, scope, offset, file_bytes. 0, or -ENOENT: it isn't there. */
	int (*locate)(struct fetch *fetch, const struct digest *digest,
		      uint64_t size_bytes, struct transfer *transfer);
	/* After a look that came to @r, as fetch_once() has it, with @why: what the server wants to hear
	 * of that. Notes what goes wrong. NULL: nothing. */
	void (*tell)(struct fetch *fetch, const struct workdir *w, int r,
		     const char *why);
};

extern const struct front front_oci, front_web, front_hawkbit;

/* hawkBit's word of this look. */
struct fetch_ddi {
	struct ddi_base base;
	struct ddi_deployment deployment;
	char version[WORKDIR_VERSION_SIZE]; /* of the action; "": there is none */
};

struct fetch_options {
	const char *source;
	const char *dir;
	const char *auth_file;
	const char *on_installed;
	const char *report; /* an address; or NULL */
	const char *
		channel; /* whose word is followed; NULL: whatever the server has is meant */
	const char *word;   /* its address; NULL: it is beside the image */
	const char *device; /* what this one is told from others by; with channel */
	uint64_t pause_ms;
	struct http_options http;
	struct installer installer;
};

/* Large: keep it static. */
struct fetch {
	const struct fetch_options *options;
	struct origin origin;
	const struct front *front;
	struct http_options http_options;
	struct http *http;
	struct auth auth;
	char scope[ORIGIN_NAME_SIZE + 32];
	char url[ORIGIN_URL_SIZE];    /* the front's, of a blob */
	char bundle[ORIGIN_URL_SIZE]; /* of a web server or hawkBit: its address */
	struct fetch_ddi ddi;	      /* of hawkBit */
	uint64_t interval_ms;	/* how often the server wants to be asked; 0: not said */
	uint64_t file_bytes;	/* the front's */
	uint64_t retry_after_s; /* what a server asked for last; 0: nothing */

	struct workdir_image image;
	struct installer_offer offer; /* what laminactl says of it */
	struct workdir_needs needs;
	struct installer_blob wants[MANIFEST_MAX_BLOBS]; /* what is fetched for them */
	size_t want_count;
};

/* Reads the options' files. Needs fetch_done(). 0 or -errno. */
int fetch_init(struct fetch *fetch, const struct fetch_options *options, struct err *err);
void fetch_done(struct fetch *fetch);

/* GETs what is small, of @accept's kind or any where that is NULL, and keeps how long the server says to wait.
 * 0, -EAGAIN for more than @most bytes, or as http_expect(). The caller frees the bytes, also after a failure. */
int fetch_small(struct fetch *fetch, const char *url, const char *accept,
		const char *scope, size_t most, struct http_body *ret_body,
		struct err *err);

/* 1: something was installed; 0: there is nothing new; -EAGAIN, -EBUSY: another time; -errno: refused. */
int fetch_once(struct fetch *fetch, struct err *err);
