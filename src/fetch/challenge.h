/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What a registry asks for when it answers 401: WWW-Authenticate.
 * Source: RFC 9110, 11.6.1; the token flow is distribution's. Pure.
 */
#include <stdbool.h>

#include "base/err.h"

#define CHALLENGE_TEXT_SIZE 1024

struct challenge {
	bool basic, bearer;
	/* of Bearer; "" when not said */
	char realm[CHALLENGE_TEXT_SIZE], service[CHALLENGE_TEXT_SIZE],
		scope[CHALLENGE_TEXT_SIZE];
};

/* Reads one or several challenges, joined by commas. 0; -EBADMSG: can't be read, or a text is too
 * long. Schemes that aren't known are passed over. */
int challenge_parse(const char *text, struct challenge *ret_challenge);

/* The address of the token that the challenge wants: realm?service=...&scope=..., of
 * @scope where the challenge names none. 0, -ENAMETOOLONG. */
int challenge_url(const struct challenge *challenge, const char *scope, char *ret_url,
		  size_t size);
