/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/http/hop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "fetch/header.h"
#include "fetch/origin.h"
#include "fetch/tls.h"

#define CONNECT_SECONDS 30

/* A transfer at work: one hop of a request. */
struct hop {
	struct http *http;
	const struct http_request *request;
	struct http_answer *answer;
	struct header_count count;
	struct str text;
	bool begun;
	int r; /* why we ended it, or 0 */
	struct err *err;
};

static bool is_good(long status)
{
	return status >= 200 && status < 300;
}

static size_t on_header(char *bytes, size_t one, size_t size, void *context)
{
	struct hop *hop = context;

	(void)one;
	if (header_add(&hop->count, bytes, size, hop->answer) == 0)
		return size;
	hop->r = err_set(hop->err, -EAGAIN, "headers of more than %d bytes",
			 HTTP_HEADERS_MOST);
	return 0;
}

/* What a server says why it refuses: the beginning is enough. */
static void keep_text(struct hop *hop, const char *bytes, size_t size)
{
	size_t room = sizeof(hop->answer->text) - 1 - hop->text.used;

	str_add_bytes(&hop->text, bytes, size < room ? size : room);
}

static int begin(struct hop *hop)
{
	const struct http_request *request = hop->request;

	if (hop->begun)
		return 0;
	hop->begun = true;
	return request->begin ? request->begin(request->context, hop->answer, hop->err)
			      : 0;
}

static size_t on_body(char *bytes, size_t one, size_t size, void *context)
{
	struct hop *hop = context;
	const struct http_request *request = hop->request;

	(void)one;
	(void)curl_easy_getinfo(hop->http->curl, CURLINFO_RESPONSE_CODE,
				&hop->answer->status);
	if (!is_good(hop->answer->status)) {
		keep_text(hop, bytes, size);
		/* enough of it: an endless one would hold us for ever */
		return hop->text.used < sizeof(hop->answer->text) - 1 ? size : 0;
	}
	hop->r = begin(hop);
	if (hop->r == 0 && request->body)
		hop->r = request->body(request->context, bytes, size, hop->err);
	return hop->r == 0 ? size : 0;
}

static struct curl_slist *add_line(struct curl_slist *list, const char *name,
				   const char *value, bool *ret_full)
{
	struct curl_slist *longer;
	char *line = NULL;

	if (!value || *ret_full)
		return list;
	line = http_line(name, value);
	longer = line ? curl_slist_append(list, line) : NULL;
	free(line);
	*ret_full = !longer;
	return longer ? longer : list;
}

static int header_lines(const struct http_request *request, bool ours,
			struct curl_slist **ret_list)
{
	struct curl_slist *list = NULL;
	bool full = false;
	char range[64];

	list = add_line(list, "Accept: ", request->accept ? request->accept : "*/*",
			&full);
	if (ours)
		list = add_line(list, "Authorization: ", request->authorization, &full);
	if (request->ranged && request->last == RANGE_UNKNOWN)
		(void)snprintf(range, sizeof(range), "bytes=%llu-",
			       (unsigned long long)request->first);
	else
		(void)snprintf(range, sizeof(range), "bytes=%llu-%llu",
			       (unsigned long long)request->first,
			       (unsigned long long)request->last);
	list = add_line(list, "Range: ", request->ranged ? range : NULL, &full);
	if (request->post)
		list = add_line(list, "Content-Type: ", "application/json", &full);
	*ret_list = list;
	return full ? -ENOMEM : 0;
}

/* Of all requests. */
static void set_up(struct http *http)
{
	const struct http_options *o = http->options;
	CURL *curl = http->curl;

	curl_easy_reset(curl);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->reason);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "lamina-fetch");
	(void)curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 65536L);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	(void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)HTTP_SLOW_BYTES);
	(void)curl_easy_setopt(
		curl, CURLOPT_LOW_SPEED_TIME,
		(long)(o->slow_seconds ? o->slow_seconds : HTTP_SLOW_SECONDS));
	(void)curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	if (o->proxy)
		(void)curl_easy_setopt(curl, CURLOPT_PROXY, o->proxy);
	if (o->proxy_auth)
		(void)curl_easy_setopt(curl, CURLOPT_PROXYUSERPWD, o->proxy_auth);
	if (o->cacert)
		(void)curl_easy_setopt(curl, CURLOPT_CAINFO, o->cacert);
	(void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	tls_set_clock(curl, &o->floor_s);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
}

