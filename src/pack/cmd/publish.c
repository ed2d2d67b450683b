/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "pack/image/bundle.h"
#include "pack/image/place.h"
#include "pack/image/registry.h"

enum {
	OPT_NAME,
	OPT_TAG,
	OPT_CHANNEL,
	OPT_IMAGE,
	OPT_FROM,
};

static const struct cmd_option options[] = {
	[OPT_NAME] = { "name", 0, "NAME",
		       "what it is called there, such as acme/gateway" },
	[OPT_TAG] = { "tag", 't', "TAG", "instead of its version" },
	[OPT_CHANNEL] = { "channel", 0, "FILE", "a channel's word to go with it" },
	[OPT_IMAGE] = { "image", 0, "ID",
			"which image, if the store holds several; may be shortened" },
	[OPT_FROM] = { "from", 0, "OLD",
		       "bring deltas from this older image; may be repeated" },
	{ 0 },
};

struct request {
	const char *root, *name, *tag, *channel, *prefix;
	const char *froms[DELTAS_MAX_COUNT];
	size_t from_count;
};

/* What registries take: parts of [a-z0-9] with single separators, joined by "/". */
static bool is_name(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	bool was_plain = false;

	for (; *name; name++) {
		bool is_plain = strchr(plain, *name);

		if (!is_plain && (!strchr("._-/", *name) || !was_plain))
			return false;
		was_plain = is_plain;
	}
	return was_plain;
}

static int make_dirs(const char *path, struct err *err)
{
	char part[PATH_MAX];

	for (size_t size = 1; path[size - 1]; size++) {
		if (path[size] && path[size] != '/')
			continue;
		if (size >= sizeof(part))
			return err_errno(err, -ENAMETOOLONG, "%s", path);
		memcpy(part, path, size);
		part[size] = '\0';
		if (mkdir(part, 0777) < 0 && errno != EEXIST)
			return err_errno(err, -errno, "%s", part);
	}
	return 0;
}

/* The tag is what leads to the rest: it comes last. */
static int put_manifest(int dir, const char *manifest, const char *tag, struct err *err)
{
	char name[NAME_MAX];
	struct digest hash;
	size_t size = strlen(manifest);
	int r = sha256_of(manifest, size, &hash);

	if (r < 0)
		return err_errno(err, r, "sha256");
	(void)snprintf(name, sizeof(name), "manifests/sha256:%s", DIGEST_HEX(&hash));
	r = registry_write_text(dir, name, manifest, size, err);
	(void)snprintf(name, sizeof(name), "manifests/%s", tag);
	return r < 0 ? r : registry_write_text(dir, name, manifest, size, err);
}

static int fill(const struct place *place, const char *from, const char *path,
		const char *tag, struct err *err)
{
	__fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct registry to = { .dir = dir, .prefix = "blobs/sha256:" };
	char *manifest = NULL;
	int r;

	if (dir < 0)
		return err_errno(err, -errno, "%s", path);
	if ((mkdirat(dir, "blobs", 0777) < 0 && errno != EEXIST) ||
	    (mkdirat(dir, "manifests", 0777) < 0 && errno != EEXIST))
		return err_errno(err, -errno, "%s", path);
	r = registry_write(&to, place, &manifest, err);
	if (r < 0)
		(void)err_wrap(err, r, "%s", cmd_input_name(from));
	else
		r = put_manifest(dir, manifest, tag, err);
	free(manifest);
	return r;
}

static int publish_place(const struct request *q, const struct place *place,
			 const char *from, struct err *err)
{
	const struct manifest *m = &place->image->manifest;
	const char *name = q->name ? q->name : m->name;
	const char *tag = q->tag ? q->tag : bundle_tag(m->version);
	char path[PATH_MAX];
	int r;

	if (!is_name(name) || strlen(name) > NAME_MAX)
		return err_set(err, -EINVAL,
			       "%s: '%.64s' can't be a name in a registry: say --name",
			       cmd_input_name(from), name);
	if ((size_t)snprintf(path, sizeof(path), "%s/v2/%s", q->root, name) >=
	    sizeof(path))
		return err_errno(err, -ENAMETOOLONG, "%s", q->root);
	r = make_dirs(path, err);
	if (r == 0)
		r = fill(place, from, path, tag, err);
	if (r == 0)
		printf("%s %s:%s\n", DIGEST_HEX(&place->image->id), name, tag);
	return r;
}

static int publish(const struct request *q, const char *from, struct err *err)
{
	__delta_list struct delta_list deltas = { .count = 0 };
	__place struct place place = PLACE_INIT;
	int r = place_open(&place, from, q->prefix, err);

	if (r < 0)
		return r;
	place.image->deltas = &deltas;
	for (size_t i = 0; r == 0 && i < q->from_count; i++)
		r = delta_list_add(&deltas, q->froms[i], &place, err);
	if (r == 0 && q->channel)
		r = registry_add_channel(place.image, q->channel, err);
	if (r == 0)
		r = publish_place(q, &place, from, err);
	return r;
}

static int publish_run(struct cmd_line *line, struct err *err)
{
	struct request q = { .name = NULL };
	const char **const fields[] = {
		[OPT_NAME] = &q.name,
		[OPT_TAG] = &q.tag,
		[OPT_CHANNEL] = &q.channel,
		[OPT_IMAGE] = &q.prefix,
	};
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0)
		if (option != OPT_FROM)
			*fields[option] = line->value;
		else if (q.from_count < DELTAS_MAX_COUNT)
			q.froms[q.from_count++] = line->value;
	if (r == 0)
		r = cmd_operands(line, 2, -1, err);
	if (r < 0)
		return r;
	if (q.name && !is_name(q.name))
		return cmd_usage(err, "publish: --name %s: not a name in a registry",
				 q.name);
	if (q.tag && strcmp(bundle_tag(q.tag), q.tag) != 0)
		return cmd_usage(err, "publish: --tag %s: not a tag", q.tag);
	if (line->argc - line->at > 2 &&
	    (q.name || q.tag || q.prefix || q.channel || q.from_count))
		return cmd_usage(err, "publish: its options go with one image");
	q.root = line->argv[line->at];
	for (int i = line->at + 1; r == 0 && i < line->argc; i++)
		r = publish(&q, line->argv[i], err);
	return r;
}

const struct cmd cmd_publish = {
	.name = "publish",
	.args = "DIR STORE|BUNDLE...",
	.help = "Make a directory of images that a web server serves as registry",
	.options = options,
	.run = publish_run,
};
