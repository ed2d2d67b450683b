/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"
#include "format/manifest.h"
#include "format/manifest/check.h"
#include "format/manifest/health.h"
#include "format/manifest/key.h"
#include "format/manifest/log.h"
#include "format/set.h"
#include "format/verity.h"

struct writer {
	const struct manifest *manifest;
	struct err *err;
	struct str *text;
};

static int refuse(const struct writer *writer, const struct manifest_key *key,
		  const char *words)
{
	return err_set(writer->err, -EINVAL, "%s: %s", key->name, words);
}

static const void *value_of(const struct writer *writer, const struct manifest_key *key)
{
	return (const char *)writer->manifest + key->value;
}

static int write_one_text(struct writer *writer, const struct manifest_key *key,
			  const char *text)
{
	const char *words = !text	 ? "is not filled in"
			    : key->wrong ? key->wrong(text)
					 : NULL;

	if (words)
		return refuse(writer, key, words);
	str_add(writer->text, key->name);
	str_add(writer->text, *text ? " " : "");
	lines_encode(writer->text, text, true);
	str_add(writer->text, "\n");
	return 0;
}

static int write_text(struct writer *writer, const struct manifest_key *key, size_t index)
{
	const char *const *text = value_of(writer, key);

	(void)index;
	if (key->may_be_empty && *text && !**text)
		return 0;
	return write_one_text(writer, key, *text);
}

static int write_texts(struct writer *writer, const struct manifest_key *key,
		       size_t index)
{
	const char *const *texts = value_of(writer, key);

	return write_one_text(writer, key, texts[index]);
}

static int write_number(struct writer *writer, const struct manifest_key *key,
			size_t index)
{
	uint64_t number = *(const uint64_t *)value_of(writer, key);

	(void)index;
	if (number < key->least || number > (key->greatest ? key->greatest : INT64_MAX))
		return refuse(writer, key, "is out of range");
	str_addf(writer->text, "%s %" PRIu64 "\n", key->name, number);
	return 0;
}

static int write_percent(struct writer *writer, const struct manifest_key *key,
			 size_t index)
{
	uint64_t percent = *(const uint64_t *)value_of(writer, key);

	(void)index;
	if (percent > MANIFEST_MOST_PERCENT)
		return refuse(writer, key, "is out of range");
	if (percent)
		str_addf(writer->text, "%s %" PRIu64 "%%\n", key->name, percent);
	return 0;
}

static int write_layer(struct writer *writer, const struct manifest_key *key,
		       size_t index)
{
	const struct manifest_layer *layer = &writer->manifest->layers[index];
	char blob[65], root[65];
	struct err err = ERR_INIT;

	if (verity_layout_check(layer->size_bytes, layer->data_bytes, &err) < 0)
		return refuse(writer, key, err.text);
	digest_hex(&layer->blob, blob);
	digest_hex(&layer->root, root);
	str_addf(writer->text,
		 "layer sha256:%s size %" PRIu64 " data %" PRIu64 " verity %s\n", blob,
		 layer->size_bytes, layer->data_bytes, root);
	return 0;
}

/* Options as words of the line. */
static void add_options(struct writer *writer, const char *options)
{
	str_add(writer->text, *options ? " " : "");
	for (; *options; options++)
		str_add_bytes(writer->text, *options == ',' ? " " : options, 1);
	str_add(writer->text, "\n");
}

static int write_member(struct writer *writer, const struct manifest_key *key,
			size_t index)
{
	const struct manifest_member *member = &writer->manifest->members[index];
	const char *words =
		member->name ? manifest_wrong_name(member->name) : "is not filled in";
	char digest[DIGEST_HEX_SIZE];

	if (!words && (member->size_bytes == 0 || member->size_bytes > MANIFEST_MAX_SIZE))
		words = "a manifest has 1 to 65536 bytes";
	if (words)
		return refuse(writer, key, words);
	str_addf(writer->text, "member %s sha256:%s size %" PRIu64 "\n", member->name,
		 digest_hex(&member->digest, digest), member->size_bytes);
	return 0;
}

static int write_boot(struct writer *writer, const struct manifest_key *key, size_t index)
{
	const struct manifest_boot *boot = &writer->manifest->boot;
	char digest[DIGEST_HEX_SIZE];

	(void)index;
	if (!boot->id[0]) /* there is none */
		return 0;
	if (!boot_id_valid(boot->id, strnlen(boot->id, sizeof(boot->id))) ||
	    boot->size == 0 || boot->size > INT64_MAX)
		return refuse(writer, key, "is not filled in");
	str_addf(writer->text, "boot %s sha256:%s size %" PRIu64 "\n", boot->id,
		 digest_hex(&boot->blob, digest), boot->size);
	return 0;
}

static int write_upper(struct writer *writer, const struct manifest_key *key,
		       size_t index)
{
	const struct manifest *manifest = writer->manifest;
	const char *options = manifest->upper_options ? manifest->upper_options : "";
	const char *words = manifest_wrong_options(options, MANIFEST_OF_UPPER);

	(void)index;
	if (manifest->upper > MANIFEST_UPPER_NONE)
		return refuse(writer, key, "is not filled in");
	if (*options && manifest->upper != MANIFEST_UPPER_TMPFS)
		words = "only tmpfs takes options";
	if (words)
		return refuse(writer, key, words);
	str_addf(writer->text, "upper %s", manifest_upper_words[manifest->upper]);
	add_options(writer, options);
	return 0;
}