/* Of this one. What began with TLS goes on with it. */
static void set_request(struct http *http, const struct http_request *request,
			const char *url)
{
	const struct http_options *o = http->options;
	CURL *curl = http->curl;

	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
			       origin_is_private(request->url) ? "https" : "http,https");
	if (o->cert && o->home && origin_is_same(url, o->home)) {
		(void)curl_easy_setopt(curl, CURLOPT_SSLCERT, o->cert);
		(void)curl_easy_setopt(curl, CURLOPT_SSLKEY, o->key ? o->key : o->cert);
	}
	if (request->head)
		(void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	if (request->post)
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->post);
	if (request->put)
		(void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "PUT");
	if (request->small)
		(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)HTTP_SMALL_SECONDS);
}

/* Is it the caller's or the machine's fault, which no other time mends? */
static int errno_of(CURLcode code)
{
	switch (code) {
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_LOGIN_DENIED:
	case CURLE_NOT_BUILT_IN:
		return -EINVAL;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	default:
		return -EAGAIN;
	}
}

/*
 * A server ends a connection of TLS 1.3 without a word where it misses our certificate. What curl
 * then says first is of whatever it did at that moment: its alert, or getpeername().
 */
static bool is_cut_before_a_word(struct http *http, CURLcode code)
{
	curl_off_t secured = 0;
	long status = 0;

	(void)curl_easy_getinfo(http->curl, CURLINFO_APPCONNECT_TIME_T, &secured);
	(void)curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
	return (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR) && secured &&
	       !status && !http->options->cert;
}

static int explain(struct hop *hop, CURLcode code)
{
	const char *reason = hop->http->reason;
	int r = errno_of(code);

	if (!reason[0])
		reason = curl_easy_strerror(code);
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return tls_explain(hop->http->options->floor_s, reason, hop->err);
	if (is_cut_before_a_word(hop->http, code))
		return err_set(hop->err, r,
			       "%s: so ends who wants a client certificate (--cert)",
			       curl_easy_strerror(code));
	return err_set(hop->err, r, "%s", reason);
}

static int end_of(struct hop *hop, CURLcode code)
{
	curl_off_t wait = 0;
	long status = 0;

	(void)curl_easy_getinfo(hop->http->curl, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(hop->http->curl, CURLINFO_RETRY_AFTER, &wait);
	hop->answer->status = status;
	hop->answer->retry_after_s = wait > 0 ? (uint64_t)wait : 0;
	if (hop->r < 0)
		return hop->r;
	if (code == CURLE_WRITE_ERROR && status && !is_good(status))
		return 0; /* enough of its words */
	if (code != CURLE_OK)
		return explain(hop, code);
	/* an empty body calls nobody */
	return is_good(status) && !hop->request->head ? begin(hop) : 0;
}

int hop_do(struct http *http, const struct http_request *request, const char *url,
	   struct http_answer *answer, struct err *err)
{
	struct hop hop = {
		.http = http,
		.request = request,
		.answer = answer,
		.err = err,
	};
	struct curl_slist *lines = NULL;
	int r = header_lines(request, origin_is_same(url, request->url), &lines);

	*answer = (struct http_answer){ .length = RANGE_UNKNOWN };
	str_init(&hop.text, answer->text, sizeof(answer->text));
	if (r < 0) {
		curl_slist_free_all(lines);
		return err_errno(err, r, "a request");
	}
	set_up(http);
	set_request(http, request, url);
	(void)curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, lines);
	(void)curl_easy_setopt(http->curl, CURLOPT_HEADERDATA, &hop);
	(void)curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, &hop);
	http->reason[0] = '\0';
	r = end_of(&hop, curl_easy_perform(http->curl));
	curl_slist_free_all(lines);
	return r;
}
