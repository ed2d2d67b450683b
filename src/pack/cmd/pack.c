/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cmd.h"
#include "pack/cmd/describe.h"
#include "pack/cmd/look.h"
#include "pack/cmd/summary.h"
#include "pack/host/staging.h"
#include "pack/import/cache.h"
#include "pack/import/import.h"
#include "pack/source/source.h"

enum option {
	OPT_OUTPUT,
#define KEY(id, ...) OPT_##id,
#define KEY_INNER(id, ...)
#include "format/manifest/keys.def"
	OPT_PLATFORM,
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

static const struct cmd_option options[] = {
	[OPT_OUTPUT] = { "output", 'o', "DIR", "the store tree to add the image to" },
#define KEY(id, key, json, words, reading, option) [OPT_##id] = { (key), OPEN option },
#define KEY_INNER(id, ...)
#include "format/manifest/keys.def"
	[OPT_PLATFORM] = { "platform", 0, "OS/ARCH", "which image of an index to take" },
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

struct pack {
	const char *output;
	struct source_options source;
	struct describe_options describe;
	struct import_options import;
	struct source_texts excludes;
	struct dir_owner owner;
	bool json, force;
	struct manifest *manifest;
	bool new_privileges_said;
	struct err trap; /* the first reason why no device can start the image */
	struct source *sources;
	size_t source_count;
	struct staging staging;
	struct import_result result;
};

/* Options that are texts: where they go. */
static struct source_texts *texts_of(struct pack *pack, int option)
{
	if (key_of[option])
		return &pack->describe.keys[key_of[option] - 1];
	switch (option) {
	case OPT_ENTRYPOINT:
		return &pack->describe.entrypoint;
	case OPT_CMD:
		return &pack->describe.cmd;
	case OPT_EXCLUDE:
		return &pack->excludes;
	default:
		return NULL;
	}
}

/* A text for the manifest; a number is looked at while the option is known. */
static int take_text(struct pack *pack, const struct cmd_line *line, int option,
		     struct err *err)
{
	const struct manifest_key *key =
		key_of[option] ? &manifest_keys[key_of[option] - 1] : NULL;
	unsigned long long value;
	int r = 0;

	if (key && key->shape == MANIFEST_NUMBER)
		r = cmd_number(line, option, key->least, INT64_MAX, &value, err);
	return r < 0 ? r : source_texts_add(texts_of(pack, option), line->value);
}

static int take_number(struct pack *pack, const struct cmd_line *line, int option,
		       struct err *err)
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
		pack->import.merge = (size_t)value;
	else if (option == OPT_LIMIT_ENTRIES)
		pack->import.limits.entries = value;
	else if (option == OPT_LIMIT_BYTES)
		pack->import.limits.bytes = value;
	else
		pack->import.limits.depth = (uint32_t)value;
	return 0;
}

static int take_owner(struct pack *pack, const char *text, struct err *err)
{
	size_t size = strcspn(text, ":");
	uint64_t uid, gid;

	if (!text[size] || str_number(text, size, &uid) < 0 ||
	    str_number(text + size + 1, strlen(text + size + 1), &gid) < 0 ||
	    uid >= UINT32_MAX || gid >= UINT32_MAX)
		return cmd_usage(err, "pack: --owner: '%s' is not UID:GID, in numbers",
				 text);
	pack->owner = (struct dir_owner){ (uint32_t)uid, (uint32_t)gid };
	pack->import.owner = &pack->owner;
	return 0;
}

static int take_option(struct pack *pack, const struct cmd_line *line, int option,
		       struct err *err)
{
	if (texts_of(pack, option))
		return take_text(pack, line, option, err);
	switch (option) {
	case OPT_OUTPUT:
		pack->output = line->value;
		return 0;
	case OPT_PLATFORM:
		pack->source.platform = line->value;
		return 0;
	case OPT_COMPRESSION:
		return squash_parse_compression(line->value, &pack->import.squash, err) <
				       0
			       ? CMD_USAGE
			       : 0;
	case OPT_BLOCK_SIZE:
		return squash_parse_block_size(line->value, &pack->import.squash, err) < 0
			       ? CMD_USAGE
			       : 0;
	case OPT_OWNER:
		return take_owner(pack, line->value, err);
	case OPT_REPLACE_LINKS:
		pack->import.replace_links = true;
		return 0;
	case OPT_NO_READBACK:
		pack->import.readback = false;
		return 0;
	case OPT_NO_CACHE:
		pack->import.cache = false;
		return 0;
	case OPT_FORCE:
		pack->force = pack->describe.force = true;
		return 0;
	case OPT_JSON:
		pack->json = true;
		return 0;
	default:
		return take_number(pack, line, option, err);
	}
}

static int read_epoch(struct pack *pack, struct err *err)
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
	pack->import.latest = (uint32_t)value;
	return 0;
}

static int read_line(struct pack *pack, struct cmd_line *line, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		r = take_option(pack, line, option, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 1, -1, err);
	if (r == 0 && !pack->output)
		r = cmd_usage(err, "pack: where to? -o DIR");
	pack->source.limit_bytes = pack->import.limits.bytes;
	pack->import.excludes = (const char *const *)pack->excludes.items;
	if (r == 0)
		r = cache_limit(&pack->import.cache_bytes, err);
	return r == 0 ? read_epoch(pack, err) : r;
}

static int open_sources(struct pack *pack, const struct cmd_line *line, struct err *err)
{
	size_t count = (size_t)(line->argc - line->at);
	int r = 0;

	pack->sources = calloc(count, sizeof(*pack->sources));
	if (!pack->sources)
		return err_errno(err, -ENOMEM, "pack");
	while (r == 0 && pack->source_count < count) {
		r = source_open(line->argv[line->at + (int)pack->source_count],
				&pack->source, &pack->sources[pack->source_count], err);
		if (r == 0)
			pack->source_count++;
	}
	return r;
}

