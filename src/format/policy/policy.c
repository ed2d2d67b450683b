/* SPDX-License-Identifier: Apache-2.0 */
#include "format/policy.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "format/manifest/check.h"
#include "format/policy/reader.h"
#include "format/signature.h"

#define MAX_SECONDS 86400
#define MAX_TRIES 255

static int read_type(struct policy_reader *reader, char *ret_type)
{
	int r = policy_read_word(reader, ret_type, POLICY_TYPE_SIZE);

	if (r == 0 && ret_type[strspn(ret_type, "abcdefghijklmnopqrstuvwxyz0123456789_")])
		return policy_bad(reader, "must be a file system's name, such as ext4");
	return r;
}

static int read_store(struct policy_reader *reader)
{
	return policy_read_source(reader, reader->policy->store);
}

static int read_store_type(struct policy_reader *reader)
{
	return read_type(reader, reader->policy->store_type);
}

static int read_store_timeout(struct policy_reader *reader)
{
	return policy_read_number32(reader, 0, MAX_SECONDS,
				    &reader->policy->store_timeout_s);
}

bool policy_factory_in_initramfs(const struct policy *policy)
{
	return policy->factory[0] == '/' && strncmp(policy->factory, "/dev/", 5) != 0;
}

static int read_factory(struct policy_reader *reader)
{
	struct policy *policy = reader->policy;
	int r = policy_read_word(reader, policy->factory, POLICY_WORD_SIZE);

	if (r < 0)
		return r;
	return policy_factory_in_initramfs(policy)
		       ? policy_check_path(reader, policy->factory)
		       : policy_check_source(reader, policy->factory);
}

static int read_factory_type(struct policy_reader *reader)
{
	return read_type(reader, reader->policy->factory_type);
}

static int read_state(struct policy_reader *reader)
{
	return policy_read_source(reader, reader->policy->state);
}

static int read_compatible(struct policy_reader *reader)
{
	char *compatible = reader->policy->compatible;
	int r = policy_read_word(reader, compatible, POLICY_WORD_SIZE);
	const char *words = r < 0 ? NULL : manifest_wrong_compatible(compatible);

	return words ? policy_bad(reader, words) : r;
}

static int read_threshold(struct policy_reader *reader)
{
	return policy_read_number32(reader, 1, SIGNATURE_MAX_COUNT,
				    &reader->policy->threshold);
}

static int read_floor(struct policy_reader *reader)
{
	return policy_read_number(reader, 0, INT64_MAX, &reader->policy->floor);
}

static int read_raise_floor(struct policy_reader *reader)
{
	static const char *const words[] = {
		[POLICY_RAISE_NO] = "no",
		[POLICY_RAISE_PREVIOUS] = "previous",
		[POLICY_RAISE_CURRENT] = "current",
		NULL,
	};
	int r = policy_read_choice(reader, words, "must be no, previous or current");

	if (r < 0)
		return r;
	reader->policy->raise_floor = (enum policy_raise)r;
	return 0;
}

static int read_tries(struct policy_reader *reader)
{
	return policy_read_number32(reader, 1, MAX_TRIES, &reader->policy->tries);
}

static int read_confirm(struct policy_reader *reader)
{
	static const char *const words[] = {
		[POLICY_CONFIRM_MANUAL] = "manual",
		[POLICY_CONFIRM_AFTER] = "after",
		[POLICY_CONFIRM_CHECK] = "check",
		[POLICY_CONFIRM_HEALTHY] = "healthy",
		NULL,
	};
	struct policy *policy = reader->policy;
	int r = policy_read_choice(reader, words,
				   "must be manual, after SECONDS, healthy "
				   "SECONDS or check PATH");

	if (r < 0)
		return r;
	policy->confirm = (enum policy_confirm)r;
	if (policy->confirm == POLICY_CONFIRM_AFTER ||
	    policy->confirm == POLICY_CONFIRM_HEALTHY)
		return policy_read_number32(reader, 1, MAX_SECONDS,
					    &policy->confirm_after_s);
	if (policy->confirm == POLICY_CONFIRM_CHECK)
		return policy_read_path(reader, policy->confirm_check);
	return 0;
}

