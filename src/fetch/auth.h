/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Who we are, to one server: nobody, a name with a password (Basic), or a token that its token
 * server gives for that (Bearer). From a file, never from the command line; never in a message.
 */
#include "base/err.h"
#include "fetch/http.h"

#define AUTH_FILE_MOST 65536
#define AUTH_TOKEN_MOST 16384

struct auth {
	const char *home; /* the server's address, "https://host"; borrowed */
	char *basic;	  /* "Basic ..."; NULL: nobody */
	char *header;	  /* what is sent now; NULL: nothing */
};

/* Reads @path, or nothing where that is NULL: one line USER:PASSWORD, or what docker, podman and
 * skopeo write with `login`, of which the entry of this host counts. 0 or -errno. Needs
 * auth_done(). */
int auth_read(struct auth *auth, const char *home, const char *path, struct err *err);
void auth_done(struct auth *auth);

/* http_do() that answers what a 401 asks for, once; @scope is "repository:NAME:pull". */
int auth_do(struct auth *auth, struct http *http, struct http_request *request,
	    const char *scope, struct http_answer *ret_answer, struct err *err);
