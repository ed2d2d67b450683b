/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "store/settings.h"
#include "unit/signed.h"

static struct policy policy;
static struct keyring found;

static void put_settings(const char *more, char policy_path[300], char keyring_path[300])
{
	char text[KEYRING_MAX_SIZE];

	(void)snprintf(text, sizeof(text), "store /dev/vda\ncompatible acme\n%s", more);
	tree_file("policy", text, 0644);
	assert_true(keyring_write(ring, text, sizeof(text)) > 0);
	tree_file("keyring", text, 0644);
	(void)snprintf(policy_path, 300, "%s/policy", tree_path);
	(void)snprintf(keyring_path, 300, "%s/keyring", tree_path);
}

static void keys_for_the_threshold(void **state)
{
	char policy_path[300], keyring_path[300];
	struct err err = ERR_INIT;

	(void)state;
	put_settings("", policy_path, keyring_path);
	assert_tells(settings_read_policy(policy_path, &policy, &err), 0, err, "");
	assert_tells(settings_read_keyring(keyring_path, policy.threshold, &found, &err),
		     0, err, "");
	assert_string_equal(found.keys[0].id, ring->keys[0].id);
	put_settings("threshold 2\n", policy_path, keyring_path);
	assert_tells(settings_read_policy(policy_path, &policy, &err), 0, err, "");
	assert_tells(settings_read_keyring(keyring_path, policy.threshold, &found, &err),
		     -EINVAL, err, "/keyring: the policy asks for 2 keys, here are 1");
}

static void what_can_not_be_read(void **state)
{
	char policy_path[300], keyring_path[300];
	struct err err = ERR_INIT;

	(void)state;
	put_settings("frobnicate\n", policy_path, keyring_path);
	assert_tells(settings_read_policy(policy_path, &policy, &err), -EBADMSG, err,
		     "/policy: line 3");
	assert_tells(settings_read_keyring(policy_path, 1, &found, &err), -EBADMSG, err,
		     "/policy: line 1");
	assert_tells(settings_read_keyring("/none/keyring", 1, &found, &err), -ENOENT,
		     err, "/none/keyring: No such file");
}

/* "" where there is no file; whatever else isn't one line is told of. */
static void the_boot_id(void **state)
{
	static const char words[] =
		"/boot: must be one line of 1 to 64 of [A-Za-z0-9._-]";
	static const char *const bad[] = { "",	    "\n",      "a",	"a\nb\n",
					   "a b\n", "\xffz\n", "a\r\n", "/a\n" };
	char path[300], id[BOOT_ID_SIZE], text[128];
	struct err err = ERR_INIT;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/boot", tree_path);
	memset(id, 'x', sizeof(id));
	assert_int_equal(settings_read_boot(path, id, &err), 0);
	assert_string_equal(id, "");
	tree_file("boot", "Linux-6.12_a\n", 0644);
	assert_int_equal(settings_read_boot(path, id, &err), 0);
	assert_string_equal(id, "Linux-6.12_a");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tree_file("boot", bad[i], 0644);
		assert_tells(settings_read_boot(path, id, &err), -EBADMSG, err, words);
		assert_string_equal(id, "");
	}
	tree_bytes("boot", "a\0b\n", 4, 0644);
	assert_tells(settings_read_boot(path, id, &err), -EBADMSG, err, words);
	(void)snprintf(text, sizeof(text), "%064d\n", 7);
	tree_file("boot", text, 0644);
	assert_int_equal(settings_read_boot(path, id, &err), 0);
	assert_int_equal(strlen(id), 64);
	(void)snprintf(text, sizeof(text), "%065d\n", 7);
	tree_file("boot", text, 0644);
	assert_tells(settings_read_boot(path, id, &err), -EBADMSG, err, words);
	(void)snprintf(text, sizeof(text), "%0100d\n", 7);
	tree_file("boot", text, 0644);
	assert_tells(settings_read_boot(path, id, &err), -EFBIG, err,
		     "/boot: File too large");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_for_the_threshold, tree_new,
						tree_done),
		cmocka_unit_test_setup_teardown(the_boot_id, tree_new, tree_done),
		cmocka_unit_test_setup_teardown(what_can_not_be_read, tree_new,
						tree_done),
	};

	return cmocka_run_group_tests(tests, image_make_key, NULL);
}
