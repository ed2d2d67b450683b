/* SPDX-License-Identifier: Apache-2.0 */
/* What lamina-fetch reads: the address from its user, everything else from a stranger. */
#include "bytes.h"

#include <errno.h>
#include <string.h>

#include "fetch/challenge.h"
#include "fetch/front/oci-manifest.h"
#include "fetch/header.h"
#include "fetch/origin.h"
#include "fetch/range.h"
#include "format/media.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct err err;

/* --- addresses --------------------------------------------------------------------------- */

static void addresses(void **state)
{
	struct origin o;

	(void)state;
	assert_int_equal(origin_parse("oci://r.example/team/app:1.2", &o, &err), 0);
	assert_string_equal(o.host, "https://r.example");
	assert_string_equal(o.name, "team/app");
	assert_string_equal(o.ref, "1.2");
	assert_false(origin_is_fixed(&o));
	assert_int_equal(origin_parse("oci+http://[::1]:5000/app", &o, &err), 0);
	assert_string_equal(o.host, "http://[::1]:5000");
	assert_string_equal(o.ref, "latest");
	assert_int_equal(origin_parse("oci://r/app@sha256:" HEX, &o, &err), 0);
	assert_string_equal(o.ref, "sha256:" HEX);
	assert_true(origin_is_fixed(&o));
	assert_int_equal(origin_parse("oci://docker.io/library/x:y", &o, &err), 0);
	assert_string_equal(o.host, "https://registry-1.docker.io");
	assert_int_equal(origin_parse("https://docker.io/x.lamina", &o, &err), 0);
	assert_string_equal(o.host, "https://docker.io");
	assert_int_equal(origin_parse("https://r/a/b.lamina?x=1", &o, &err), 0);
	assert_string_equal(o.url, "https://r/a/b.lamina?x=1");
	assert_string_equal(o.host, "https://r");
	assert_int_equal(origin_parse("hawkbit://h:8443/DEFAULT/gw-1", &o, &err), 0);
	assert_string_equal(o.host, "https://h:8443");
	assert_string_equal(o.url, "https://h:8443/DEFAULT/controller/v1/gw-1");
}

static void no_addresses(void **state)
{
	static const char *const bad[] = {
		"",
		"r/app",
		"ftp://r/app",
		"oci://",
		"oci:///app",
		"oci://r",
		"oci://r/",
		"oci://r/App",
		"oci://r/app:",
		"oci://r/../app",
		"oci://r/a//b",
		"oci://r/app:-x",
		"oci://r/app@x",
		"oci://r/app@sha256:",
		"oci://r:123456/app",
		"oci://r:x/app",
		"oci://[::1/app",
		"oci://u:p@r/app",
		"https://u@r/x",
		"https://r/x\ny",
		"https://r",
		"oci://r/app:a/b",
		"oci://r/app?x",
		"oci://r /app",
	};
	struct origin o;
	char longest[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.text[0] = '\0';
		assert_int_equal(origin_parse(bad[i], &o, &err), -EINVAL);
		assert_true(err.text[0]);
	}
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "https://r/", 10);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(origin_parse(longest, &o, &err), -EINVAL);
}

