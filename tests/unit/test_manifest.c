/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "format/manifest.h"

static struct manifest manifest;
static char bytes[MANIFEST_MAX_SIZE + 16], again[MANIFEST_MAX_SIZE + 16],
	third[MANIFEST_MAX_SIZE + 16];

static void full(void **state)
{
	size_t size = read_data("full.manifest", bytes, sizeof(bytes));
	const struct manifest *m = &manifest;
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(manifest_parse(bytes, size, &manifest, &err), 0, err, "");
	memset(bytes, 'x', sizeof(bytes)); /* nothing is borrowed from the caller */
	assert_string_equal(m->name, "thermostat");
	assert_string_equal(m->version, "1.4.2");
	assert_int_equal(m->serial, 17);
	assert_int_equal(m->compatible_count, 2);
	assert_string_equal(m->compatible[1], "acme,thermostat-v3");
	assert_string_equal(m->arch, "arm64");
	assert_int_equal(m->min_init, 1);
	assert_int_equal(m->layer_count, 3);
	assert_int_equal(m->layers[1].size_bytes, 544768);
	assert_int_equal(m->layers[1].data_bytes, 528384);
	assert_int_equal(m->layers[1].blob.bytes[0], 0xcd);
	assert_int_equal(m->layers[1].root.bytes[31], 0x84);
	assert_memory_equal(&m->layers[0], &m->layers[2], sizeof(m->layers[0]));
	assert_int_equal(m->upper, MANIFEST_UPPER_TMPFS);
	assert_string_equal(m->upper_options, "size=50%,nr_inodes=20000");
	assert_int_equal(m->volume_count, 3);
	assert_string_equal(m->volumes[0].path, "/data");
	assert_true(m->volumes[0].persist);
	assert_string_equal(m->volumes[1].path, "/data/cache of mine");
	assert_false(m->volumes[1].persist);
	assert_string_equal(m->volumes[1].options, "");
	assert_string_equal(m->volumes[2].options, "size=1m,mode=0700");
	assert_int_equal(m->inject_count, 2);
	assert_string_equal(m->injects[1], "/etc/ssl/my key.pem");
	assert_int_equal(m->run, MANIFEST_RUN_EXEC);
	assert_string_equal(m->cwd, "/srv/thermo stat");
	assert_string_equal(m->user, "thermo:1000");
	assert_string_equal(m->stop_signal, "SIGRTMIN+3");
	assert_int_equal(m->source_count, 2);
	assert_string_equal(m->sources[1], "dir:/home/me/my files");
}

static void full_program(void **state)
{
	size_t size = read_data("full.manifest", bytes, sizeof(bytes));
	const struct manifest *m = &manifest;

	(void)state;
	assert_int_equal(manifest_parse(bytes, size, &manifest, NULL), 0);
	assert_int_equal(m->arg_count, 5);
	assert_string_equal(m->args[0], "/usr/bin/thermostat");
	assert_string_equal(m->args[1], "");
	assert_string_equal(m->args[2], "--greeting=Gr\xc3\xbc\xc3\x9f"
					"e, two  spaces");
	assert_string_equal(m->args[3], " lead and trail ");
	assert_string_equal(m->args[4], "100% sure\n");
	assert_null(m->args[5]);
	assert_int_equal(m->env_count, 3);
	assert_string_equal(m->env[1], "EMPTY=");
	assert_string_equal(m->env[2], "MOTD=a=b c");
	assert_null(m->env[3]);
}

static void canonical_text_writes_back(void **state)
{
	size_t size = read_data("full.manifest", bytes, sizeof(bytes));
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(manifest_parse(bytes, size, &manifest, &err), 0);
	assert_int_equal(manifest_write(&manifest, again, sizeof(again), &err), size);
	assert_memory_equal(bytes, again, size);
	/* exactly the room there is, and one byte less */
	assert_int_equal(manifest_write(&manifest, again, size + 1, &err), size);
	assert_int_equal(manifest_write(&manifest, again, size, &err), -ENAMETOOLONG);
	assert_int_equal(manifest_write(&manifest, again, 0, &err), -ENAMETOOLONG);
}

static void defaults(void **state)
{
	size_t size = read_data("least.manifest", bytes, sizeof(bytes));
	struct err err = ERR_INIT;
	int r;

	(void)state;
	assert_refused(manifest_parse(bytes, size, &manifest, &err), 0, err, "");
	assert_string_equal(manifest.version, "");
	assert_string_equal(manifest.upper_options, "");
	assert_int_equal(manifest.run, MANIFEST_RUN_SUPERVISE);
	r = manifest_write(&manifest, again, sizeof(again), &err);
	size = read_data("least.canonical", bytes, sizeof(bytes));
	assert_int_equal(r, size);
	assert_memory_equal(bytes, again, size);
	assert_int_equal(manifest_parse(again, size, &manifest, &err), 0);
	assert_int_equal(manifest_write(&manifest, again, sizeof(again), &err), size);
	assert_memory_equal(bytes, again, size);
}

/* A whole file is needed: what is cut anywhere is refused, or is itself whole (cut behind
 * an optional line). */
