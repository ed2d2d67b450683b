/* SPDX-License-Identifier: Apache-2.0 */
#include "format/policy.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"
#include "format/manifest.h"
#include "format/manifest/check.h"
#include "format/signature.h"

#define MAX_SECONDS 86400
#define MAX_TRIES 255

struct reader {
	struct lines lines;
	struct policy *policy;
	struct err *err;
	const char *key;
};

static int bad(const struct reader *reader, const char *words)
{
	return lines_bad(&reader->lines, reader->err, "%s: %s", reader->key, words);
}

/* The next word, decoded, into @ret_text. */
static int read_word(struct reader *reader, char *ret_text, size_t room)
{
	const char *word;
	size_t size;
	int r = lines_word(&reader->lines, &word, &size, reader->err);

	if (r < 0)
		return r;
	if (r == 0)
		return bad(reader, "value missing");
	r = lines_decode(word, size, false, ret_text, room);
	if (r == -ENOBUFS)
		return bad(reader, "is too long");
	return r < 0 ? bad(reader, "is not spelled with %XX as it should be") : 0;
}

static int read_number(struct reader *reader, uint64_t least, uint64_t most,
		       uint64_t *ret_number)
{
	const char *word = "";
	uint64_t number;
	size_t size = 0;
	int r = lines_word(&reader->lines, &word, &size, reader->err);

	if (r < 0)
		return r;
	if (str_number(word, size, &number) < 0 || number < least || number > most)
		return lines_bad(&reader->lines, reader->err,
				 "%s: must be a number of %llu to %llu", reader->key,
				 (unsigned long long)least, (unsigned long long)most);
	*ret_number = number;
	return 0;
}

static int read_number32(struct reader *reader, uint32_t least, uint32_t most,
			 uint32_t *ret_number)
{
	uint64_t number;
	int r = read_number(reader, least, most, &number);

	if (r == 0)
		*ret_number = (uint32_t)number;
	return r;
}

/* The next word as an index of @words, which NULL ends. */
static int read_choice(struct reader *reader, const char *const *words,
		       const char *reason)
{
	const char *word;
	size_t size;
	int r = lines_word(&reader->lines, &word, &size, reader->err);

	if (r < 0)
		return r;
	for (int i = 0; r > 0 && words[i]; i++)
		if (lines_equal(word, size, words[i]))
			return i;
	return bad(reader, reason);
}

static int check_source(struct reader *reader, const char *text)
{
	enum policy_source kind;
	struct err err = ERR_INIT;
	const char *value;

	return policy_source_parse(text, &kind, &value, &err) < 0 ? bad(reader, err.text)
								  : 0;
}

static int read_source(struct reader *reader, char *ret_text)
{
	int r = read_word(reader, ret_text, POLICY_WORD_SIZE);

	return r < 0 ? r : check_source(reader, ret_text);
}

static int check_path(struct reader *reader, const char *text)
{
	const char *words = manifest_wrong_path(text);

	return words ? bad(reader, words) : 0;
}

static int read_path(struct reader *reader, char *ret_text)
{
	int r = read_word(reader, ret_text, POLICY_WORD_SIZE);

	return r < 0 ? r : check_path(reader, ret_text);
}

static int read_store(struct reader *reader)
{
	return read_source(reader, reader->policy->store);
}

static int read_type(struct reader *reader, char *ret_type)
{
	int r = read_word(reader, ret_type, POLICY_TYPE_SIZE);

	if (r == 0 && ret_type[strspn(ret_type, "abcdefghijklmnopqrstuvwxyz0123456789_")])
		return bad(reader, "must be a file system's name, such as ext4");
	return r;
}

static int read_store_type(struct reader *reader)
{
	return read_type(reader, reader->policy->store_type);
}

static int read_store_timeout(struct reader *reader)
{
	return read_number32(reader, 0, MAX_SECONDS, &reader->policy->store_timeout_s);
}

bool policy_factory_in_initramfs(const struct policy *policy)
{
	return policy->factory[0] == '/' && strncmp(policy->factory, "/dev/", 5) != 0;
}

static int read_factory(struct reader *reader)
{
	struct policy *policy = reader->policy;
	int r = read_word(reader, policy->factory, POLICY_WORD_SIZE);

	if (r < 0)
		return r;
	return policy_factory_in_initramfs(policy)
		       ? check_path(reader, policy->factory)
		       : check_source(reader, policy->factory);
}

static int read_factory_type(struct reader *reader)
{
	return read_type(reader, reader->policy->factory_type);
}

static int read_state(struct reader *reader)
{
	return read_source(reader, reader->policy->state);
}

