/* SPDX-License-Identifier: Apache-2.0 */
/* A program tells the secret, or fails to in every way. */
static int limit_ms = 60000;
#define LIMIT_MS limit_ms
#include "init/vault/secret.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[80];
static struct secret secret;

static int tell(const char *script, struct err *err)
{
	FILE *file;

	(void)unlink(path);
	file = fopen(path, "we");
	assert_non_null(file);
	(void)fprintf(file, "#!/bin/sh\n%s\n", script);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0700), 0);
	memset(&secret, 0xa5, sizeof(secret));
	return secret_get(path, &secret, err);
}

/* Nothing of it is left, either. */
static void assert_fails(const char *script, int r, const char *words)
{
	static const struct secret wiped;
	struct err err = ERR_INIT;

	assert_int_equal(tell(script, &err), r);
	if (!strstr(err.text, words))
		fail_msg("%s", err.text);
	assert_memory_equal(&secret, &wiped, sizeof(wiped));
}

static void what_it_says(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(tell("printf 0123456789abcdef0123456789abcdef", &err), 0);
	assert_int_equal(secret.size, 32);
	assert_memory_equal(secret.bytes, "0123456789abcdef0123456789abcdef", 32);
	assert_int_equal(
		tell("printf 0123456789abcdef; sleep 0.1; head -c 1008 /dev/zero", &err),
		0);
	assert_int_equal(secret.size, 1024);
	assert_memory_equal(secret.bytes, "0123456789abcdef\0", 18);
	assert_int_equal(
		tell("[ $# = 0 ] && [ -z \"$HOME\" ] && head -c 32 /dev/zero", &err), 0);
	secret_wipe(&secret);
	assert_int_equal(secret.size, 0);
}

static void what_it_does_wrong(void **state)
{
	(void)state;
	assert_fails("printf 0123456789abcdef0123456789abcde", -EINVAL,
		     "its secret has less than 32 bytes");
	assert_fails("", -EINVAL, "its secret has less than 32 bytes");
	assert_fails("head -c 1025 /dev/zero", -EINVAL,
		     "its secret has more than 1024 bytes");
	assert_fails("head -c 32 /dev/zero; exit 3", -EREMOTEIO, "status 3");
	assert_fails("head -c 32 /dev/zero; kill -9 $$", -EREMOTEIO, "signal 9");
	limit_ms = 300;
	assert_fails("head -c 32 /dev/zero; sleep 100", -ETIMEDOUT, "imed out");
	assert_fails("head -c 32 /dev/zero; exec >&-; sleep 100", -ETIMEDOUT, "imed out");
	assert_fails("head -c 32 /dev/zero; sleep 100 & exit 0", -ETIMEDOUT, "imed out");
	limit_ms = 60000;
}

static void none_is_there(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(secret_get("/nowhere/secret", &secret, &err), -EREMOTEIO);
	assert_non_null(strstr(err.text, "/nowhere/secret "));
}

static int begin(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/lamina-secret-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/secret", dir);
	return 0;
}

static int end(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says),
		cmocka_unit_test(what_it_does_wrong),
		cmocka_unit_test(none_is_there),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