static void truncated_anywhere(void **state)
{
	size_t size = read_data("full.manifest", bytes, sizeof(bytes));
	struct err err = ERR_INIT;

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		char *copy = malloc(cut + 1); /* so that a read past it is seen */
		int r;

		assert_non_null(copy);
		memcpy(copy, bytes, cut);
		r = manifest_parse(copy, cut, &manifest, &err);
		free(copy);
		if (r == 0) {
			assert_int_equal(bytes[cut - 1], '\n');
			assert_true(manifest.arg_count > 0);
		} else {
			assert_int_equal(r, -EBADMSG);
		}
	}
	assert_int_equal(manifest_parse(bytes, size, &manifest, &err), 0);
}

/* What parsed writes to something that parses to the same. */
static void assert_settles(void)
{
	int r = manifest_write(&manifest, again, sizeof(again), NULL);

	assert_true(r > 0);
	assert_int_equal(manifest_parse(again, (size_t)r, &manifest, NULL), 0);
	assert_int_equal(manifest_write(&manifest, third, sizeof(third), NULL), r);
	assert_memory_equal(again, third, (size_t)r);
}

static void flip(size_t size, size_t bit)
{
	bool line_end = bytes[bit / 8] == '\n';
	struct err err = ERR_INIT;
	int r;

	bytes[bit / 8] ^= (char)(1 << bit % 8);
	r = manifest_parse(bytes, size, &manifest, &err);
	if (r < 0) {
		assert_true(err.text[0] != '\0');
		assert_true(r == -EBADMSG || r == -EPROTONOSUPPORT);
	} else {
		assert_settles();
		/* two lines made one may lack a key that has a default */
		if (!line_end)
			assert_memory_equal(bytes, again, size);
	}
	bytes[bit / 8] ^= (char)(1 << bit % 8);
}

/* A flipped bit is refused, or is another value that is written as it was read. */
static void flipped_bits(void **state)
{
	static const char *const names[] = { "full.manifest", "least.canonical" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		size_t size = read_data(names[i], bytes, sizeof(bytes));

		for (size_t bit = 0; bit < 8 * size; bit++)
			flip(size, bit);
	}
}

static void fits(void **state)
{
	size_t size = read_data("full.manifest", bytes, sizeof(bytes));
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(manifest_parse(bytes, size, &manifest, &err), 0);
	assert_int_equal(manifest_fits(&manifest, "acme,thermostat-v3", "arm64", &err),
			 0);
	assert_refused(manifest_fits(&manifest, "acme,thermostat-v", "arm64", &err),
		       -EINVAL, err,
		       "compatible: the image is for acme,thermostat-v2 and others, this "
		       "device is acme,thermostat-v");
	assert_refused(manifest_fits(&manifest, "acme,thermostat-v2", "arm", &err),
		       -EINVAL, err, "arch: the image is for arm64, this device is arm");
	manifest.compatible_count = 1;
	assert_refused(
		manifest_fits(&manifest, "b", "arm64", &err), -EINVAL, err,
		"compatible: the image is for acme,thermostat-v2, this device is b");
	manifest.run = MANIFEST_RUN_SUPERVISE;
#ifdef CONFIG_LAMINA_SUPERVISE
	assert_refused(manifest_fits(&manifest, "acme,thermostat-v2", "arm64", &err),
		       -EINVAL, err, "run supervise: takes min-init 2 or more");
	manifest.min_init = 2;
	assert_int_equal(manifest_fits(&manifest, "acme,thermostat-v2", "arm64", &err),
			 0);
	manifest.nets[manifest.net_count++] = "* dhcp";
#ifdef CONFIG_LAMINA_NET
	assert_int_equal(manifest_fits(&manifest, "acme,thermostat-v2", "arm64", &err),
			 0);
#else
	assert_refused(manifest_fits(&manifest, "acme,thermostat-v2", "arm64", &err),
		       -ENOTSUP, err, "net: this build can't, only net none");
#endif
#else
	assert_refused(manifest_fits(&manifest, "acme,thermostat-v2", "arm64", &err),
		       -ENOTSUP, err, "run supervise: this build can't, only run exec");
#endif
	strcpy(manifest.boot.id, "6.12-a");
	assert_refused(manifest_fits(&manifest, "acme,thermostat-v2", "arm64", &err),
#ifdef CONFIG_LAMINA_SUPERVISE
		       -EINVAL, err, "boot: takes min-init 4 or more");
#else
		       -ENOTSUP, err, "run supervise: this build can't, only run exec");
#endif
	manifest.min_init = MANIFEST_FEATURE_LEVEL + 1;
	assert_refused(
		manifest_fits(&manifest, "acme,thermostat-v2", "arm64", &err), -ENOTSUP,
		err,
		"min-init: the image asks for feature level 5, this is 4: it takes a newer "
		"version of Lamina");
}

static size_t boot_line(char *room, size_t size, const char *more)
{
	size_t used = read_data("least.manifest", room, size);

	used += (size_t)snprintf(room + used, size - used, "%s", more);
	return used;
}