static int read_compatible(struct reader *reader)
{
	char *compatible = reader->policy->compatible;
	int r = read_word(reader, compatible, POLICY_WORD_SIZE);
	const char *words = r < 0 ? NULL : manifest_wrong_compatible(compatible);

	return words ? bad(reader, words) : r;
}

static int read_threshold(struct reader *reader)
{
	return read_number32(reader, 1, SIGNATURE_MAX_COUNT, &reader->policy->threshold);
}

static int read_floor(struct reader *reader)
{
	return read_number(reader, 0, INT64_MAX, &reader->policy->floor);
}

static int read_raise_floor(struct reader *reader)
{
	static const char *const words[] = {
		[POLICY_RAISE_NO] = "no",
		[POLICY_RAISE_PREVIOUS] = "previous",
		[POLICY_RAISE_CURRENT] = "current",
		NULL,
	};
	int r = read_choice(reader, words, "must be no, previous or current");

	if (r < 0)
		return r;
	reader->policy->raise_floor = (enum policy_raise)r;
	return 0;
}

static int read_tries(struct reader *reader)
{
	return read_number32(reader, 1, MAX_TRIES, &reader->policy->tries);
}

static int read_confirm(struct reader *reader)
{
	static const char *const words[] = {
		[POLICY_CONFIRM_MANUAL] = "manual",
		[POLICY_CONFIRM_AFTER] = "after",
		[POLICY_CONFIRM_CHECK] = "check",
		[POLICY_CONFIRM_HEALTHY] = "healthy",
		NULL,
	};
	struct policy *policy = reader->policy;
	int r = read_choice(reader, words,
			    "must be manual, after SECONDS, healthy "
			    "SECONDS or check PATH");

	if (r < 0)
		return r;
	policy->confirm = (enum policy_confirm)r;
	if (policy->confirm == POLICY_CONFIRM_AFTER ||
	    policy->confirm == POLICY_CONFIRM_HEALTHY)
		return read_number32(reader, 1, MAX_SECONDS, &policy->confirm_after_s);
	if (policy->confirm == POLICY_CONFIRM_CHECK)
		return read_path(reader, policy->confirm_check);
	return 0;
}

static int read_on_failure(struct reader *reader)
{
	static const char *const words[] = {
		[POLICY_REBOOT] = "reboot",
		[POLICY_POWEROFF] = "poweroff",
		[POLICY_HALT] = "halt",
		[POLICY_RESCUE] = "rescue",
		NULL,
	};
	struct policy *policy = reader->policy;
	int r = read_choice(reader, words,
			    "must be reboot [SECONDS], poweroff, halt or rescue");

	if (r < 0)
		return r;
	policy->on_failure = (enum policy_failure)r;
	if (policy->on_failure == POLICY_REBOOT && reader->lines.value_size)
		return read_number32(reader, 0, MAX_SECONDS, &policy->on_failure_delay_s);
	return 0;
}

static int read_guard(struct reader *reader)
{
	static const char *const words[] = { "verity", "hash", NULL };
	int r = read_choice(reader, words, "must be verity or hash");

	if (r < 0)
		return r;
	reader->policy->hash_will_do = r;
	return 0;
}

static int read_verity(struct reader *reader)
{
	static const char *const words[] = { "eio", "panic", NULL };
	int r = read_choice(reader, words, "must be eio or panic");

	if (r < 0)
		return r;
	reader->policy->verity_panic = r;
	return 0;
}

static int read_watchdog(struct reader *reader)
{
	struct policy *policy = reader->policy;
	int r = read_path(reader, policy->watchdog);

	if (r < 0)
		return r;
	if (strncmp(policy->watchdog, "/dev/", 5) != 0)
		return bad(reader, "must be a path in /dev");
	if (reader->lines.value_size)
		return read_number32(reader, 1, MAX_SECONDS, &policy->watchdog_timeout_s);
	return 0;
}

static int read_allow(struct reader *reader)
{
	/* In the order of enum policy_allow. */
	static const char *const words[] = { "debug",  "use",  "store",
					     "rescue", "exec", NULL };

	do {
		int r = read_choice(reader, words,
				    "must name debug, use, store, rescue or exec");

		if (r < 0)
			return r;
		if (reader->policy->allow & 1U << r)
			return bad(reader, "a word stands there twice");
		reader->policy->allow |= 1U << r;
	} while (reader->lines.value_size);
	return 0;
}

static int read_boot_slot(struct reader *reader)
{
	char(*slots)[POLICY_WORD_SIZE] = reader->policy->boot_slots;

	if (slots[1][0])
		return bad(reader, "stands there more than twice");
	return read_source(reader, slots[slots[0][0] != '\0']);
}

