/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/pack-options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "pack/import/cache.h"

enum option {
	OPT_OUTPUT,
#define KEY(id, ...) OPT_##id,
#define KEY_INNER(id, ...)
#include "format/manifest/keys.def"
	OPT_PLATFORM,
	OPT_SECCOMP,
	OPT_BOOT,
	OPT_BOOT_ID,
	OPT_ENTRYPOINT,
	OPT_CMD,
	OPT_MERGE,
	OPT_EXCLUDE,
	OPT_OWNER,
	OPT_REPLACE_LINKS,
	OPT_COMPRESSION,
	OPT_BLOCK_SIZE,
	OPT_NO_READBACK,
	OPT_NO_CACHE,
	OPT_FORCE,
	OPT_LIMIT_ENTRIES,
	OPT_LIMIT_BYTES,
	OPT_LIMIT_DEPTH,
	OPT_JSON,
	OPTIONS,
};

#define OPEN(...) __VA_ARGS__

const struct cmd_option pack_options[] = {
	[OPT_OUTPUT] = { "output", 'o', "DIR", "the store tree to add the image to" },
#define KEY(id, key, json, words, reading, option) [OPT_##id] = { (key), OPEN option },
#define KEY_INNER(id, ...)
#include "format/manifest/keys.def"
	[OPT_PLATFORM] = { "platform", 0, "OS/ARCH", "which image of an index to take" },
	[OPT_SECCOMP] = { "seccomp", 0, "FILE",
			  "other system calls than usual, or none" },
	[OPT_BOOT] = { "boot", 0, "FILE", "a boot blob that comes along (lamina boot)" },
	[OPT_BOOT_ID] = { "boot-id", 0, "ID", "its id, if its initramfs doesn't say it" },
	[OPT_ENTRYPOINT] = { "entrypoint", 0, "WORD",
			     "instead of the image's Entrypoint and Cmd" },
	[OPT_CMD] = { "cmd", 0, "WORD", "instead of the image's Cmd" },
	[OPT_MERGE] = { "merge", 0, "N", "merge neighbours until there are N layers" },
	[OPT_EXCLUDE] = { "exclude", 'x', "GLOB", "leave these paths out" },
	[OPT_OWNER] = { "owner", 0, "UID:GID", "of all in dir: sources" },
	[OPT_REPLACE_LINKS] = { "replace-links", 0, NULL,
				"by one's own directories, as image layers do" },
	[OPT_COMPRESSION] = { "compression", 0, "NAME[:N]",
			      "zstd, gzip, xz, lz4, lzo, none" },
	[OPT_BLOCK_SIZE] = { "block-size", 0, "SIZE", "of squashfs, 4K to 1M (128K)" },
	[OPT_NO_READBACK] = { "no-readback", 0, NULL, "don't compare what was written" },
	[OPT_NO_CACHE] = { "no-cache", 0, NULL, "neither take nor keep finished layers" },
	[OPT_FORCE] = { "force", 0, NULL, "also what no device could start" },
	[OPT_LIMIT_ENTRIES] = { "limit-entries", 0, "N",
				"most entries of a layer (4000000)" },
	[OPT_LIMIT_BYTES] = { "limit-bytes", 0, "N",
			      "most bytes of a layer unpacked (64 GiB)" },
	[OPT_LIMIT_DEPTH] = { "limit-depth", 0, "N", "deepest path (1024)" },
	[OPT_JSON] = { "json", 0, NULL, "the summary as JSON on stdout" },
	{ 0 },
};

/* The key of the manifest that an option is of, and 1; 0 for the others. */
static const unsigned char key_of[OPTIONS] = {
#define KEY(id, ...) [OPT_##id] = MANIFEST_KEY_##id + 1,
#define KEY_INNER(id, ...)
#include "format/manifest/keys.def"
};

void pack_options_init(struct pack_options *ret_options)
{
	*ret_options = (struct pack_options){
		.import = {
			.squash = { .compression = "zstd", .block_size = 131072 },
			.limits = { .entries = 4000000, .bytes = SOURCE_LIMIT_BYTES, .depth = 1024 },
			.latest = UINT32_MAX, .readback = true, .cache = true,
		},
	};
}

/* Options that are texts: where they go. */
static struct source_texts *texts_of(struct pack_options *options, int option)
{
	if (key_of[option])
		return &options->describe.keys[key_of[option] - 1];
	switch (option) {
	case OPT_ENTRYPOINT:
		return &options->describe.entrypoint;
	case OPT_CMD:
		return &options->describe.cmd;
	case OPT_EXCLUDE:
		return &options->excludes;
	default:
		return NULL;
	}
}

