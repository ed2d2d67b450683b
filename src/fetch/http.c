/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "fetch/header.h"
#include "fetch/origin.h"
#include "fetch/tls.h"

#define CONNECT_SECONDS 30

struct http {
	CURL *curl;
	const struct http_options *options;
	char reason[CURL_ERROR_SIZE];
};

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

char *http_line(const char *name, const char *value)
{
	char *line = malloc(strlen(name) + strlen(value) + 1);

	if (line)
		(void)stpcpy(stpcpy(line, name), value);
	return line;
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

static int do_hop(struct http *http, const struct http_request *request, const char *url,
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
		r = do_hop(http, request, url, ret_answer, err);
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

static int add_to_body(void *context, const void *bytes, size_t size, struct err *err)
{
	struct http_body *body = context;
	char *longer;

	if (size > body->most - body->size)
		return err_set(err, -EAGAIN, "more than %zu bytes", body->most);
	longer = realloc(body->bytes, body->size + size + 1);
	if (!longer)
		return err_errno(err, -ENOMEM, "%zu bytes", body->size + size);
	memcpy(longer + body->size, bytes, size);
	body->bytes = longer;
	body->size += size;
	body->bytes[body->size] = '\0';
	return 0;
}

static int begin_body(void *context, const struct http_answer *answer, struct err *err)
{
	struct http_body *body = context;

	if (answer->length != RANGE_UNKNOWN && answer->length > body->most)
		return err_set(err, -EAGAIN, "%llu bytes, more than %zu",
			       (unsigned long long)answer->length, body->most);
	body->size = 0;
	return add_to_body(body, "", 0, err);
}

void http_into(struct http_request *request, struct http_body *body, size_t most)
{
	*body = (struct http_body){ .most = most };
	request->begin = begin_body;
	request->body = add_to_body;
	request->context = body;
	request->small = true;
}

int http_refusal(const struct http_answer *answer, struct err *err)
{
	long status = answer->status;
	int r = status == 401 || status == 403	 ? -EACCES
		: status == 404 || status == 410 ? -ENOENT
		: status == 408 || status == 425 || status == 429 || status >= 500
			? -EAGAIN
			: -EPROTO;
	/* a page for people says nothing in its first bytes */
	bool words = answer->text[0] && !strchr("<", answer->text[0]);

	return err_set(err, r, "the server answers %ld%s%.120s", status,
		       words ? ": " : "", words ? answer->text : "");
}

int http_portal(const struct http_answer *answer, struct err *err)
{
	if (strcmp(answer->type, "text/html") != 0)
		return 0;
	return err_set(err, -EAGAIN,
		       "a web page comes instead: something between here and the server, "
		       "such as a portal that wants a login, answers in its place");
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
