/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where an image is fetched from, as its user writes it, and which addresses are of one server.
 * Pure: bytes in, struct out.
 *
 *   oci://HOST[:PORT]/NAME[:TAG|@sha256:DIGEST]     a registry; oci+http:// without TLS
 *   https://HOST[:PORT]/PATH                        a bundle on a web server; also http://
 *   hawkbit://HOST[:PORT]/TENANT/ID                 a hawkBit server, where the device is ID;
 *                                                   also hawkbit+http://
 *
 * Without TLS only where that is written out. No name or password may stand in it: it is seen by
 * everybody who lists processes.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define ORIGIN_URL_SIZE 2048 /* of any address, with its end */
#define ORIGIN_HOST_SIZE 272 /* "https://HOST:PORT" */
#define ORIGIN_NAME_SIZE 256 /* of a repository */
#define ORIGIN_REF_SIZE 136  /* a tag or a digest */

enum origin_kind {
	ORIGIN_OCI,
	ORIGIN_WEB,
	ORIGIN_HAWKBIT,
};

struct origin {
	enum origin_kind kind;
	char host[ORIGIN_HOST_SIZE]; /* "https://HOST[:PORT]" */
	char name[ORIGIN_NAME_SIZE]; /* of a registry: the repository */
	char ref[ORIGIN_REF_SIZE];   /* ... and the tag or digest */
	char url[ORIGIN_URL_SIZE]; /* of a web server: the bundle's address; of hawkBit: the device's */
};

/* 0, or -EINVAL with the reason. */
int origin_parse(const char *text, struct origin *ret_origin, struct err *err);

/* Is the origin's tag a digest? Then it never changes. */
bool origin_is_fixed(const struct origin *origin);

/* Have two addresses the same scheme, host and port? What one server was told is told to no
 * other. An address that can't be read is of no server. */
bool origin_is_same(const char *url, const char *other);

/* May there be an Authorization in clear text? Only where the user chose so: false for http. */
bool origin_is_private(const char *url);
