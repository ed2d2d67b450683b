/* SPDX-License-Identifier: Apache-2.0 */
/* A policy that parses is within its limits, and names where images come from. */
#include <assert.h>
#include <string.h>

#include "format/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_source(const char *text)
{
	enum policy_source kind;
	const char *value;

	assert(strlen(text) < POLICY_WORD_SIZE);
	assert(policy_source_parse(text, &kind, &value, NULL) == 0);
	assert(value >= text && *value && kind <= POLICY_SOURCE_UBI);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct policy policy;

	if (policy_parse((const char *)data, size, &policy, &err) < 0) {
		assert(err.text[0]);
		return 0;
	}
	check_source(policy.store);
	if (policy.state[0])
		check_source(policy.state);
	if (policy.factory[0] && !policy_factory_in_initramfs(&policy))
		check_source(policy.factory);
	assert(strlen(policy.factory) < POLICY_WORD_SIZE);
	assert(policy.factory_type[0] &&
	       strlen(policy.factory_type) < sizeof(policy.factory_type));
	assert(policy.raise_floor <= POLICY_RAISE_CURRENT);
	assert(policy.compatible[0] && strlen(policy.compatible) < POLICY_WORD_SIZE);
	assert(policy.store_type[0] &&
	       strlen(policy.store_type) < sizeof(policy.store_type));
	assert(policy.threshold >= 1 && policy.threshold <= 8 && policy.tries >= 1);
	assert(policy.floor <= INT64_MAX && policy.allow < 16);
	assert((policy.confirm == POLICY_CONFIRM_AFTER) == (policy.confirm_after_s > 0));
	assert((policy.confirm == POLICY_CONFIRM_CHECK) ==
	       (policy.confirm_check[0] == '/'));
	assert(policy.watchdog[0] || !policy.watchdog_timeout_s);
	return 0;
}