/* What a container engine would show and a device will not. */
static void note(const struct pack *pack)
{
	const struct layer_notes *notes = &pack->result.notes;

	if (notes->sockets)
		cmd_note("%llu sockets left out", (unsigned long long)notes->sockets);
	if (notes->foreign_xattrs)
		cmd_note("%llu extended attributes left out (ACLs or system.*): squashfs "
			 "has no place "
			 "for them",
			 (unsigned long long)notes->foreign_xattrs);
	if (notes->roots)
		cmd_note("%llu entries for the root that are no directory left out",
			 (unsigned long long)notes->roots);
	if (notes->behind_end)
		cmd_note("%llu bytes behind a tar's end mark left out, as everybody does",
			 (unsigned long long)notes->behind_end);
	if (notes->times)
		cmd_note(
			"%llu times before 1970 or after 2106 are the nearest that squashfs "
			"has",
			(unsigned long long)notes->times);
	if (notes->outputs)
		cmd_note("%s is in what is packed, and left out: the image goes there",
			 pack->output);
	if (notes->followed)
		cmd_note("%llu directories follow a link below, the first is %s: "
			 "--replace-links makes them directories",
			 (unsigned long long)notes->followed, notes->followed_name);
	if (notes->own)
		cmd_note("%llu files and directories belong to user %u, as they do here: "
			 "--owner 0:0 makes them root's",
			 (unsigned long long)notes->own, (unsigned int)geteuid());
}

/* All but the first reason not to pack it, which the error is to tell. */
static void warn(void *context, bool never, const char *words)
{
	struct pack *pack = context;

	if (!never || pack->force || pack->trap.text[0])
		cmd_note("warning: %s", words);
	else
		(void)err_set(&pack->trap, 0, "%s", words);
}

static int look_at_image(void *context, const struct tree *tree, struct err *err)
{
	struct pack *pack = context;
	const struct look_request request = {
		.tree = tree,
		.manifest = pack->manifest,
		.new_privileges_said = pack->new_privileges_said,
		.temp = pack->staging.temp_fd,
		.tell = warn,
		.context = pack,
	};
	int r = look_for_traps(&request, err);

	if (r == 0 && pack->trap.text[0])
		return err_set(err, -EINVAL,
			       "%s: no device could start it (--force packs it all the "
			       "same)",
			       pack->trap.text);
	return r;
}

static int pack_image(struct pack *pack, const struct cmd_line *line, struct err *err)
{
	static struct manifest manifest;
	static char text[MANIFEST_MAX_SIZE];
	struct staging_image staged = { .manifest = text };
	struct digest id;
	int size, r = open_sources(pack, line, err);

	if (r == 0)
		r = describe_image(pack->sources, pack->source_count, &pack->describe,
				   &manifest, &pack->new_privileges_said, err);
	pack->manifest = &manifest;
	pack->import.look = look_at_image;
	pack->import.context = pack;
	if (r == 0)
		r = staging_open(&pack->staging, pack->output, err);
	if (r == 0)
		r = import_sources(pack->sources, pack->source_count, &pack->import,
				   &pack->staging, &pack->result, err);
	if (r == 0)
		r = describe_layers(&pack->result, &manifest, err);
	if (r < 0)
		return r;
	size = manifest_write(&manifest, text, sizeof(text), err);
	if (size < 0)
		return err_wrap(err, size, "manifest");
	staged.manifest_size = (size_t)size;
	r = staging_commit(&pack->staging, &staged, &id, err);
	if (r < 0)
		return r;
	note(pack);
	return pack->json ? summary_json(&pack->result, &id, err)
			  : (summary_text(&pack->result, &id), 0);
}

static void done(struct pack *pack)
{
	struct describe_options *d = &pack->describe;

	import_done(&pack->result);
	staging_done(&pack->staging);
	for (size_t i = 0; i < pack->source_count; i++)
		source_done(&pack->sources[i]);
	free(pack->sources);
	source_texts_done(&pack->excludes);
	source_texts_done(&d->entrypoint);
	source_texts_done(&d->cmd);
	for (size_t i = 0; i < MANIFEST_KEYS; i++)
		source_texts_done(&d->keys[i]);
}

static int run(struct cmd_line *line, struct err *err)
{
	struct pack pack = {
		.import = {
			.squash = { .compression = "zstd", .block_size = 131072 },
			.limits = { .entries = 4000000, .bytes = SOURCE_LIMIT_BYTES, .depth = 1024 },
			.latest = UINT32_MAX, .readback = true, .cache = true,
		},
		.staging = { .fd = -EBADF, .temp_fd = -EBADF },
		.trap = ERR_INIT,
	};
	int r = read_line(&pack, line, err);

	if (r == 0)
		r = pack_image(&pack, line, err);
	done(&pack);
	return r;
}

const struct cmd cmd_pack = {
	.name = "pack",
	.args = "SOURCE...",
	.help = "Turn images, tars and folders into an image of verified layers",
	.more = "A SOURCE is one of these; of several, the first is at the bottom:\n"
		"  docker://NAME[:TAG]        what skopeo fetches of a registry; also of\n"
		"                             docker-daemon:, containers-storage:, sif:\n"
		"  oci:DIR[:REF]              an OCI layout, as skopeo and umoci make them\n"
		"  oci-archive:FILE[:REF]     the same in one tar\n"
		"  docker-archive:FILE[:REF]  what docker save writes; - is standard input\n"
		"  tar:FILE                   a root file system, or a layer; - as above\n"
		"  dir:PATH                   a folder\n"
		"  squashfs:FILE              a file system image\n",
	.options = options,
	.run = run,
};
