/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * TLS on a device whose clock nobody set: before @floor_s, seconds since 1970, the clock is wrong.
 * Only then, and only where the TLS library can be told so, a certificate that is "not yet valid"
 * is taken; one that has expired never, and of who signed it everything is still asked.
 */
#include <curl/curl.h>
#include <stdint.h>

#include "base/err.h"

/* @floor_s is borrowed for as long as @curl is used. */
void tls_set_clock(CURL *curl, const uint64_t *floor_s);

/* A certificate was refused: -EAGAIN with @reason, and what the clock has to do with it. */
int tls_explain(uint64_t floor_s, const char *reason, struct err *err);
