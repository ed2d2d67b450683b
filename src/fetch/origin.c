/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/origin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/str.h"
#include "fetch/letters.h"

static bool is_made_of(const char *text, size_t size, const char *allowed)
{
	return size > 0 && strspn(text, allowed) >= size;
}

/* "HOST", "HOST:PORT", "[V6]:PORT". */
static bool is_host(const char *text, size_t size)
{
	const char *end = text + size, *colon;
	size_t host;

	if (size > 0 && text[0] == '[') {
		host = strspn(text + 1, LETTERS_DIGITS "abcdefABCDEF:.") + 2;
		if (host < 4 || host > size || text[host - 1] != ']')
			return false;
	} else {
		host = strspn(text, LETTERS_PLAIN ".-_");
		host = host < size ? host : size;
		if (host == 0)
			return false;
	}
	colon = text + host;
	if (colon == end)
		return true;
	return *colon == ':' && end - colon <= 6 &&
	       is_made_of(colon + 1, (size_t)(end - colon) - 1, LETTERS_DIGITS);
}

static int read_ref(const char *text, struct origin *o, struct err *err)
{
	bool digest = text[0] == '@';
	const char *ref = text[0] ? text + 1 : "latest";
	size_t size = strlen(ref);
	struct digest hash;

	if (digest && (strncmp(ref, "sha256:", 7) != 0 ||
		       digest_parse(ref + 7, size - 7, &hash) < 0))
		return err_set(err, -EINVAL, "'%.80s' is not a sha256 digest", ref);
	if (!digest && (size > 128 || !is_made_of(ref, size, LETTERS_PLAIN "._-") ||
			ref[0] == '.' || ref[0] == '-'))
		return err_set(err, -EINVAL, "'%.80s' is not a tag", ref);
	(void)snprintf(o->ref, sizeof(o->ref), "%s", ref);
	return 0;
}

static int read_name(const char *text, struct origin *o, struct err *err)
{
	size_t size = strcspn(text, ":@");

	if (size >= sizeof(o->name) ||
	    !is_made_of(text, size, LETTERS_LOWER LETTERS_DIGITS "._-/") ||
	    text[0] == '/' || text[size - 1] == '/' || strstr(text, "..") ||
	    strstr(text, "//"))
		return err_set(err, -EINVAL, "'%.*s' is not a name in a registry",
			       (int)(size > 80 ? 80 : size), text);
	(void)snprintf(o->name, sizeof(o->name), "%.*s", (int)size, text);
	return read_ref(text + size, o, err);
}

/* Docker Hub's registry is at another host than its images are named after; its pages are not. */
static const char *host_of(enum origin_kind kind, const char *text, size_t size,
			   size_t *ret_size)
{
	static const char hub[] = "registry-1.docker.io";

	if (kind != ORIGIN_OCI || size != 9 || strncmp(text, "docker.io", size) != 0) {
		*ret_size = size;
		return text;
	}
	*ret_size = sizeof(hub) - 1;
	return hub;
}

static const struct {
	const char *text, *http;
	enum origin_kind kind;
} schemes[] = {
	{ "oci://", "https://", ORIGIN_OCI },
	{ "oci+http://", "http://", ORIGIN_OCI },
	{ "https://", "https://", ORIGIN_WEB },
	{ "http://", "http://", ORIGIN_WEB },
#ifdef CONFIG_LAMINA_FETCH_HAWKBIT
	{ "hawkbit://", "https://", ORIGIN_HAWKBIT },
	{ "hawkbit+http://", "http://", ORIGIN_HAWKBIT },
#endif
};

/* "TENANT/ID": words that mean the same in an address as they do here. */
static int read_target(const char *text, struct origin *o, struct err *err)
{
	size_t tenant = strcspn(text, "/");
	const char *id = text + tenant + (text[tenant] == '/');
	size_t size = strlen(id);

	if (tenant > 64 || size > 128 || !is_made_of(text, tenant, LETTERS_PLAIN "._-") ||
	    !is_made_of(id, size, LETTERS_PLAIN "._-:~") || text[0] == '.' ||
	    id[0] == '.')
		return err_set(err, -EINVAL, "'%.80s' is not TENANT/ID", text);
	(void)snprintf(o->url, sizeof(o->url), "%s/%.*s/controller/v1/%s", o->host,
		       (int)tenant, text, id);
	return 0;
}

