/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pack/source/doc.h"
#include "pack/source/oci.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static bool fits(const char *asked, const char *have)
{
	struct oci_platform a, h;
	struct err err = ERR_INIT;
	char a_buf[64], h_buf[64];

	assert_int_equal(oci_platform_parse(asked, a_buf, &a, &err), 0);
	assert_int_equal(oci_platform_parse(have, h_buf, &h, &err), 0);
	return oci_platform_fits(&a, &h);
}

static void platforms_that_fit(void **state)
{
	(void)state;
	assert_true(fits("linux/amd64", "linux/amd64"));
	assert_true(fits("linux/arm", "linux/arm/v7"));
	assert_true(fits("linux/arm/v7", "linux/arm/v7"));
	assert_true(fits("linux/arm/v7", "linux/arm")); /* which doesn't say */
	assert_true(fits("linux/arm64", "linux/arm64/v8"));
	assert_true(fits("linux/arm64/v8", "linux/arm64"));
}

static void platforms_that_do_not(void **state)
{
	(void)state;
	assert_false(fits("linux/amd64", "linux/arm64"));
	assert_false(fits("linux/amd64", "windows/amd64"));
	assert_false(fits("linux/arm/v7", "linux/arm/v6"));
	assert_false(fits("linux/amd64/v3", "linux/amd64/v2"));
}

static void platforms_that_are_none(void **state)
{
	static const char *const bad[] = {
		"",
		"/",
		"linux",
		"linux/",
		"/amd64",
		"linux//v7",
		"linux/arm/",
		"a/b/c/d",
		"linux/0123456789012345678901234567890123456789012345678901234567",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct oci_platform platform;
		struct err err = ERR_INIT;
		char buf[64];

		assert_int_equal(oci_platform_parse(bad[i], buf, &platform, &err),
				 -EINVAL);
		assert_non_null(strstr(err.text, "OS/ARCH"));
	}
}

static int parse(const char *text, struct oci_descriptor *ret_descriptor,
		 json_t **ret_doc, struct err *err)
{
	*ret_doc = doc_parse(text, strlen(text), err);
	assert_non_null(*ret_doc);
	return oci_descriptor_parse(*ret_doc, ret_descriptor, err);
}

static void a_descriptor(void **state)
{
	struct oci_descriptor d;
	struct err err = ERR_INIT;
	char name[80];
	json_t *doc;

	(void)state;
	assert_int_equal(
		parse("{\"mediaType\":\"t\",\"size\":9223372036854775807,"
		      "\"digest\":\"sha256:" HASH "\",\"platform\":{\"os\":\"linux\"},"
		      "\"annotations\":{\"org.opencontainers.image.ref.name\":\"v1\"}}",
		      &d, &doc, &err),
		0);
	assert_string_equal(d.type, "t");
	assert_int_equal(d.size_bytes, INT64_MAX);
	assert_int_equal(d.hash.bytes[1], 0x23);
	assert_string_equal(d.ref, "v1");
	assert_string_equal(d.platform.os, "linux");
	assert_null(d.platform.arch);
	assert_false(d.attestation);
	oci_blob_name(&d, name);
	assert_string_equal(name, "blobs/sha256/" HASH);
	json_decref(doc);
}

static void descriptors_that_are_refused(void **state)
{
	static const struct {
		const char *text;
		int r;
	} bad[] = {
		{ "[]", -EBADMSG },
		{ "{\"size\":1}", -EBADMSG },
		{ "{\"size\":1,\"digest\":7}", -EBADMSG },
		{ "{\"size\":1,\"digest\":\"sha256:\"}", -EBADMSG },
		{ "{\"size\":1,\"digest\":\"md5:" HASH "\"}", -EBADMSG },
		{ "{\"size\":1,\"digest\":\"sha256:" HASH "0\"}", -EBADMSG },
		{ "{\"size\":1,\"digest\":\"sha512:" HASH HASH "\"}", -ENOTSUP },
		{ "{\"digest\":\"sha256:" HASH "\"}", -EBADMSG },
		{ "{\"size\":-1,\"digest\":\"sha256:" HASH "\"}", -EBADMSG },
		{ "{\"size\":1.5,\"digest\":\"sha256:" HASH "\"}", -EBADMSG },
		{ "{\"size\":\"1\",\"digest\":\"sha256:" HASH "\"}", -EBADMSG },
		{ "{\"size\":1,\"digest\":\"sha256:" HASH "\",\"mediaType\":1}",
		  -EBADMSG },
		{ "{\"size\":1,\"digest\":\"sha256:" HASH "\",\"platform\":[]}",
		  -EBADMSG },
		{ "{\"size\":1,\"digest\":\"sha256:" HASH "\",\"annotations\":1}",
		  -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct oci_descriptor d;
		struct err err = ERR_INIT;
		json_t *doc;

		assert_int_equal(parse(bad[i].text, &d, &doc, &err), bad[i].r);
		assert_true(err.text[0]);
		json_decref(doc);
	}
}

static void documents_that_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"1",
		"{",
		"{\"a\":1,\"a\":2}",
		"{} x",
		"{\"a\":\"\\u0000\"}",
		"{\"a\":\"\xff\"}",
		"{\"a\":1e999}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;

		assert_null(doc_parse(bad[i], strlen(bad[i]), &err));
		assert_non_null(strstr(err.text, "not JSON"));
	}
}

