/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>

#include "base/str.h"
#include "format/manifest.h"

#define LAYER_REST                     \
	" size 8192 data 4096 verity " \
	"ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"

static struct manifest manifest;
static char text[4 * MANIFEST_MAX_SIZE], again[MANIFEST_MAX_SIZE + 1];

static void fill(void)
{
	manifest_init(&manifest);
	manifest.name = "a";
	manifest.arch = "arm";
	manifest.compatible[manifest.compatible_count++] = "b";
	manifest.args[manifest.arg_count++] = "/init";
	manifest.layers[manifest.layer_count++] =
		(struct manifest_layer){ .size_bytes = 8192, .data_bytes = 4096 };
}

static void filled_by_hand(void **state)
{
	struct err err = ERR_INIT;
	int r;

	(void)state;
	fill();
	manifest.serial = INT64_MAX;
	r = manifest_write(&manifest, text, sizeof(text), &err);
	assert_string_equal(err.text, "");
	assert_true(r > 0);
	assert_int_equal(manifest_parse(text, (size_t)r, &manifest, &err), 0);
	assert_int_equal(manifest.layer_count, 1);
	assert_int_equal(manifest.min_init, 1);
	assert_true(manifest.serial == INT64_MAX);
}

static void assert_not_written(const char *words)
{
	struct err err = ERR_INIT;

	assert_refused(manifest_write(&manifest, text, sizeof(text), &err), -EINVAL, err,
		       words);
	fill();
}

static void refuses_what_it_would_not_read(void **state)
{
	(void)state;
	manifest_init(&manifest);
	assert_not_written("name: must match [a-z0-9][a-z0-9._-]{0,62}");
	manifest.name = NULL;
	assert_not_written("name: is not filled in");
	manifest.version = "a b";
	assert_not_written("version: must match [A-Za-z0-9][A-Za-z0-9._~:+-]{0,63}");
	manifest.serial = 1ULL << 63;
	assert_not_written("serial: is out of range");
	manifest.min_init = 0;
	assert_not_written("min-init: is out of range");
	manifest.compatible_count = 0;
	assert_not_written("compatible: is missing");
	manifest.arch = "x86_64";
	assert_not_written("arch: must be amd64, arm64, arm or riscv64");
	manifest.layer_count = 0;
	assert_not_written("layer: is missing");
	manifest.layers[0].size_bytes++;
	assert_not_written("layer: size 8193 does not fit data 4096, which makes 8192");
	manifest.args[0] = "";
	assert_not_written("arg: the first names the program");
	manifest.arg_count = 0;
	assert_not_written("arg: is missing");
	manifest.arg_count = MANIFEST_MAX_ARGS + 1;
	assert_not_written("arg: more than 128 of them");
	manifest.cwd = "srv";
	assert_not_written("cwd: must be an absolute path");
	manifest.user = "";
	assert_not_written(
		"user: must be NAME or ID, and :NAME or :ID where there is a group");
	manifest.stop_signal = "TERM";
	assert_not_written("stop-signal: is no signal to stop by");
	manifest.run = 7;
	assert_not_written("run: is not filled in");
}

static void refuses_mounts(void **state)
{
	(void)state;
	fill();
	manifest.upper = 7;
	assert_not_written("upper: is not filled in");
	manifest.upper_options = "size=1,,nr_inodes=1";
	assert_not_written("upper: tmpfs takes size= and nr_inodes= only here");
	manifest.upper_options = "size=1,";
	assert_not_written("upper: tmpfs takes size= and nr_inodes= only here");
	manifest.upper_options = "size=1";
	manifest.upper = MANIFEST_UPPER_NONE;
	assert_not_written("upper: only tmpfs takes options");
	manifest.volume_count = 1;
	manifest.volumes[0] = (struct manifest_volume){ .path = "/dev/x" };
	assert_not_written("volume: must not be / or /run, nor in /proc, /sys, /dev or "
			   "/run/lamina");
	manifest.volume_count = 1;
	manifest.volumes[0] = (struct manifest_volume){ .path = NULL };
	assert_not_written("volume: is not filled in");
	manifest.volume_count = 1;
	manifest.volumes[0] = (struct manifest_volume){ .path = "/x",
							.persist = true,
							.options = "size=1" };
	assert_not_written("volume: size= must be 16m or more");
	manifest.volume_count = 2;
	manifest.volumes[0] = manifest.volumes[1] =
		(struct manifest_volume){ .path = "/x" };
	assert_not_written("volume: stands there already");
	manifest.env[0] = "A=1";
	manifest.env[1] = "A=2";
	manifest.env_count = 2;
	assert_not_written("env: the same name stands there already");
}