/* Behind the scheme. */
static int read_rest(const char *rest, const char *http, struct origin *o,
		     struct err *err)
{
	size_t size = strcspn(rest, "/?#"), host_size;
	const char *host = host_of(o->kind, rest, size, &host_size);

	if (memchr(rest, '@', size))
		return err_set(
			err, -EINVAL,
			"a name or password stands in it, where everybody sees it: "
			"--auth-file takes them from a file");
	if (!is_host(rest, size) ||
	    (size_t)snprintf(o->host, sizeof(o->host), "%s%.*s", http, (int)host_size,
			     host) >= sizeof(o->host))
		return err_set(err, -EINVAL, "'%.*s' is not a host",
			       (int)(size > 80 ? 80 : size), rest);
	if (rest[size] != '/' || !rest[size + 1])
		return err_set(err, -EINVAL, "names no image behind the host");
	if (o->kind == ORIGIN_OCI)
		return read_name(rest + size + 1, o, err);
	if (o->kind == ORIGIN_HAWKBIT)
		return read_target(rest + size + 1, o, err);
	for (const char *c = rest; *c; c++)
		if (*c <= ' ' || *c == 0x7f)
			return err_set(err, -EINVAL, "has a blank in it");
	(void)snprintf(o->url, sizeof(o->url), "%s%s", http, rest);
	return 0;
}

int origin_parse(const char *text, struct origin *ret_origin, struct err *err)
{
	char known[128];
	struct str words;

	if (strlen(text) >= ORIGIN_URL_SIZE - 8)
		return err_set(err, -EINVAL, "too long");
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t size = strlen(schemes[i].text);

		if (strncmp(text, schemes[i].text, size) != 0)
			continue;
		*ret_origin = (struct origin){ .kind = schemes[i].kind };
		return read_rest(text + size, schemes[i].http, ret_origin, err);
	}
	str_init(&words, known, sizeof(known));
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		str_addf(&words, "%s%s", i ? ", " : "", schemes[i].text);
	return err_set(err, -EINVAL, "begins with none of %s", known);
}

bool origin_is_fixed(const struct origin *origin)
{
	return origin->kind == ORIGIN_OCI && strncmp(origin->ref, "sha256:", 7) == 0;
}

/* Scheme, host and port, taken apart; false for what none of ours is. */
struct server {
	bool tls;
	const char *host;
	size_t size;
	unsigned int port;
};

static bool find_server(const char *url, struct server *ret)
{
	size_t size, host;
	const char *rest, *colon;

	ret->tls = strncasecmp(url, "https://", 8) == 0;
	if (!ret->tls && strncasecmp(url, "http://", 7) != 0)
		return false;
	rest = url + (ret->tls ? 8 : 7);
	size = strcspn(rest, "/?#");
	if (!is_host(rest, size))
		return false;
	host = rest[0] == '[' ? strcspn(rest, "]") + 1 : strcspn(rest, ":/?#");
	colon = rest + host;
	ret->host = rest;
	ret->size = host;
	ret->port = ret->tls ? 443 : 80;
	if (colon == rest + size)
		return true;
	ret->port = 0; /* of digits: is_host() */
	for (colon++; colon < rest + size; colon++)
		ret->port = ret->port * 10 + (unsigned int)(*colon - '0');
	return true;
}

bool origin_is_same(const char *url, const char *other)
{
	struct server a, b;

	return find_server(url, &a) && find_server(other, &b) && a.tls == b.tls &&
	       a.port == b.port && a.size == b.size &&
	       strncasecmp(a.host, b.host, a.size) == 0;
}

bool origin_is_private(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0;
}