static void check_proposal(const char *reference, const char *path, const char *name,
			   const char *version)
{
	struct source source = { .layers = NULL };

	assert_int_equal(oci_propose(&source, reference, path), 0);
	assert_string_equal(source.name, name);
	if (version)
		assert_string_equal(source.version, version);
	else
		assert_null(source.version);
	source_done(&source);
}

static void names_and_versions(void **state)
{
	(void)state;
	check_proposal("v1", "dir/app", "app", "v1");
	check_proposal("busybox:1.36", "dir", "busybox", "1.36");
	check_proposal("registry:5000/team/app:1.2", "x.tar", "app", "1.2");
	check_proposal("registry:5000/team/app", "x.tar", "app", NULL);
	check_proposal(NULL, "/images/app.tar.gz", "app", NULL);
	check_proposal("sha256:" HASH, "app", "app", NULL);
	check_proposal("@sha256:" HASH, "app", "app", NULL);
}

static void check_split(const char *rest, const char *path, const char *ref)
{
	const char *got = NULL;
	char *copy = NULL;

	assert_int_equal(oci_split(rest, &copy, &got), 0);
	assert_string_equal(copy, path);
	if (ref)
		assert_string_equal(got, ref);
	else
		assert_null(got);
	free(copy);
}

static void paths_and_references(void **state)
{
	(void)state;
	check_split("dir", "dir", NULL);
	check_split("dir:", "dir", NULL);
	check_split("dir:v1", "dir", "v1");
	check_split("a/b:registry:5000/app:1", "a/b", "registry:5000/app:1");
	check_split("", "", NULL);
}

static void check_config(const char *text, int r, const char *words)
{
	struct source source = { .layers = NULL };
	struct source_texts diff_ids = { .count = 0 };
	struct err err = ERR_INIT;
	json_t *doc = doc_parse(text, strlen(text), &err);

	assert_non_null(doc);
	assert_int_equal(oci_config_parse(doc, &source.config, &diff_ids, &err), r);
	assert_non_null(strstr(err.text, words));
	json_decref(doc);
	source_texts_done(&diff_ids);
	source_done(&source);
}

#define ROOT "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}"

static void configs(void **state)
{
	(void)state;
	check_config("{" ROOT "}", 0, "");
	check_config("{" ROOT ",\"config\":null}", 0, "");
	check_config("{" ROOT ",\"os\":\"windows\"}", -ENOTSUP, "windows");
	check_config("{" ROOT ",\"architecture\":1}", -EBADMSG, "architecture");
	check_config("{" ROOT ",\"config\":[]}", -EBADMSG, "config");
	check_config("{" ROOT ",\"config\":{\"Env\":[1]}}", -EBADMSG, "Env");
	check_config("{" ROOT ",\"config\":{\"Cmd\":\"sh\"}}", -EBADMSG, "Cmd");
	check_config("{" ROOT ",\"config\":{\"Volumes\":[]}}", -EBADMSG, "Volumes");
	check_config("{" ROOT ",\"config\":{\"Labels\":{\"a\":null}}}", 0, "");
	check_config("{" ROOT ",\"config\":{\"Labels\":null,\"Volumes\":{\"/v\":null}}}",
		     0, "");
	check_config("{" ROOT ",\"config\":{\"Cmd\":[null]}}", 0, "");
	check_config("{" ROOT ",\"config\":{\"Labels\":{\"a\":1}}}", -EBADMSG, "'a'");
	check_config("{" ROOT ",\"config\":{\"User\":0}}", -EBADMSG, "User");
	check_config("{}", -EBADMSG, "rootfs");
	check_config("{\"rootfs\":{\"type\":\"tree\"}}", -EBADMSG, "layers");
	check_config("{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[1]}}", -EBADMSG,
		     "diff_ids");
}

