/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "boot/plan.h"
#include "format/manifest/check.h"
#include "tree.h"

static struct manifest manifest;
static struct policy policy;
static struct plan plan;

static void start(size_t layers)
{
	memset(&policy, 0, sizeof(policy));
	manifest_init(&manifest);
	manifest.name = "thermostat";
	manifest.run = MANIFEST_RUN_EXEC;
	manifest.args[0] = "/bin/sh";
	manifest.arg_count = 1;
	manifest.layer_count = layers;
	for (size_t i = 0; i < layers; i++) {
		memset(&manifest.layers[i].blob, (int)i, 32);
		memset(&manifest.layers[i].root, 0xf0 + (int)i, 32);
		manifest.layers[i].size_bytes = 12288;
		manifest.layers[i].data_bytes = 4096;
	}
}

static void add_volume(const char *path, bool persist, const char *options)
{
	manifest.volumes[manifest.volume_count++] =
		(struct manifest_volume){ path, persist, options };
}

/* The plan as text, a line a step. */
static const char *text(void)
{
	static char all[16384];
	size_t used = 0;

	plan_make(&policy, &manifest, NULL, &plan);
	for (size_t i = 0; i < plan.count; i++) {
		int size = plan_print_step(&plan, i, all + used, sizeof(all) - used - 1);

		assert_true(size > 0);
		assert_int_equal(strlen(all + used), size);
		used += (size_t)size;
		all[used++] = '\n';
	}
	all[used] = '\0';
	return all;
}

#define HEX16(digits) digits digits digits digits digits digits digits digits
#define HEX64(digits) HEX16(digits) HEX16(digits) HEX16(digits) HEX16(digits)
#define MOVE "move: /dev /proc /sys /run\n"
#define TAIL "switch: free the initramfs, change the root\n"

static void two_layers(void **state)
{
	(void)state;
	start(2);
	policy.verity_panic = true;
	assert_string_equal(
		text(),
		"layer 0: sha256:" HEX64("00") " 12288 bytes, verity " HEX64(
			"f0") " at 4096, panic\n"
			      "layer 1: sha256:" HEX64(
				      "01") " 12288 bytes, "
					    "verity " HEX64(
						    "f1") " at 4096, panic\n"
							  "upper: tmpfs\n"
							  "overlay: 2 layers and upper\n" MOVE
							  "check: user 0:0, directory "
							  "/\n" TAIL
							  "run: exec /bin/sh\n");
}

static void one_layer_and_nothing_to_write(void **state)
{
	(void)state;
	start(1);
	manifest.upper = MANIFEST_UPPER_NONE;
	manifest.user = "app";
	manifest.cwd = "/srv";
	manifest.args[0] = "/bin/a b";
	manifest.args[1] = "\n100%";
	manifest.arg_count = 2;
	assert_string_equal(text(),
			    "layer 0: sha256:" HEX64("00") " 12288 bytes, verity " HEX64(
				    "f0") " at 4096\n"
					  "overlay: 1 layer, read-only\n" MOVE
					  "check: user app, directory /srv\n" TAIL
					  "run: exec /bin/a%20b %0A100%25\n");
}

/* Volumes come in an order in which none hides another; the store is writable only
 * between. */
static void everything_else(void **state)
{
	const char *after_layer;

	(void)state;
	start(1);
	manifest.upper = MANIFEST_UPPER_PERSIST;
	add_volume("/var/lib", false, "size=1m,mode=0700");
	add_volume("/run/secrets", false, "");
	add_volume("/var/lib/deep", true, "");
	add_volume("/var", true, "");
	manifest.injects[manifest.inject_count++] = "/etc/hostname";
	manifest.injects[manifest.inject_count++] = "/etc/wifi key";
	after_layer = strchr(text(), '\n') + 1;
	assert_string_equal(
		after_layer,
		"writable: the store\n"
		"upper: persistent, upper/thermostat of the store\n"
		"overlay: 1 layer and upper\n"
		"volume 1: /run/secrets tmpfs\n"
		"volume 3: /var persistent, volumes/thermostat of the store\n"
		"volume 0: /var/lib tmpfs size=1m,mode=0700\n"
		"volume 2: /var/lib/deep persistent, volumes/thermostat of the store\n"
		"inject 0: /etc/hostname if the store has it\n"
		"inject 1: /etc/wifi%20key if the store has it\n"
		"readonly: the store, as the application sees it\n" MOVE
		"check: user 0:0, directory /\n" TAIL "run: exec /bin/sh\n");
}

static void a_persistent_volume_alone_opens_the_store(void **state)
{
	(void)state;
	start(1);
	add_volume("/data", true, "");
	assert_non_null(strstr(text(), "\nwritable: "));
	assert_non_null(strstr(text(), "\nreadonly: "));
	manifest.volumes[0].persist = false;
	assert_null(strstr(text(), "\nwritable: "));
	assert_null(strstr(text(), "\nreadonly: "));
}

/* The manifest's reader has refused what a plan could not do. */
static void volumes_that_hide(void **state)
{
	static const char *const paths[] = { "/",      "/proc", "/proc/x",   "/sys",
					     "/sys/x", "/dev",	"/dev/shm/x" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_non_null(manifest_wrong_volume(paths[i]));
	assert_null(manifest_wrong_volume("/dev/shm"));
	assert_null(manifest_wrong_volume("/process"));
	start(1);
	add_volume("/data", false, "");
	add_volume("/data", true, "");
	assert_string_equal(manifest_clash_volume(&manifest, 1), "stands there already");
}

static void the_largest(void **state)
{
	static char paths[MANIFEST_MAX_VOLUMES][16];

	(void)state;
	start(MANIFEST_MAX_LAYERS);
	manifest.upper = MANIFEST_UPPER_PERSIST;
	for (int i = MANIFEST_MAX_VOLUMES - 1; i >= 0; i--) {
		(void)snprintf(paths[i], sizeof(paths[i]), "/v%02d", i);
		add_volume(paths[i], true, "");
	}
	for (size_t i = 0; i < MANIFEST_MAX_INJECTS; i++)
		manifest.injects[manifest.inject_count++] = "/etc/file";
	plan_make(&policy, &manifest, NULL, &plan);
	assert_true(plan.count <= PLAN_MAX_STEPS);
	assert_int_equal(plan.count, MANIFEST_MAX_LAYERS + MANIFEST_MAX_VOLUMES +
					     MANIFEST_MAX_INJECTS + 8);
	for (size_t i = 1; i < MANIFEST_MAX_VOLUMES; i++) {
		const struct plan_step *step = &plan.steps[MANIFEST_MAX_LAYERS + 3 + i];

		assert_int_equal(step->op, PLAN_VOLUME);
		assert_true(strcmp(manifest.volumes[step[-1].index].path,
				   manifest.volumes[step->index].path) < 0);
	}
}

static void too_small_a_buffer(void **state)
{
	char line[40];

	(void)state;
	start(1);
	plan_make(&policy, &manifest, NULL, &plan);
	assert_int_equal(plan_print_step(&plan, 0, line, sizeof(line)), -ENAMETOOLONG);
	assert_true(strlen(line) < sizeof(line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_layers),
		cmocka_unit_test(one_layer_and_nothing_to_write),
		cmocka_unit_test(everything_else),
		cmocka_unit_test(a_persistent_volume_alone_opens_the_store),
		cmocka_unit_test(volumes_that_hide),
		cmocka_unit_test(the_largest),
		cmocka_unit_test(too_small_a_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
