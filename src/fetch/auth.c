/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/auth.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "fetch/challenge.h"
#include "fetch/json.h"
#include "fetch/letters.h"
#include "fetch/origin.h"
#include "fetch/token.h"

static bool is_base64(const char *text)
{
	return text[0] && text[strspn(text, LETTERS_PLAIN "+/=")] == '\0';
}

static int keep_basic(struct auth *auth, const char *encoded, struct err *err)
{
	if (!is_base64(encoded))
		return err_set(err, -EBADMSG, "its \"auth\" is not base64");
	auth->basic = http_line("Basic ", encoded);
	return auth->basic ? 0 : err_errno(err, -ENOMEM, "a password");
}

/* {"auths": {"HOST": {"auth": "BASE64"}}} */
static int read_entries(struct auth *auth, const char *bytes, size_t size,
			struct err *err)
{
	__json json_t *json = fetch_json_parse(bytes, size, err);
	const json_t *entries = fetch_json_object(json, "auths");
	const char *host = strstr(auth->home, "://") + 3, *text;

	if (!json)
		return -EBADMSG;
	text = fetch_json_text(fetch_json_object(entries, host), "auth");
	if (!text && strcmp(host, "registry-1.docker.io") == 0)
		text = fetch_json_text(
			fetch_json_object(entries, "https://index.docker.io/v1/"),
			"auth");
	return text ? keep_basic(auth, text, err)
		    : err_set(err, -ENOENT, "has no entry for %s", host);
}

/* hawkBit's: "TargetToken TOKEN" or "GatewayToken TOKEN", which is sent as it is. */
static bool is_hawkbit(const char *bytes, size_t size)
{
	size_t word = size > 12 && memcmp(bytes, "TargetToken ", 12) == 0    ? 12
		      : size > 13 && memcmp(bytes, "GatewayToken ", 13) == 0 ? 13
									     : size;

	return word < size && strspn(bytes + word, TOKEN_LETTERS) >= size - word;
}

static int keep_line(struct auth *auth, const char *bytes, size_t size, struct err *err)
{
	auth->header = strndup(bytes, size);
	return auth->header ? 0 : err_errno(err, -ENOMEM, "a token");
}

static int read_line(struct auth *auth, char *bytes, size_t size, struct err *err)
{
	char *encoded;
	int r;

	while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
		bytes[--size] = '\0';
	if (is_hawkbit(bytes, size))
		return keep_line(auth, bytes, size, err);
	if (!memchr(bytes, ':', size) || memchr(bytes, '\n', size) ||
	    memchr(bytes, '\0', size))
		return err_set(err, -EBADMSG, "is not one line USER:PASSWORD");
	encoded = malloc(size * 2 + 8);
	if (!encoded)
		return err_errno(err, -ENOMEM, "a password");
	str_base64_encode((const uint8_t *)bytes, size, encoded);
	r = keep_basic(auth, encoded, err);
	free(encoded);
	return r;
}

int auth_read(struct auth *auth, const char *home, const char *path, struct err *err)
{
	static char bytes[AUTH_FILE_MOST + 1];
	ssize_t size;
	int r;

	*auth = (struct auth){ .home = home };
	if (!path)
		return 0;
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, -errno, "%s", path);
	size = fd_read_file(fd, bytes, sizeof(bytes) - 1);
	if (size < 0)
		return err_errno(err, (int)size, "%s", path);
	r = bytes[0] == '{' ? read_entries(auth, bytes, (size_t)size, err)
			    : read_line(auth, bytes, (size_t)size, err);
	memset(bytes, 0, sizeof(bytes));
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}

void auth_done(struct auth *auth)
{
	if (auth->header != auth->basic)
		free(auth->header);
	free(auth->basic);
	auth->header = auth->basic = NULL;
}

static void send_now(struct auth *auth, char *header)
{
	if (auth->header != auth->basic)
		free(auth->header);
	auth->header = header;
}

static int keep_token(struct auth *auth, const struct http_body *body, struct err *err)
{
	char *header;
	int r = token_parse(body->bytes, body->size, &header, err);

	if (r == 0)
		send_now(auth, header);
	return r;
}

static int get_token(struct auth *auth, struct http *http, const char *url,
		     struct err *err)
{
	struct http_request request = {
		.url = url,
		.accept = "application/json",
		.authorization = auth->basic,
	};
	static struct http_answer answer;
	struct http_body body;
	int r;

	http_into(&request, &body, AUTH_TOKEN_MOST);
	r = http_do(http, &request, &answer, err);
	if (r == 0)
		r = http_expect(&answer, err);
	if (r == 0)
		r = keep_token(auth, &body, err);
	free(body.bytes);
	return r;
}

/* Of a 401: gets what it asks for. 1: ask again; 0: there is nothing to offer; -errno. */
static int answer_to(struct auth *auth, struct http *http,
		     const struct http_answer *answer, const char *scope, struct err *err)
{
	static struct challenge challenge;
	char url[ORIGIN_URL_SIZE];
	int r;

	if (challenge_parse(answer->challenge, &challenge) < 0)
		return err_set(err, -EACCES,
			       "asks for a password in words that can't be "
			       "read");
	if (!challenge.bearer) {
		if (!challenge.basic || !auth->basic || auth->header == auth->basic)
			return 0;
		send_now(auth, auth->basic);
		return 1;
	}
	/* a password isn't told in clear text because a server asks for it */
	if (origin_is_private(auth->home) && !origin_is_private(challenge.realm))
		return err_set(err, -EACCES, "names a token server without TLS");
	r = challenge_url(&challenge, scope, url, sizeof(url));
	if (r == 0)
		r = get_token(auth, http, url, err);
	else
		r = err_errno(err, -EACCES, "names a token server");
	return r < 0 ? err_wrap(err, r, "a token") : 1;
}

/* What goes to @url. */
static const char *header_for(const struct auth *auth, const char *url)
{
	return auth->header && origin_is_same(url, auth->home) ? auth->header : NULL;
}

int auth_do(struct auth *auth, struct http *http, struct http_request *request,
	    const char *scope, struct http_answer *ret_answer, struct err *err)
{
	int r;

	request->authorization = header_for(auth, request->url);
	r = http_do(http, request, ret_answer, err);
	/* only our server is answered, not whom it redirects to */
	if (r < 0 || ret_answer->status != 401 ||
	    !origin_is_same(ret_answer->url, auth->home))
		return r;
	r = answer_to(auth, http, ret_answer, scope, err);
	if (r <= 0)
		return r;
	request->authorization = header_for(auth, request->url);
	return http_do(http, request, ret_answer, err);
}