static int read_on_failure(struct policy_reader *reader)
{
	static const char *const words[] = {
		[POLICY_REBOOT] = "reboot",
		[POLICY_POWEROFF] = "poweroff",
		[POLICY_HALT] = "halt",
		[POLICY_RESCUE] = "rescue",
		NULL,
	};
	struct policy *policy = reader->policy;
	int r = policy_read_choice(reader, words,
				   "must be reboot [SECONDS], poweroff, halt or rescue");

	if (r < 0)
		return r;
	policy->on_failure = (enum policy_failure)r;
	if (policy->on_failure == POLICY_REBOOT && reader->lines.value_size)
		return policy_read_number32(reader, 0, MAX_SECONDS,
					    &policy->on_failure_delay_s);
	return 0;
}

static int read_guard(struct policy_reader *reader)
{
	static const char *const words[] = { "verity", "hash", NULL };
	int r = policy_read_choice(reader, words, "must be verity or hash");

	if (r < 0)
		return r;
	reader->policy->hash_will_do = r;
	return 0;
}

static int read_verity(struct policy_reader *reader)
{
	static const char *const words[] = { "eio", "panic", NULL };
	int r = policy_read_choice(reader, words, "must be eio or panic");

	if (r < 0)
		return r;
	reader->policy->verity_panic = r;
	return 0;
}

static int read_watchdog(struct policy_reader *reader)
{
	struct policy *policy = reader->policy;
	int r = policy_read_path(reader, policy->watchdog);

	if (r < 0)
		return r;
	if (strncmp(policy->watchdog, "/dev/", 5) != 0)
		return policy_bad(reader, "must be a path in /dev");
	if (reader->lines.value_size)
		return policy_read_number32(reader, 1, MAX_SECONDS,
					    &policy->watchdog_timeout_s);
	return 0;
}

static int read_allow(struct policy_reader *reader)
{
	/* In the order of enum policy_allow. */
	static const char *const words[] = { "debug",  "use",  "store",
					     "rescue", "exec", NULL };

	do {
		int r = policy_read_choice(reader, words,
					   "must name debug, use, store, rescue or exec");

		if (r < 0)
			return r;
		if (reader->policy->allow & 1U << r)
			return policy_bad(reader, "a word stands there twice");
		reader->policy->allow |= 1U << r;
	} while (reader->lines.value_size);
	return 0;
}

static int read_boot_slot(struct policy_reader *reader)
{
	char(*slots)[POLICY_WORD_SIZE] = reader->policy->boot_slots;

	if (slots[1][0])
		return policy_bad(reader, "stands there more than twice");
	return policy_read_source(reader, slots[slots[0][0] != '\0']);
}

static int read_boot_loader(struct policy_reader *reader)
{
	static const char *const words[] = {
		[POLICY_LOADER_NONE] = "", /* no word is */
		[POLICY_LOADER_SECTOR] = "sector",   [POLICY_LOADER_EFI] = "efi",
		[POLICY_LOADER_GRUBENV] = "grubenv", [POLICY_LOADER_RPI] = "rpi",
		[POLICY_LOADER_HELPER] = "helper",   NULL,
	};
	struct policy *policy = reader->policy;
	int r = policy_read_choice(
		reader, words,
		"must be sector, grubenv or rpi SOURCE, efi or helper PATH");

	if (r < 0)
		return r;
	policy->boot_loader = (enum policy_loader)r;
	if (r == POLICY_LOADER_EFI)
		return 0;
	return r == POLICY_LOADER_HELPER
		       ? policy_read_path(reader, policy->boot_loader_arg)
		       : policy_read_source(reader, policy->boot_loader_arg);
}

static int read_secret(struct policy_reader *reader)
{
	static const char *const words[] = { "helper", NULL };
	int r = policy_read_choice(reader, words, "must be helper PATH");

	return r < 0 ? r : policy_read_path(reader, reader->policy->secret);
}