/* A text for the manifest; a number is looked at while the option is known. */
static int take_text(struct pack_options *options, const struct cmd_line *line,
		     int option, struct err *err)
{
	const struct manifest_key *key =
		key_of[option] ? &manifest_keys[key_of[option] - 1] : NULL;
	unsigned long long value;
	int r = 0;

	if (key && key->shape == MANIFEST_NUMBER)
		r = cmd_number(line, option, key->least,
			       key->greatest ? key->greatest : INT64_MAX, &value, err);
	return r < 0 ? r : source_texts_add(texts_of(options, option), line->value);
}

static int take_number(struct pack_options *options, const struct cmd_line *line,
		       int option, struct err *err)
{
	unsigned long long value, most = INT64_MAX;
	int r;

	if (option == OPT_LIMIT_DEPTH)
		most = RESOLVE_DEPTH_MAX;
	if (option == OPT_MERGE)
		most = MANIFEST_MAX_LAYERS;
	r = cmd_number(line, option, 1, most, &value, err);
	if (r < 0)
		return r;
	if (option == OPT_MERGE)
		options->import.merge = (size_t)value;
	else if (option == OPT_LIMIT_ENTRIES)
		options->import.limits.entries = value;
	else if (option == OPT_LIMIT_BYTES)
		options->import.limits.bytes = value;
	else
		options->import.limits.depth = (uint32_t)value;
	return 0;
}

static int take_owner(struct pack_options *options, const char *text, struct err *err)
{
	size_t size = strcspn(text, ":");
	uint64_t uid, gid;

	if (!text[size] || str_number(text, size, &uid) < 0 ||
	    str_number(text + size + 1, strlen(text + size + 1), &gid) < 0 ||
	    uid >= UINT32_MAX || gid >= UINT32_MAX)
		return cmd_usage(err, "pack: --owner: '%s' is not UID:GID, in numbers",
				 text);
	options->owner = (struct dir_owner){ (uint32_t)uid, (uint32_t)gid };
	options->import.owner = &options->owner;
	return 0;
}

static int take_option(struct pack_options *options, const struct cmd_line *line,
		       int option, struct err *err)
{
	if (texts_of(options, option))
		return take_text(options, line, option, err);
	switch (option) {
	case OPT_OUTPUT:
		options->output = line->value;
		return 0;
	case OPT_SECCOMP:
		options->describe.seccomp = line->value;
		return 0;
	case OPT_BOOT:
		options->boot.path = line->value;
		return 0;
	case OPT_BOOT_ID:
		options->boot.id = line->value;
		return 0;
	case OPT_PLATFORM:
		options->source.platform = line->value;
		return 0;
	case OPT_COMPRESSION:
		return squash_parse_compression(line->value, &options->import.squash,
						err) < 0
			       ? CMD_USAGE
			       : 0;
	case OPT_BLOCK_SIZE:
		return squash_parse_block_size(line->value, &options->import.squash,
					       err) < 0
			       ? CMD_USAGE
			       : 0;
	case OPT_OWNER:
		return take_owner(options, line->value, err);
	case OPT_REPLACE_LINKS:
		options->import.replace_links = true;
		return 0;
	case OPT_NO_READBACK:
		options->import.readback = false;
		return 0;
	case OPT_NO_CACHE:
		options->import.cache = false;
		return 0;
	case OPT_FORCE:
		options->force = options->describe.force = true;
		return 0;
	case OPT_JSON:
		options->json = true;
		return 0;
	default:
		return take_number(options, line, option, err);
	}
}

static int read_epoch(struct pack_options *options, struct err *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t value;

	if (!text || !*text)
		return 0;
	if (str_number(text, strlen(text), &value) < 0 || value > UINT32_MAX)
		return err_set(err, -EINVAL,
			       "SOURCE_DATE_EPOCH=%s is not a number of seconds up to "
			       "4294967295",
			       text);
	options->import.latest = (uint32_t)value;
	return 0;
}

int pack_options_read(struct pack_options *options, struct cmd_line *line,
		      struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		r = take_option(options, line, option, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 1, -1, err);
	if (r == 0 && !options->output)
		r = cmd_usage(err, "pack: where to? -o DIR");
	if (r == 0)
		r = pack_boot_check(&options->boot, "pack", err);
	options->source.limit_bytes = options->import.limits.bytes;
	options->import.excludes = (const char *const *)options->excludes.items;
	if (r == 0)
		r = cache_limit(&options->import.cache_bytes, err);
	return r == 0 ? read_epoch(options, err) : r;
}

void pack_options_done(struct pack_options *options)
{
	struct describe_options *d = &options->describe;

	source_texts_done(&options->excludes);
	source_texts_done(&d->entrypoint);
	source_texts_done(&d->cmd);
	for (size_t i = 0; i < MANIFEST_KEYS; i++)
		source_texts_done(&d->keys[i]);
}
