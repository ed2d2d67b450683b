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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_for_the_threshold, tree_new,
						tree_done),
		cmocka_unit_test_setup_teardown(what_can_not_be_read, tree_new,
						tree_done),
	};

	return cmocka_run_group_tests(tests, image_make_key, NULL);
}
