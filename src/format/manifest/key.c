/* SPDX-License-Identifier: Apache-2.0 */
#include "format/manifest/key.h"

#include <string.h>

#include "format/manifest/check.h"

#define AT(field) .value = offsetof(struct manifest, field)
#define LIST(field, counter, limit) \
	AT(field), .count = offsetof(struct manifest, counter), .most = (limit)
#define OPEN(...) __VA_ARGS__
#ifdef MANIFEST_SUPERVISED
#define SUPERVISED(...) __VA_ARGS__
#define UNREAD(...)
#define WRONG_SUPERVISED(function) .wrong = (function)
#else
#define SUPERVISED(...)
#define UNREAD(...) __VA_ARGS__
#define WRONG_SUPERVISED(function) .wrong = NULL
#endif

const struct manifest_key manifest_keys[MANIFEST_KEYS] = {
#define KEY(id, key, json, words, reading, option) { .name = (key), OPEN reading },
#define KEY_SUPERVISED(id, key, json, words, reading, option) \
	SUPERVISED({ .name = (key), .supervised = true, OPEN reading }, )
#define KEY_SET(id, key, json, words, reading) \
	SUPERVISED({ .name = (key), .place = MANIFEST_IN_SETS, OPEN reading }, )
#include "format/manifest/keys.def"
};

const char manifest_keys_unread[] = ""
#define KEY(id, key, ...)
#define KEY_SUPERVISED(id, key, ...) UNREAD(key "\0")
#define KEY_SET(id, key, ...) UNREAD(key "\0")
#include "format/manifest/keys.def"
	;

const char manifest_upper_words[3][8] = {
	[MANIFEST_UPPER_TMPFS] = "tmpfs",
	[MANIFEST_UPPER_PERSIST] = "persist",
	[MANIFEST_UPPER_NONE] = "none",
};

const char manifest_restart_words[3][12] = {
	[MANIFEST_RESTART_ALWAYS] = "always",
	[MANIFEST_RESTART_NO] = "no",
	[MANIFEST_RESTART_ON_FAILURE] = "on-failure",
};

void manifest_key_defaults(struct manifest *manifest)
{
	for (unsigned int i = 0; i < MANIFEST_KEYS; i++) {
		const struct manifest_key *key = &manifest_keys[i];
		void *value = (char *)manifest + key->value;

		if (key->shape == MANIFEST_TEXT)
			*(const char **)value =
				key->text_default ? key->text_default : "";
		else if (key->shape == MANIFEST_NUMBER)
			*(uint64_t *)value = key->number_default;
		else if (key->shape == MANIFEST_CHOICE)
			*(unsigned int *)value = key->number_default;
	}
}

bool manifest_key_fits(const struct manifest *manifest, const struct manifest_key *key)
{
	if (manifest->run == MANIFEST_RUN_SET)
		return key->place != MANIFEST_IN_IMAGES;
	return key->place != MANIFEST_IN_SETS &&
	       !(key->supervised && manifest->run == MANIFEST_RUN_EXEC);
}

const char *manifest_key_choice(const struct manifest_key *key, unsigned int choice,
				size_t *ret_size)
{
	const char *word = key->choices;

	for (; *word; choice--) {
		size_t size = strcspn(word, ", ");

		if (choice == 0) {
			*ret_size = size;
			return word;
		}
		word += size;
		word += *word == ',' ? 2 : *word ? 4 : 0; /* ", " or " or " */
	}
	return NULL;
}