static int write_volume(struct writer *writer, const struct manifest_key *key,
			size_t index)
{
	const struct manifest_volume *volume = &writer->manifest->volumes[index];
	const char *options = volume->options ? volume->options : "";
	const char *words =
		volume->path ? manifest_wrong_volume(volume->path) : "is not filled in";

	if (!words)
		words = manifest_wrong_options(options, volume->persist
								? MANIFEST_OF_PERSIST
								: MANIFEST_OF_TMPFS);
	if (words)
		return refuse(writer, key, words);
	str_add(writer->text, "volume ");
	lines_encode(writer->text, volume->path, false);
	str_add(writer->text, volume->persist ? " persist" : " tmpfs");
	add_options(writer, options);
	return 0;
}

static int write_choice(struct writer *writer, const struct manifest_key *key,
			size_t index)
{
	const unsigned int *choice = value_of(writer, key);
	size_t size = 0;
	const char *word = manifest_key_choice(key, *choice, &size);

	(void)index;
	if (!word)
		return refuse(writer, key, "is not filled in");
	str_addf(writer->text, "%s %.*s\n", key->name, (int)size, word);
	return 0;
}

static int write_restart(struct writer *writer, const struct manifest_key *key,
			 size_t index)
{
	const struct manifest *manifest = writer->manifest;

	(void)index;
	if (manifest->restart > MANIFEST_RESTART_ON_FAILURE)
		return refuse(writer, key, "is not filled in");
	str_addf(writer->text, "restart %s", manifest_restart_words[manifest->restart]);
	if (manifest->restart == MANIFEST_RESTART_ON_FAILURE && manifest->restart_most)
		str_addf(writer->text, ":%" PRIu64, manifest->restart_most);
	str_add(writer->text, "\n");
	return 0;
}

static int write_health(struct writer *writer, const struct manifest_key *key,
			size_t index)
{
	(void)key;
	(void)index;
	manifest_write_health(&writer->manifest->health, writer->text);
	return 0;
}

static int write_log(struct writer *writer, const struct manifest_key *key, size_t index)
{
	int r = manifest_write_log(&writer->manifest->log, writer->text);

	(void)index;
	return r < 0 ? refuse(writer, key, "is not filled in") : 0;
}

static int (*const writers[MANIFEST_SHAPES])(struct writer *writer,
					     const struct manifest_key *key,
					     size_t index) = {
	[MANIFEST_TEXT] = write_text,	    [MANIFEST_TEXTS] = write_texts,
	[MANIFEST_PERCENT] = write_percent, [MANIFEST_NUMBER] = write_number,
	[MANIFEST_CHOICE] = write_choice,   [MANIFEST_LAYER] = write_layer,
	[MANIFEST_UPPER] = write_upper,	    [MANIFEST_VOLUME] = write_volume,
	[MANIFEST_RESTART] = write_restart, [MANIFEST_HEALTH] = write_health,
	[MANIFEST_LOG] = write_log,	    [MANIFEST_MEMBER] = write_member,
	[MANIFEST_BOOT] = write_boot,
};

size_t manifest_key_count(const struct manifest *manifest, const struct manifest_key *key)
{
	const void *count = (const char *)manifest + key->count;

	if (!manifest_key_fits(manifest, key))
		return 0;
	/* nobody stops a program that is executed; once every image had a signal for it */
	if (key == &manifest_keys[MANIFEST_KEY_stop_signal] &&
	    manifest->run == MANIFEST_RUN_EXEC &&
	    strcmp(manifest->stop_signal, key->text_default) == 0)
		return 0;
	/* without a check, nothing about when */
	if (manifest->health_arg_count == 0 &&
	    (key->shape == MANIFEST_HEALTH ||
	     key->value == offsetof(struct manifest, unhealthy)))
		return 0;
	if (key->shape == MANIFEST_BOOT)
		return manifest->boot.id[0] != '\0';
	return key->most ? *(const size_t *)count : 1;
}

int manifest_key_write(const struct manifest *manifest, const struct manifest_key *key,
		       size_t index, struct str *text, struct err *err)
{
	struct writer writer = { .manifest = manifest, .err = err, .text = text };

	return writers[key->shape](&writer, key, index);
}

static int write_key(struct writer *writer, const struct manifest_key *key)
{
	size_t count = manifest_key_count(writer->manifest, key);

	if (count == 0 && key->required && manifest_key_fits(writer->manifest, key))
		return refuse(writer, key, "is missing");
	if (key->most && count > key->most)
		return err_set(writer->err, -EINVAL, "%s: more than %u of them",
			       key->name, key->most);
	for (size_t i = 0; i < count; i++) {
		int r = writers[key->shape](writer, key, i);
		const char *words;

		if (r < 0)
			return r;
		words = key->most && key->clash ? key->clash(writer->manifest, i) : NULL;
		if (words)
			return refuse(writer, key, words);
	}
	return 0;
}

int manifest_write(const struct manifest *manifest, char *ret_text, size_t size,
		   struct err *err)
{
	struct str text;
	struct writer writer = { .manifest = manifest, .err = err, .text = &text };
	int r;

	if (size == 0)
		return err_set(err, -ENAMETOOLONG, "no room for a manifest");
	r = set_check(manifest, err);
	if (r < 0)
		return r;
	str_init(&text, ret_text, size);
	str_add(&text, "lamina 1\n");
	for (unsigned int i = 0; i < MANIFEST_KEYS; i++) {
		r = write_key(&writer, &manifest_keys[i]);
		if (r < 0)
			return r;
	}
	if (str_done(&text) < 0 || text.used > MANIFEST_MAX_SIZE)
		return err_set(err, -ENAMETOOLONG, "a manifest has at most %zu bytes",
			       size <= MANIFEST_MAX_SIZE ? size - 1
							 : (size_t)MANIFEST_MAX_SIZE);
	return (int)text.used;
}