/* A number is a size, and no source begins with a digit. */
static int read_encrypted(struct policy_reader *reader)
{
	struct policy *policy = reader->policy;
	char *text = policy->encrypted;
	int r = policy_read_word(reader, text, POLICY_WORD_SIZE);

	if (r < 0)
		return r;
	if (*text < '0' || *text > '9')
		return policy_check_source(reader, text);
	r = str_size_parse(text, strlen(text), "KMGT", &policy->encrypted_bytes);
	*text = '\0';
	if (r < 0 || policy->encrypted_bytes < POLICY_ENCRYPTED_LEAST)
		return policy_bad(reader, "must be a source or 16M or more");
	policy->encrypted_bytes &= ~(uint64_t)4095;
	return 0;
}

static int read_channel_key(struct policy_reader *reader)
{
	struct key_line *key = &reader->policy->channel_key;
	int r = key_line_read(&reader->lines, reader->key, key, reader->err);

	reader->lines.value_size = 0; /* which is all of it */
	if (r == 0 && !key_kind_is_key(key->kind, key->bytes, key->size))
		return policy_bad(reader, "is not a public key");
	return r;
}

static const struct policy_key {
	char name[16];
	bool required;
	int (*read)(struct policy_reader *reader);
} keys[] = {
	{ "store", true, read_store },
	{ "store-type", false, read_store_type },
	{ "store-timeout", false, read_store_timeout },
	{ "factory", false, read_factory },
	{ "factory-type", false, read_factory_type },
	{ "state", false, read_state },
	{ "compatible", true, read_compatible },
	{ "threshold", false, read_threshold },
	{ "floor", false, read_floor },
	{ "raise-floor", false, read_raise_floor },
	{ "tries", false, read_tries },
	{ "confirm", false, read_confirm },
	{ "on-failure", false, read_on_failure },
	{ "guard", false, read_guard },
	{ "verity", false, read_verity },
	{ "watchdog", false, read_watchdog },
	{ "allow", false, read_allow },
	{ "channel-key", false, read_channel_key },
	{ "boot-slot", false, read_boot_slot },
	{ "boot-loader", false, read_boot_loader },
	{ "secret", false, read_secret },
	{ "encrypted", false, read_encrypted },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int read_line(struct policy_reader *reader, unsigned int *seen)
{
	for (unsigned int i = 0; i < KEYS; i++) {
		int r;

		if (!lines_is(&reader->lines, keys[i].name))
			continue;
		reader->key = keys[i].name;
		if (*seen & 1U << i && keys[i].read != read_boot_slot)
			return policy_bad(reader, "stands there twice");
		*seen |= 1U << i;
		r = keys[i].read(reader);
		if (r == 0 && reader->lines.value_size)
			return policy_bad(reader, "has words after its value");
		return r;
	}
	return lines_bad(&reader->lines, reader->err, "unknown key `%.*s`",
			 (int)(reader->lines.key_size > 32 ? 32 : reader->lines.key_size),
			 reader->lines.key);
}

static void set_defaults(struct policy *ret_policy)
{
	*ret_policy = (struct policy){
		.store_type = "ext4",
		.store_timeout_s = 10,
		.factory_type = "ext4",
		.threshold = 1,
		.raise_floor = POLICY_RAISE_PREVIOUS,
		.tries = 3,
		.on_failure = POLICY_REBOOT,
		.on_failure_delay_s = 10,
	};
}

int policy_parse(const char *bytes, size_t size, struct policy *ret_policy,
		 struct err *err)
{
	struct policy_reader reader = { .policy = ret_policy, .err = err };
	unsigned int seen = 0;
	int r;

	if (size > POLICY_MAX_SIZE)
		return err_set(err, -EFBIG, "is larger than %d bytes", POLICY_MAX_SIZE);
	set_defaults(ret_policy);
	lines_init(&reader.lines, bytes, size);
	reader.lines.comments = true;
	while ((r = lines_next(&reader.lines, err)) > 0) {
		r = read_line(&reader, &seen);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	for (unsigned int i = 0; i < KEYS; i++)
		if (keys[i].required && !(seen & 1U << i))
			return err_set(err, -EBADMSG, "%s is missing", keys[i].name);
	r = policy_check_together(ret_policy, err);
	if (r == 0)
		r = policy_check_places(ret_policy, err);
	return r < 0 ? r : policy_source_check_ubi(ret_policy, err);
}
