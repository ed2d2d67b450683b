/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/http/hop.h"
#include "fetch/origin.h"

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 ||
	       status == 308;
}

/* Where an answer sends us, into @url. 1; 0: nowhere; -EINVAL. */
static int next_url(struct http *http, const struct http_answer *answer,
		    char url[ORIGIN_URL_SIZE], struct err *err)
{
	char *to = NULL;

	if (!is_redirect(answer->status))
		return 0;
	(void)curl_easy_getinfo(http->curl, CURLINFO_REDIRECT_URL, &to);
	if (!to)
		return 0;
	if (strlen(to) >= ORIGIN_URL_SIZE)
		return err_set(err, -EAGAIN, "a redirect to an address of %zu bytes",
			       strlen(to));
	(void)stpcpy(url, to);
	return 1;
}

int http_do(struct http *http, const struct http_request *request,
	    struct http_answer *ret_answer, struct err *err)
{
	char url[ORIGIN_URL_SIZE];
	int r = strlen(request->url) < sizeof(url) ? 0 : -EINVAL;

	if (r < 0)
		return err_set(err, r, "an address of %zu bytes", strlen(request->url));
	(void)stpcpy(url, request->url);
	for (int hops = 0; hops <= HTTP_REDIRECTS_MOST; hops++) {
		r = hop_do(http, request, url, ret_answer, err);
		if (r == 0)
			r = next_url(http, ret_answer, url, err);
		if (r <= 0) {
			(void)snprintf(ret_answer->url, sizeof(ret_answer->url), "%s",
				       url);
			return r;
		}
		if (request->post)
			return err_set(err, -EAGAIN, "is redirected");
	}
	return err_set(err, -EAGAIN, "more than %d redirects", HTTP_REDIRECTS_MOST);
}

struct http *http_new(const struct http_options *options, struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));

	if (http && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		http->curl = curl_easy_init();
	if (!http || !http->curl) {
		free(http);
		(void)err_set(err, -ENOMEM, "libcurl can't be started");
		return NULL;
	}
	http->options = options;
	return http;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	curl_global_cleanup();
	free(http);
}
