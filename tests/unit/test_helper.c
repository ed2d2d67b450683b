/* SPDX-License-Identifier: Apache-2.0 */
/* A program as the loader's voice: what it is asked, and what its answers and ends mean. */
#define LIMIT_MS 4000 /* a loaded machine takes half a second to start a program */
#include "loader/helper.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];
static struct loader loader = { .ops = &loader_helper };

/* It writes what it is asked to a file beside it, then does what @script says. */
static void put(const char *script)
{
	FILE *file;

	(void)snprintf(loader.path, sizeof(loader.path), "%s/helper", dir);
	(void)unlink(loader.path);
	file = fopen(loader.path, "we");
	assert_non_null(file);
	(void)fprintf(file, "#!/bin/sh\necho $* >>%s/asked\n%s\n", dir, script);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(loader.path, 0700), 0);
}

/* What it was asked since the last time, line by line. */
static const char *asked(void)
{
	static char text[256];
	char path[96];
	FILE *file;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/asked", dir);
	file = fopen(path, "re");
	size = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	text[size] = '\0';
	if (file)
		(void)fclose(file);
	(void)unlink(path);
	return text;
}

static void assert_reads(const char *script, enum boot_slot usual)
{
	struct loader_words words;
	struct err err = ERR_INIT;

	put(script);
	if (loader.ops->read(&loader, &words, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(words.usual, usual);
	assert_int_equal(words.once, BOOT_SLOT_NONE);
	assert_string_equal(asked(), "get-default\n");
}

static void what_it_says(void **state)
{
	(void)state;
	assert_reads("echo a", BOOT_SLOT_A);
	assert_reads("echo b", BOOT_SLOT_B);
	assert_reads("printf b", BOOT_SLOT_B);
	assert_reads("echo c", BOOT_SLOT_NONE);
	assert_reads("echo none", BOOT_SLOT_NONE);
	assert_reads("echo bbbbbbbbbbbbbbbbbbbbbbbb", BOOT_SLOT_NONE);
	assert_reads("", BOOT_SLOT_NONE);
	assert_reads("echo a; echo b", BOOT_SLOT_A);
	/* nobody waits for what it leaves behind */
	assert_reads("echo a; sleep 5 &", BOOT_SLOT_A);
}

static void what_it_is_told(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	put("test $1 != get-default || echo a");
	assert_int_equal(loader_helper.write(
				 &loader, &(struct loader_words){ BOOT_SLOT_B, 0 }, &err),
			 0);
	assert_string_equal(asked(), "get-default\nset-default b\nonce none\n");
	assert_int_equal(
		loader_helper.write(&loader,
				    &(struct loader_words){ BOOT_SLOT_A, BOOT_SLOT_B },
				    &err),
		0);
	assert_string_equal(asked(), "get-default\nonce b\n");
}

static void assert_fails(const char *script, int number, const char *words)
{
	struct loader_words found = { BOOT_SLOT_B, BOOT_SLOT_A };
	struct err err = ERR_INIT;
	int r;

	put(script);
	r = loader.ops->write(&loader, &found, &err);
	if (!strstr(err.text, words))
		assert_string_equal(err.text, words);
	assert_int_equal(r, number);
}

static void how_it_ends(void **state)
{
	struct loader_words found;
	struct err err = ERR_INIT;

	(void)state;
	assert_fails("exit 3", -EREMOTEIO, "helper get-default: ended with status 3");
	assert_fails("kill -9 $$", -EREMOTEIO, "ended with status 137");
	assert_fails("test $1 != set-default", -EREMOTEIO, "helper set-default: ended");
	assert_fails("test $1 != once", -EREMOTEIO, "helper once: ended with status 1");
	/* one that hangs, and one that says more than anybody waits for */
	assert_fails("sleep 60", -ETIMEDOUT, "helper get-default: ");
	assert_fails("yes 2>/dev/null", -EREMOTEIO, "helper get-default: ended");
	(void)unlink(loader.path);
	assert_int_equal(loader.ops->read(&loader, &found, &err), -EREMOTEIO);
	assert_non_null(strstr(err.text, "ended with status 127"));
}

static int start(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/lamina-helper-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	(void)asked();
	(void)unlink(loader.path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says),
		cmocka_unit_test(what_it_is_told),
		cmocka_unit_test(how_it_ends),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