/* A secret goes where this says that it may. */
static void one_server(void **state)
{
	static const char *const same[][2] = {
		{ "https://r.example/a", "https://R.example:443/b?c" },
		{ "http://r:80", "http://r/x" },
		{ "http://[::1]:5000/a", "http://[::1]:5000/b" },
	};
	static const char *const other[][2] = {
		{ "https://r/a", "http://r/a" },
		{ "https://r/a", "https://r:444/a" },
		{ "https://r/a", "https://r.example/a" },
		{ "https://r/a", "https://rr/a" },
		{ "https://r/a", "https://r@evil/a" },
		{ "https://r/a", "https://evil/@r/" },
		{ "https://r/a", "https://r\\evil/a" },
		{ "https://r/a", "" },
		{ "https://r/a", "//r/a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_true(origin_is_same(same[i][0], same[i][1]));
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		assert_false(origin_is_same(other[i][0], other[i][1]));
		assert_false(origin_is_same(other[i][1], other[i][0]));
	}
}

/* --- ranges ------------------------------------------------------------------------------ */

static int range_of(const char *text, uint64_t size, uint64_t *ret_start)
{
	const struct range_answer answer = { 206, text, RANGE_UNKNOWN };

	return range_start(&answer, 1000, size, ret_start, &err);
}

static void content_ranges(void **state)
{
	static const char *const bad[] = {
		"",
		"bytes",
		"bytes 0-9",
		"0-9/10",
		"bytes 9-0/10",
		"bytes 0-10/10",
		"bytes -9/10",
		"bytes 0-/10",
		"bytes */10",
		"bytes 0-9/x",
		"bytes 0-9/",
		"items 0-9/10",
		"bytes 0-9/10 ",
		"bytes 1e3-9/10",
		"bytes 99999999999999999999-1/2",
	};
	uint64_t start;

	(void)state;
	assert_int_equal(range_of("bytes 0-9/10", 10, &start), 0);
	assert_true(start == 0);
	assert_int_equal(range_of("Bytes 5-5/*", 10, &start), 0);
	assert_true(start == 5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(range_of(bad[i], RANGE_UNKNOWN, &start), -EPROTO);
}

static int start_of(long status, const char *content_range, uint64_t length,
		    uint64_t *ret_start)
{
	const struct range_answer answer = { status, content_range, length };

	return range_start(&answer, 500, 1000, ret_start, &err);
}

static void answers_to_a_range(void **state)
{
	uint64_t start = 77;

	(void)state;
	assert_int_equal(start_of(206, "bytes 500-999/1000", 500, &start), 0);
	assert_true(start == 500);
	/* more than asked for is passed over */
	assert_int_equal(start_of(206, "bytes 100-999/*", 900, &start), 0);
	assert_true(start == 100);
	assert_int_equal(start_of(200, "", 1000, &start), 0);
	assert_true(start == 0);
	assert_int_equal(start_of(200, "", RANGE_UNKNOWN, &start), 0);
	start = 77;
	assert_int_equal(start_of(200, "", 1001, &start), -EBADMSG);
	assert_int_equal(start_of(206, "bytes 501-999/1000", 499, &start), -EPROTO);
	assert_int_equal(start_of(206, "bytes 500-999/1001", 500, &start), -EPROTO);
	assert_int_equal(start_of(206, "bytes 500-1000/*", 501, &start), -EPROTO);
	assert_int_equal(start_of(206, "", 500, &start), -EPROTO);
	assert_int_equal(start_of(416, "", 0, &start), -EPROTO);
	assert_int_equal(start_of(304, "", 0, &start), -EPROTO);
	assert_true(start == 77);
}

/* --- challenges -------------------------------------------------------------------------- */

static void challenges(void **state)
{
	struct challenge c;
	char url[256];

	(void)state;
	assert_int_equal(challenge_parse("Bearer realm=\"https://auth.example/token\","
					 "service=\"r.example\",scope=\"repository:a/b:"
					 "pull\"",
					 &c),
			 0);
	assert_true(c.bearer && !c.basic);
	assert_string_equal(c.realm, "https://auth.example/token");
	assert_string_equal(c.service, "r.example");
	assert_string_equal(c.scope, "repository:a/b:pull");
	assert_int_equal(challenge_url(&c, "other", url, sizeof(url)), 0);
	assert_string_equal(url, "https://auth.example/token?service=r.example&"
				 "scope=repository:a/b:pull");
	/* without a scope, ours; behind a question mark, and what it isn't plain */
	assert_int_equal(challenge_parse("bearer realm=https://a/t?x=1 , service=\"a "
					 "&b\\\"c\"",
					 &c),
			 0);
	assert_int_equal(challenge_url(&c, "s", url, sizeof(url)), 0);
	assert_string_equal(url, "https://a/t?x=1&service=a%20%26b%22c&scope=s");
	assert_int_equal(challenge_url(&c, "s", url, 20), -ENAMETOOLONG);
}

static void several_challenges(void **state)
{
	struct challenge c;

	(void)state;
	assert_int_equal(challenge_parse("Basic realm=\"x, Bearer\", Bearer "
					 "realm=\"https://t/\", Digest realm=\"y\"",
					 &c),
			 0);
	assert_true(c.basic && c.bearer);
	assert_string_equal(c.realm, "https://t/");
	assert_int_equal(challenge_parse("Negotiate", &c), 0);
	assert_false(c.basic || c.bearer);
	assert_int_equal(challenge_parse("Negotiate YWJj==, Basic realm=\"r\"", &c), 0);
	assert_true(c.basic && !c.bearer);
	assert_int_equal(challenge_parse("", &c), 0);
	assert_false(c.basic || c.bearer);
	/* a second Bearer can't add to what the first has said */
	assert_int_equal(challenge_parse("Bearer realm=\"https://a/\", Bearer "
					 "realm=\"https://b/\"",
					 &c),
			 0);
	assert_string_equal(c.realm, "https://a/");
}

static void no_challenges(void **state)
{
	static const char *const bad[] = { "Bearer realm=\"https://a", "\"",
					   "Bearer realm=\"a\\", "Basic \"x\"" };
	static char longest[2 * CHALLENGE_TEXT_SIZE];
	struct challenge c;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(challenge_parse(bad[i], &c), -EBADMSG);
	memset(longest, 'a', sizeof(longest) - 1);
	memcpy(longest, "Bearer realm=", 13);
	assert_int_equal(challenge_parse(longest, &c), -EBADMSG);
}

/* --- headers ----------------------------------------------------------------------------- */

static struct http_answer answer;
static struct header_count count;

static int line(const char *text)
{
	return header_add(&count, text, strlen(text), &answer);
}

static void headers(void **state)
{
	static char longest[512];

	(void)state;
	count.bytes = 0;
	assert_int_equal(line("HTTP/1.1 100 Continue\r\n"), 0);
	assert_int_equal(line("ETag: \"old\"\r\n"), 0);
	assert_int_equal(line("HTTP/1.1 200 OK\r\n"), 0);
	assert_string_equal(answer.etag, "");
	assert_true(answer.length == RANGE_UNKNOWN);
	assert_int_equal(line("content-type:  Text/HTML; charset=utf-8\r\n"), 0);
	assert_int_equal(line("Last-Modified: Mon\r\n"), 0);
	assert_string_equal(answer.etag, "Mon");
	assert_int_equal(line("ETag: \"new\"\r\n"), 0);
	assert_int_equal(line("Last-Modified: Tue\r\n"), 0);
	assert_int_equal(line("Docker-Content-Digest: sha256:" HEX "\r\n"), 0);
	assert_int_equal(line("Content-Length: 123\r\n"), 0);
	assert_int_equal(line("Content-Range: bytes 0-1/2\r\n"), 0);
	assert_int_equal(line("WWW-Authenticate: Basic realm=\"a\"\r\n"), 0);
	assert_int_equal(line("WWW-Authenticate: Bearer realm=\"b\"\r\n"), 0);
	assert_string_equal(answer.type, "text/html");
	assert_string_equal(answer.etag, "\"new\"");
	assert_string_equal(answer.digest, "sha256:" HEX);
	assert_true(answer.length == 123);
	assert_string_equal(answer.range, "bytes 0-1/2");
	assert_string_equal(answer.challenge, "Basic realm=\"a\", Bearer realm=\"b\"");
	/* what is too long is left out whole */
	memset(longest, 'x', sizeof(longest) - 1);
	memcpy(longest, "Content-Range: ", 15);
	assert_int_equal(line("HTTP/1.1 200 OK\r\n"), 0);
	assert_int_equal(line(longest), 0);
	assert_string_equal(answer.range, "");
	assert_int_equal(line("Content-Length: -1\r\n"), 0);
	assert_true(answer.length == RANGE_UNKNOWN);
}

static void endless_headers(void **state)
{
	size_t lines = 0;

	(void)state;
	count.bytes = 0;
	while (line("X-More: 0123456789\r\n") == 0)
		lines++;
	assert_int_equal(lines, HTTP_HEADERS_MOST / 20);
	/* an answer that is only on the way begins none of it anew */
	assert_int_equal(line("HTTP/1.1 100 Continue\r\n"), -E2BIG);
}

/* --- OCI manifests ----------------------------------------------------------------------- */

#define DESCRIPTOR(type, size) \
	"{\"mediaType\":\"" type "\",\"digest\":\"sha256:" HEX "\",\"size\":" size "}"
#define DELTA(size, to)                                                                 \
	"{\"mediaType\":\"" MEDIA_DELTA "\",\"digest\":\"sha256:" HEX                   \
	"\",\"size\":" size ",\"annotations\":{\"org.lamina.delta.from\":\"sha256:" HEX \
	"\",\"org.lamina.delta.to\":" to "}}"
#define ANNOTATIONS ",\"annotations\":{\"org.lamina.signature\":\"sig x\\n\"}"

static struct oci_manifest oci;

static int parse(const char *text)
{
	return oci_manifest_parse(text, strlen(text), &oci, &err);
}

static void both_shapes(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"config\":" DESCRIPTOR(MEDIA_MANIFEST,
							 "12") ",\"layers"
							       "\":[]" ANNOTATIONS "}"),
			 0);
	assert_true(oci.size_bytes == 12);
	assert_string_equal(DIGEST_HEX(&oci.manifest), HEX);
	assert_int_equal(oci.signature_size, 6);
	assert_memory_equal(oci.signature, "sig x\n", 6);
	assert_int_equal(parse("{\"config\":{\"mediaType\":\"application/x\"},\"layers\":"
			       "[" DESCRIPTOR(MEDIA_MANIFEST, "13") "," DESCRIPTOR(
				       "application/new", "1") "]" ANNOTATIONS "}"),
			 0);
	assert_true(oci.size_bytes == 13);
	assert_int_equal(oci.deltas_size, 0);
}

