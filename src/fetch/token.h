/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What a token server answers, and who we are in a line of a request.
 * Source: distribution's token authentication. Pure.
 */
#include <stddef.h>

#include "base/err.h"
#include "fetch/letters.h"

/* What ends no line and begins no other word of it. */
#define TOKEN_LETTERS LETTERS_PLAIN "-._~+/=|:"

/* Reads JSON. *ret_header: "Bearer TOKEN", which the caller frees. 0; -EAGAIN: no token; -ENOMEM. */
int token_parse(const char *bytes, size_t size, char **ret_header, struct err *err);
