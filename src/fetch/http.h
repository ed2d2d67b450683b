/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * One request over HTTP, with its redirects. Nothing that a server says has an end of its own:
 * headers, bodies and redirects are counted. What is secret goes to the server it was meant for
 * and to no other: neither Authorization nor the client's certificate follow a redirect elsewhere.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "fetch/range.h"

#define HTTP_HEADERS_MOST 32768 /* bytes of an answer's headers */
#define HTTP_REDIRECTS_MOST 5
#define HTTP_SLOW_BYTES 100    /* a second, on average over ... */
#define HTTP_SLOW_SECONDS 60   /* ... so many: slower is no connection */
#define HTTP_SMALL_SECONDS 120 /* for what is no layer */

struct http_options {
	/* paths and an address; NULL: none, or what libcurl has */
	const char *cacert, *cert, *key, *proxy, *proxy_auth;
	const char *home;      /* the server's address that cert and key are for */
	uint64_t slow_seconds; /* in place of HTTP_SLOW_SECONDS; 0: that */
	uint64_t floor_s;      /* the time, in seconds since 1970, is not before that */
};

struct http; /* a connection to each server, kept */

struct http_answer {
	long status;
	char type[64];	 /* Content-Type without parameters, in small letters; or "" */
	char digest[80]; /* Docker-Content-Digest */
	char etag[256];	 /* ETag, else Last-Modified */
	char range[80];	 /* Content-Range */
	char challenge[4096]; /* WWW-Authenticate, all of them, joined by commas */
	uint64_t length;      /* Content-Length; RANGE_UNKNOWN */
	uint64_t retry_after_s;
	char url[2048]; /* which was redirected to */
	char text[256]; /* how the body of a refusal begins; for people */
};

struct http_request {
	const char *url;
	const char *accept;	   /* NULL: anything */
	const char *authorization; /* a header's value, for the server of url; NULL */
	const char *post;	   /* a body of JSON to be sent; NULL: GET */
	bool put;		   /* ... by PUT */
	bool head;
	bool ranged;
	uint64_t first, last; /* of the range; last may be RANGE_UNKNOWN */
	bool small;	      /* has to come within HTTP_SMALL_SECONDS */
	/* Before the body of a 2xx, and then for each piece of it. What is not 0 ends the transfer,
	 * and is what http_do() returns. */
	int (*begin)(void *context, const struct http_answer *answer, struct err *err);
	int (*body)(void *context, const void *bytes, size_t size, struct err *err);
	void *context;
};

/* NULL: no memory, or libcurl can't do what the options want. The options are borrowed. */
struct http *http_new(const struct http_options *options, struct err *err);
void http_free(struct http *http);

/*
 * 0: an answer came, whole, of whatever status but a redirect. -EAGAIN: none, or not to its end, or one
 * that has no end, which may be different another time; what begin() or body() returned; -EINVAL.
 */
int http_do(struct http *http, const struct http_request *request,
	    struct http_answer *ret_answer, struct err *err);

/* A whole body in memory. */
struct http_body {
	char *bytes; /* ended by NUL; NULL: none */
	size_t size, most;
};

/* @name and @value as one text, which the caller frees; NULL: no memory. */
char *http_line(const char *name, const char *value);

/* Has the body of a 2xx go there, at most @most bytes: -EAGAIN for more. The caller frees the bytes,
 * which are NULL when no body came. */
void http_into(struct http_request *request, struct http_body *body, size_t most);

/* What a status other than 2xx means: -EAGAIN (429 and 5xx, and so on) or -EACCES (401, 403), -ENOENT (404),
 * -EPROTO, with a text that tells status and answer. */
int http_refusal(const struct http_answer *answer, struct err *err);

/* -EAGAIN where a page for people came instead: somebody's portal is in the way. 0: it is none. */
int http_portal(const struct http_answer *answer, struct err *err);

/* Is it the 200 of what was asked for? 0, or http_refusal() or http_portal(). */
int http_expect(const struct http_answer *answer, struct err *err);