/* What can't be read of a delta is as if it weren't there. */
static void deltas(void **state)
{
	static const char good[] = HEX " " HEX " " HEX " 77\n";

	(void)state;
	assert_int_equal(
		parse("{\"layers\":[" DESCRIPTOR(MEDIA_MANIFEST, "13") "," DELTA(
			"77",
			"\"sha256:" HEX
			"\"") "," DELTA("-1",
					"\"sha256:" HEX
					"\"") "," DELTA("78",
							"\"" HEX
							"\"") "," DELTA("79",
									"7") ",1]" ANNOTATIONS
									     "}"),
		0);
	assert_int_equal(oci.deltas_size, sizeof(good) - 1);
	assert_memory_equal(oci.deltas, good, sizeof(good) - 1);
}

static void no_oci_manifests(void **state)
{
	static const struct {
		const char *text;
		int r;
	} bad[] = {
		{ "", -EBADMSG },
		{ "[]", -EBADMSG },
		{ "<html>", -EBADMSG },
		{ "{\"config\":1}", -ENOTSUP },
		{ "{\"manifests\":[]}", -ENOTSUP },
		{ "{\"layers\":[" DESCRIPTOR("application/x", "1") "]" ANNOTATIONS "}",
		  -ENOTSUP },
		{ "{\"config\":" DESCRIPTOR(MEDIA_MANIFEST, "12") "}", -ENOKEY },
		{ "{\"config\":" DESCRIPTOR(MEDIA_MANIFEST, "65537") ANNOTATIONS "}",
		  -EBADMSG },
		{ "{\"config\":" DESCRIPTOR(MEDIA_MANIFEST, "-1") ANNOTATIONS "}",
		  -EBADMSG },
		{ "{\"config\":" DESCRIPTOR(MEDIA_MANIFEST, "1e3") ANNOTATIONS "}",
		  -EBADMSG },
		{ "{\"config\":" DESCRIPTOR(MEDIA_MANIFEST,
					    "1") ",\"config\":1" ANNOTATIONS "}",
		  -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i].text), bad[i].r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(no_addresses),
		cmocka_unit_test(one_server),
		cmocka_unit_test(content_ranges),
		cmocka_unit_test(answers_to_a_range),
		cmocka_unit_test(challenges),
		cmocka_unit_test(several_challenges),
		cmocka_unit_test(no_challenges),
		cmocka_unit_test(headers),
		cmocka_unit_test(endless_headers),
		cmocka_unit_test(both_shapes),
		cmocka_unit_test(no_oci_manifests),
		cmocka_unit_test(deltas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