static void what_has_no_place_is_told(void **state)
{
	static const char text[] =
		"{" ROOT
		",\"config\":{\"Cmd\":[\"a\"],\"Healthcheck\":{\"Test\":[\"CMD\"]},"
		"\"StopTimeout\":9,\"ExposedPorts\":{\"80/tcp\":{}},\"Tty\":false,"
		"\"Hostname\":\"x\",\"NetworkDisabled\":null,\"MacAddress\":\"\"}}";
	static const char *const expected[] = { "ExposedPorts", "Healthcheck",
						"StopTimeout" };
	struct source source = { .layer_count = 0 };
	struct source_texts diff_ids = { .count = 0 };
	json_t *doc = doc_parse(text, strlen(text), NULL);

	(void)state;
	assert_non_null(doc);
	assert_int_equal(oci_config_parse(doc, &source.config, &diff_ids, NULL), 0);
	assert_int_equal(source.config.unplaced.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(source.config.unplaced.items[i], expected[i]);
	source_texts_done(&diff_ids);
	source_done(&source);
	json_decref(doc);
}

/* What a HEALTHCHECK comes to: its words joined by '|', and its times. */
static void check_health(const char *health, const char *shell, const char *words,
			 const char *times)
{
	struct source source = { .layers = NULL };
	struct source_texts diff_ids = { .count = 0 };
	struct err err = ERR_INIT;
	char text[512], joined[256] = "";
	json_t *doc;

	(void)snprintf(text, sizeof(text), "{" ROOT ",\"config\":{%s\"Healthcheck\":%s}}",
		       shell, health);
	doc = doc_parse(text, strlen(text), &err);
	assert_non_null(doc);
	if (oci_config_parse(doc, &source.config, &diff_ids, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < source.config.health.count; i++) {
		strcat(joined, i ? "|" : "");
		strcat(joined, source.config.health.items[i]);
	}
	assert_string_equal(joined, words);
	assert_string_equal(source.config.health_times, times);
	json_decref(doc);
	source_texts_done(&diff_ids);
	source_done(&source);
}

static void health_checks(void **state)
{
	(void)state;
	check_health("{\"Test\":[\"NONE\"]}", "", "", "");
	check_health("{\"Test\":[\"CMD-SHELL\",\"a b || exit 1\"]}", "",
		     "/bin/sh|-c|a b || exit 1", "");
	check_health("{\"Test\":[\"CMD-SHELL\",\"a\"]}",
		     "\"Shell\":[\"/bin/bash\",\"-ec\"],", "/bin/bash|-ec|a", "");
	/* the rest is the shell's own arguments */
	check_health("{\"Test\":[\"CMD-SHELL\",\"a $0\",\"b\"]}", "", "/bin/sh|-c|a $0|b",
		     "");
	/* a millisecond is not none */
	check_health("{\"Test\":[\"CMD\",\"a\",\"b\"],\"Interval\":5000000000,"
		     "\"Timeout\":1000000,\"StartPeriod\":60000000000,\"Retries\":2}",
		     "", "a|b", "interval=5 timeout=1 start=60 retries=2");
}

static void an_empty_entrypoint_is_not_a_missing_one(void **state)
{
	static const char *const texts[] = { "{" ROOT ",\"config\":{\"Entrypoint\":[]}}",
					     "{" ROOT
					     ",\"config\":{\"Entrypoint\":null}}" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct source source = { .layers = NULL };
		struct source_texts diff_ids = { .count = 0 };
		json_t *doc = doc_parse(texts[i], strlen(texts[i]), NULL);

		assert_int_equal(oci_config_parse(doc, &source.config, &diff_ids, NULL),
				 0);
		assert_int_equal(source.config.has_entrypoint, i == 0);
		assert_int_equal(source.config.entrypoint.count, 0);
		json_decref(doc);
		source_done(&source);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(platforms_that_fit),
		cmocka_unit_test(platforms_that_do_not),
		cmocka_unit_test(platforms_that_are_none),
		cmocka_unit_test(a_descriptor),
		cmocka_unit_test(descriptors_that_are_refused),
		cmocka_unit_test(documents_that_are_refused),
		cmocka_unit_test(names_and_versions),
		cmocka_unit_test(paths_and_references),
		cmocka_unit_test(configs),
		cmocka_unit_test(what_has_no_place_is_told),
		cmocka_unit_test(health_checks),
		cmocka_unit_test(an_empty_entrypoint_is_not_a_missing_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