static int read_boot_loader(struct reader *reader)
{
	static const char *const words[] = {
		[POLICY_LOADER_NONE] = "", /* no word is */
		[POLICY_LOADER_SECTOR] = "sector",   [POLICY_LOADER_EFI] = "efi",
		[POLICY_LOADER_GRUBENV] = "grubenv", [POLICY_LOADER_RPI] = "rpi",
		[POLICY_LOADER_HELPER] = "helper",   NULL,
	};
	struct policy *policy = reader->policy;
	int r = read_choice(reader, words,
			    "must be sector, grubenv or rpi SOURCE, efi or helper PATH");

	if (r < 0)
		return r;
	policy->boot_loader = (enum policy_loader)r;
	if (r == POLICY_LOADER_EFI)
		return 0;
	return r == POLICY_LOADER_HELPER ? read_path(reader, policy->boot_loader_arg)
					 : read_source(reader, policy->boot_loader_arg);
}

static int read_secret(struct reader *reader)
{
	static const char *const words[] = { "helper", NULL };
	int r = read_choice(reader, words, "must be helper PATH");

	return r < 0 ? r : read_path(reader, reader->policy->secret);
}

/* A number is a size, and no source begins with a digit. */
static int read_encrypted(struct reader *reader)
{
	struct policy *policy = reader->policy;
	char *text = policy->encrypted;
	int r = read_word(reader, text, POLICY_WORD_SIZE);

	if (r < 0)
		return r;
	if (*text < '0' || *text > '9')
		return check_source(reader, text);
	r = str_size_parse(text, strlen(text), "KMGT", &policy->encrypted_bytes);
	*text = '\0';
	if (r < 0 || policy->encrypted_bytes < POLICY_ENCRYPTED_LEAST)
		return bad(reader, "must be a source or 16M or more");
	policy->encrypted_bytes &= ~(uint64_t)4095;
	return 0;
}

static int read_channel_key(struct reader *reader)
{
	struct key_line *key = &reader->policy->channel_key;
	int r = key_line_read(&reader->lines, reader->key, key, reader->err);

	reader->lines.value_size = 0; /* which is all of it */
	if (r == 0 && !key_kind_is_key(key->kind, key->bytes, key->size))
		return bad(reader, "is not a public key");
	return r;
}

static const struct policy_key {
	char name[16];
	bool required;
	int (*read)(struct reader *reader);
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

static int read_line(struct reader *reader, unsigned int *seen)
{
	for (unsigned int i = 0; i < KEYS; i++) {
		int r;

		if (!lines_is(&reader->lines, keys[i].name))
			continue;
		reader->key = keys[i].name;
		if (*seen & 1U << i && keys[i].read != read_boot_slot)
			return bad(reader, "stands there twice");
		*seen |= 1U << i;
		r = keys[i].read(reader);
		if (r == 0 && reader->lines.value_size)
			return bad(reader, "has words after its value");
		return r;
	}
	return lines_bad(&reader->lines, reader->err, "unknown key `%.*s`",
			 (int)(reader->lines.key_size > 32 ? 32 : reader->lines.key_size),
			 reader->lines.key);
}

/* What is written to a slot, or encrypted, must be nobody else's. */
static int check_places(const struct policy *policy, struct err *err)
{
	const char *const sources[] = { policy->boot_slots[0],	 policy->boot_slots[1],
					policy->boot_loader_arg, policy->encrypted,
					policy->store,		 policy->state,
					policy->factory };
	const size_t ours = BOOT_SLOTS + 2, count = sizeof(sources) / sizeof(sources[0]);

	for (size_t i = 0; i < ours; i++)
		for (size_t j = i + 1; j < count; j++)
			if (sources[i][0] && strcmp(sources[i], sources[j]) == 0)
				return err_set(err, -EBADMSG, "`%s` is named twice",
					       sources[i]);
	return 0;
}

/* Each needs the others. */
static int check_together(const struct policy *policy, struct err *err)
{
	bool encrypts = policy->encrypted[0] || policy->encrypted_bytes;

	if (encrypts != (policy->secret[0] != '\0'))
		return err_set(err, -EBADMSG, "secret and encrypted go together");
	if (!policy->boot_slots[0][0] && !policy->boot_loader)
		return 0;
	if (!policy->boot_slots[1][0] || !policy->boot_loader)
		return err_set(
			err, -EBADMSG,
			"%s is missing: two boot-slot, a and b, go with a boot-loader",
			policy->boot_slots[1][0] ? "boot-loader" : "a boot-slot");
	return 0;
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
	struct reader reader = { .policy = ret_policy, .err = err };
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
	r = check_together(ret_policy, err);
	if (r == 0)
		r = check_places(ret_policy, err);
	return r < 0 ? r : policy_source_check_ubi(ret_policy, err);
}