/* As many lines as there may be, all different, and one more. @present are there already.
 */
static void at_most(const char *key, const char *form, unsigned int most,
		    unsigned int present, const char *tail)
{
	static const char rest[] =
		"lamina 1\nname a\nserial 0\narch arm\nmin-init 1\ncompatible z\n"
		"layer "
		"sha256:f527a6ecea31bb9e279d0c62e3807d1b5ea2d47653edff4c36eedd53c7f0"
		"c8cd" LAYER_REST "\narg z\n";
	struct err err = ERR_INIT;
	char words[64];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_add(&s, rest);
	for (unsigned int i = present; i < most; i++)
		str_addf(&s, "%s %s%064u%s\n", key, form, i, tail);
	assert_refused(manifest_parse(text, s.used, &manifest, &err), 0, err, "");
	str_addf(&s, "%s x\n", key);
	(void)snprintf(words, sizeof(words), "line %u: %s: more than %u of them",
		       9 + most - present, key, most);
	assert_refused(manifest_parse(text, s.used, &manifest, &err), -EBADMSG, err,
		       words);
}

static void counts(void **state)
{
	(void)state;
	at_most("compatible", "a", MANIFEST_MAX_COMPATIBLE, 1, "");
	at_most("volume", "/a", MANIFEST_MAX_VOLUMES, 0, " tmpfs");
	at_most("inject", "/a", MANIFEST_MAX_INJECTS, 0, "");
	at_most("arg", "a", MANIFEST_MAX_ARGS, 1, "");
	at_most("env", "A", MANIFEST_MAX_ENV, 0, "=");
	at_most("source", "a", MANIFEST_MAX_LAYERS, 0, "");
	at_most("layer", "sha256:", MANIFEST_MAX_LAYERS, 1, LAYER_REST);
}

/* A file of exactly 64 KiB is read and written, one more byte is not. */
static void file_size(void **state)
{
	static char value[MANIFEST_MAX_SIZE];
	struct err err = ERR_INIT;
	int r, empty;

	(void)state;
	fill();
	manifest.args[1] = value;
	manifest.arg_count = 2;
	empty = manifest_write(&manifest, text, sizeof(text), &err);
	assert_true(empty > 0);
	memset(value, 'v', (size_t)(MANIFEST_MAX_SIZE - empty - 1));
	r = manifest_write(&manifest, text, sizeof(text), &err);
	assert_int_equal(r, MANIFEST_MAX_SIZE);
	value[MANIFEST_MAX_SIZE - empty - 1] = 'v';
	assert_refused(manifest_write(&manifest, again, sizeof(again), &err),
		       -ENAMETOOLONG, err, "a manifest has at most 65536 bytes");
	assert_int_equal(manifest_parse(text, MANIFEST_MAX_SIZE, &manifest, &err), 0);
	assert_int_equal(manifest_write(&manifest, again, sizeof(again), &err),
			 MANIFEST_MAX_SIZE);
	assert_memory_equal(text, again, MANIFEST_MAX_SIZE);
	assert_refused(manifest_parse(text, MANIFEST_MAX_SIZE + 1, &manifest, &err),
		       -EFBIG, err, "is larger than 65536 bytes");
}

/* Bytes that must be spelled out grow to three times their size. */
static void every_byte(void **state)
{
	char value[256];
	int r;

	(void)state;
	for (int i = 0; i < 255; i++)
		value[i] = (char)(i + 1);
	value[255] = '\0';
	fill();
	manifest.args[1] = value;
	manifest.arg_count = 2;
	r = manifest_write(&manifest, text, sizeof(text), NULL);
	assert_true(r > 0);
	assert_int_equal(manifest_parse(text, (size_t)r, &manifest, NULL), 0);
	assert_string_equal(manifest.args[1], value);
}

/* The example in lamina-manifest(5) is a manifest, and a canonical one. */
static void example_of_the_page(void **state)
{
	size_t size = read_example("lamina-manifest.5", "lamina 1\n", text, sizeof(text));
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(manifest_parse(text, size, &manifest, &err), 0, err, "");
	assert_int_equal(manifest_write(&manifest, again, sizeof(again), &err), size);
	assert_memory_equal(text, again, size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filled_by_hand),
		cmocka_unit_test(refuses_what_it_would_not_read),
		cmocka_unit_test(refuses_mounts),
		cmocka_unit_test(counts),
		cmocka_unit_test(file_size),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(example_of_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
