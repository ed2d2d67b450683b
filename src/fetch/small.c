/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/fetch.h"

int fetch_small(struct fetch *f, const char *url, const char *accept, const char *scope,
		size_t most, struct http_body *ret_body, struct err *err)
{
	static struct http_answer answer;
	struct http_request request = { .url = url, .accept = accept };
	int r;

	http_into(&request, ret_body, most);
	r = auth_do(&f->auth, f->http, &request, scope, &answer, err);
	f->retry_after_s = answer.retry_after_s;
	return r < 0 ? r : http_expect(&answer, err);
}