/* The last blob there is, of an image and of a set; none without the line. */
static void boot(void **state)
{
	static const char line[] =
		"boot Linux_6.12-1.a sha256:f527a6ecea31bb9e279d0c62e3807d1b5ea2d47653ed"
		"ff4c36eedd53c7f0c8cd size 10485761\n";
	static char text[8192];
	struct manifest_blob blob;
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(
		manifest_parse(text, boot_line(text, sizeof(text), ""), &manifest, &err),
		0, err, "");
	assert_string_equal(manifest.boot.id, "");
	assert_true(manifest_blob(&manifest, manifest.layer_count - 1, &blob));
	assert_false(manifest_blob(&manifest, manifest.layer_count, &blob));
	assert_refused(manifest_parse(text, boot_line(text, sizeof(text), line),
				      &manifest, &err),
		       0, err, "");
	assert_string_equal(manifest.boot.id, "Linux_6.12-1.a");
	assert_true(manifest.boot.size == 10485761);
	assert_int_equal(manifest.boot.blob.bytes[0], 0xf5);
	assert_int_equal(manifest_blob_kind(&manifest, 0), MANIFEST_BLOB_LAYER);
	assert_int_equal(manifest_blob_kind(&manifest, manifest.layer_count),
			 MANIFEST_BLOB_BOOT);
	assert_true(manifest_blob(&manifest, manifest.layer_count, &blob));
	assert_ptr_equal(blob.digest, &manifest.boot.blob);
	assert_true(blob.size_bytes == 10485761);
	assert_false(manifest_blob(&manifest, manifest.layer_count + 1, &blob));
	assert_true(manifest_write(&manifest, again, sizeof(again), &err) > 0);
	assert_non_null(strstr(again, line));
	/* what no manifest may hold */
	manifest.boot.size = 0;
	assert_refused(manifest_write(&manifest, again, sizeof(again), &err), -EINVAL,
		       err, "boot: is not filled in");
	manifest.boot.size = 1;
	memset(manifest.boot.id, 'a', sizeof(manifest.boot.id));
	assert_refused(manifest_write(&manifest, again, sizeof(again), &err), -EINVAL,
		       err, "boot: is not filled in");
	manifest.boot.id[1] = '\0';
	manifest.run = MANIFEST_RUN_SET;
	manifest.member_count = 2;
	assert_int_equal(manifest_blob_kind(&manifest, manifest.layer_count + 1),
			 MANIFEST_BLOB_MEMBER);
	assert_true(manifest_blob(&manifest, manifest.layer_count + 2, &blob));
	assert_ptr_equal(blob.digest, &manifest.boot.blob);
	assert_false(manifest_blob(&manifest, manifest.layer_count + 3, &blob));
}

static void signals(void **state)
{
	static const struct {
		const char *name;
		int number;
	} cases[] = {
		{ "SIGTERM", 15 },	{ "SIGHUP", 1 },       { "SIGKILL", 9 },
		{ "SIGWINCH", 28 },	{ "SIGPWR", 30 },      { "SIGRTMIN", 34 },
		{ "SIGRTMIN+1", 35 },	{ "SIGRTMIN+3", 37 },  { "SIGRTMIN+30", 64 },
		{ "SIGRTMIN+31", -22 }, { "SIGRTMIN+0", -22 }, { "SIGRTMIN+03", -22 },
		{ "SIGRTMIN3", -22 },	{ "SIGSTOP", -22 },    { "TERM", -22 },
		{ "15", -22 },		{ "SIGterm", -22 },    { "", -22 },
		{ "SIG", -22 },		{ "SIGRTMAX", -22 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(manifest_signal(cases[i].name), cases[i].number);
}

/* Each number that has a name is that name's. */
static void names_of_signals(void **state)
{
	char name[MANIFEST_SIGNAL_SIZE];
	int named = 0;

	(void)state;
	for (int number = -1; number < 300; number++) {
		if (manifest_signal_name(number, name) < 0)
			continue;
		assert_int_equal(manifest_signal(name), number);
		named++;
	}
	assert_int_equal(named, 15 + 31);
	assert_int_equal(manifest_signal_name(37, name), 0);
	assert_string_equal(name, "SIGRTMIN+3");
	assert_int_equal(manifest_signal_name(34, name), 0);
	assert_string_equal(name, "SIGRTMIN");
}

static void what_importers_ask(void **state)
{
	(void)state;
	assert_true(manifest_name_valid("a-1"));
	assert_false(manifest_name_valid("A"));
	assert_true(manifest_path_valid("/a/b"));
	assert_false(manifest_path_valid("/a/"));
	assert_false(manifest_path_valid(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full),
		cmocka_unit_test(full_program),
		cmocka_unit_test(canonical_text_writes_back),
		cmocka_unit_test(defaults),
		cmocka_unit_test(truncated_anywhere),
		cmocka_unit_test(flipped_bits),
		cmocka_unit_test(fits),
		cmocka_unit_test(boot),
		cmocka_unit_test(signals),
		cmocka_unit_test(names_of_signals),
		cmocka_unit_test(what_importers_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
