/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One hop of a request: a transfer by libcurl, and what came of it. */
#include <curl/curl.h>

#include "fetch/http.h"

struct http {
	CURL *curl;
	const struct http_options *options;
	char reason[CURL_ERROR_SIZE];
};

/* As http_do(), and a redirect is an answer. It is @request for its own address, and for @url where one
 * led to that. */
int hop_do(struct http *http, const struct http_request *request, const char *url,
	   struct http_answer *answer, struct err *err);
