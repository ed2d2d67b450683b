/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cmd.h"
#include "format/manifest/key.h"
#include "format/set.h"
#include "pack/cmd/set-copy.h"
#include "pack/cmd/set-pack.h"
#include "pack/compose/compose.h"
#include "pack/host/staging.h"
#include "pack/image/place.h"

enum {
	OPT_OUTPUT,
	OPT_NAME,
	OPT_VERSION,
	OPT_SERIAL,
	OPT_COMPATIBLE,
	OPT_NEEDS,
	OPT_SHARE,
	OPT_NET,
	OPT_HOSTNAME,
	OPT_COMPOSE,
	OPT_LENIENT,
	OPT_FORCE,
	OPTIONS,
};

static const struct cmd_option options[] = {
	[OPT_OUTPUT] = { "output", 'o', "DIR", "the store tree to add the set to" },
	[OPT_NAME] = { "name", 'n', "NAME", "name of the set" },
	[OPT_VERSION] = { "version", 0, "TEXT", "version for people" },
	[OPT_SERIAL] = { "serial", 0, "N", "version for machines; may only grow (1)" },
	[OPT_COMPATIBLE] = { "compatible", 'c', "NAME",
			     "devices it is for (those of the first member)" },
	[OPT_NEEDS] = { "needs", 0, "LINE",
			"'A B [started|healthy|done]': A waits for B" },
	[OPT_SHARE] = { "share", 0, "LINE", "'A:/p B:/q [ro]': B has A's volume, too" },
	[OPT_NET] = { "net", 0, "LINE", "network: '* dhcp', ... (what its members say)" },
	[OPT_HOSTNAME] = { "hostname", 0, "NAME",
			   "of members without one (their names)" },
	[OPT_COMPOSE] = { "compose", 0, "FILE", "the services of a Compose file" },
	[OPT_LENIENT] = { "lenient", 0, NULL,
			  "what a device can't keep of FILE is a note" },
	[OPT_FORCE] = { "force", 0, NULL, "pack also what no device could start" },
	{ 0 },
};

/* Which key of the manifest an option's value is of. */
static const unsigned char key_of[OPTIONS] = {
	[OPT_NAME] = MANIFEST_KEY_name,	    [OPT_VERSION] = MANIFEST_KEY_version,
	[OPT_SERIAL] = MANIFEST_KEY_serial, [OPT_COMPATIBLE] = MANIFEST_KEY_compatible,
	[OPT_NEEDS] = MANIFEST_KEY_needs,   [OPT_SHARE] = MANIFEST_KEY_share,
	[OPT_NET] = MANIFEST_KEY_net,	    [OPT_HOSTNAME] = MANIFEST_KEY_hostname,
};

struct set {
	const char *output;
	struct compose_request request;
	struct compose compose;
	struct manifest manifest;
	struct manifest members[MANIFEST_MAX_MEMBERS];
	struct staging staging;
	struct set_pack pack;
};

static int take_option(struct set *set, const struct cmd_line *line, int option,
		       struct err *err)
{
	const struct manifest_key *key = &manifest_keys[key_of[option]];
	struct err why = ERR_INIT;
	int r;

	switch (option) {
	case OPT_OUTPUT:
		set->output = line->value;
		return 0;
	case OPT_COMPOSE:
		set->request.path = line->value;
		return 0;
	case OPT_LENIENT:
		set->request.lenient = true;
		return 0;
	case OPT_FORCE:
		set->pack.force = true;
		return 0;
	default:
		break;
	}
	/* a list's items are counted behind its last one */
	r = manifest_key_take(&set->manifest, key, line->value, &why);
	return r < 0 ? cmd_usage(err, "set: --%s '%s': %s", options[option].name,
				 line->value, why.text)
		     : 0;
}

/* --- what goes into the store ---------------------------------------------------------- */

/* Layers that members share are there once. */
static int add_layers(struct set *set, const struct place *place, struct err *err)
{
	const struct manifest *member = &place->image->manifest;
	struct manifest *manifest = &set->manifest;

	for (size_t i = 0; i < member->layer_count; i++) {
		int r;

		if (set_layer(manifest, &member->layers[i].blob) < manifest->layer_count)
			continue;
		if (manifest->layer_count == MANIFEST_MAX_LAYERS)
			return err_set(err, -E2BIG, "a set has at most %d layers",
				       MANIFEST_MAX_LAYERS);
		manifest->layers[manifest->layer_count++] = member->layers[i];
		r = set_copy_layer(&set->staging, place, i, err);
		if (r < 0)
			return err_wrap(err, r, "layer %zu", i);
	}
	return 0;
}

/* Unless somebody said so, it is for the devices that its first member is for. */
static void take_compatible(struct set *set)
{
	struct manifest *manifest = &set->manifest;
	const struct manifest *first = &set->members[0];

	if (manifest->compatible_count > 0)
		return;
	memcpy(manifest->compatible, first->compatible, sizeof(manifest->compatible));
	manifest->compatible_count = first->compatible_count;
}

static int add_place(struct set *set, const char *name, const struct place *place,
		     struct err *err)
{
	struct manifest *manifest = &set->manifest;
	const struct image *image = place->image;
	struct manifest_member *member = &manifest->members[manifest->member_count];
	struct digest id;
	int r = sha256_of(image->text, image->size, &id);

	if (r < 0)
		return err_errno(err, r, "its manifest");
	*member = (struct manifest_member){ name, id, image->size };
	r = manifest_parse(image->text, image->size,
			   &set->members[manifest->member_count++], err);
	if (r == 0)
		take_compatible(set);
	if (r == 0)
		r = set_copy_manifest(&set->staging, image, &id, err);
	return r < 0 ? r : add_layers(set, place, err);
}

/* @said: NULL, or what a file says of it. */
static int add_member(struct set *set, const char *name, const char *what,
		      const struct source_texts *said, struct err *err)
{
	__place struct place place = PLACE_INIT;
	int r;

	if (set->manifest.member_count == MANIFEST_MAX_MEMBERS)
		return err_set(err, -E2BIG, "a set has at most %d members",
			       MANIFEST_MAX_MEMBERS);
	r = set_pack_open(&set->pack, name, what, said, &place, err);
	if (r == 0)
		r = add_place(set, strdup(name), &place, err);
	return r < 0 ? err_wrap(err, r, "member %s", name) : 0;
}

static int add_operand(struct set *set, const char *text, struct err *err)
{
	char name[MANIFEST_NAME_SIZE];
	size_t size = strcspn(text, "=");

	(void)snprintf(name, sizeof(name), "%.*s", (int)size, text);
	if (!text[size] || !text[size + 1] || size >= sizeof(name) ||
	    !manifest_name_valid(name))
		return cmd_usage(err,
				 "set: '%s' is not NAME=IMAGE, with a NAME of a-z, 0-9, "
				 "'.', '_' and '-'",
				 text);
	return add_member(set, name, text + size + 1, NULL, err);
}

/* --- members that a file tells of ------------------------------------------------------ */

static int take_lines(struct set *set, enum manifest_key_id id,
		      const struct source_texts *lines, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < lines->count && r == 0; i++)
		r = manifest_key_take(&set->manifest, &manifest_keys[id], lines->items[i],
				      err);
	return r < 0 ? err_wrap(err, r, "%s", set->request.path) : 0;
}

/* Before anything is packed, which takes long: the file as a whole. */
static int read_compose(struct set *set, const struct cmd_line *line, struct err *err)
{
	struct manifest *manifest = &set->manifest;
	int r;

	set->request.sources = (const char *const *)&line->argv[line->at];
	set->request.source_count = (size_t)(line->argc - line->at);
	r = compose_read(&set->request, &set->compose, err);
	if (r < 0)
		return r;
	if (!manifest->name || !*manifest->name)
		manifest->name = set->compose.name;
	if (!manifest->name || !manifest_name_valid(manifest->name))
		return cmd_usage(err, "set: --name is missing");
	r = take_lines(set, MANIFEST_KEY_needs, &set->compose.needs, err);
	return r < 0 ? r : take_lines(set, MANIFEST_KEY_share, &set->compose.shares, err);
}

static int add_services(struct set *set, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < set->compose.service_count && r == 0; i++) {
		const struct compose_service *service = &set->compose.services[i];

		r = add_member(set, service->name, service->source, &service->options,
			       err);
	}
	return r;
}

/* --- the set's own manifest ------------------------------------------------------------ */

static bool has_net(const struct manifest *manifest, const char *line)
{
	for (size_t i = 0; i < manifest->net_count; i++) {
		if (strcmp(manifest->nets[i], line) == 0)
			return true;
	}
	return false;
}

/* What all members want that want any: there is one network for all. */
static void take_nets(struct set *set)
{
	struct manifest *manifest = &set->manifest;

	for (size_t i = 0; i < manifest->member_count; i++) {
		const struct manifest *member = &set->members[i];

		for (size_t k = 0; k < member->net_count; k++) {
			if (strcmp(member->nets[k], "none") != 0 &&
			    !has_net(manifest, member->nets[k]) &&
			    manifest->net_count < MANIFEST_MAX_NETS)
				manifest->nets[manifest->net_count++] = member->nets[k];
		}
	}
}

static int check_members(const struct set *set, struct err *err)
{
	const struct manifest *manifest = &set->manifest;

	for (size_t i = 0; i < manifest->member_count; i++) {
		int r = set_check_member(manifest, i, &set->members[i], err);

		if (r < 0)
			return err_wrap(err, r, "member %s", manifest->members[i].name);
	}
	return 0;
}

static int describe(struct set *set, bool nets, struct err *err)
{
	struct manifest *manifest = &set->manifest;

	manifest->run = MANIFEST_RUN_SET;
	manifest->min_init = MANIFEST_SET_LEVEL;
	manifest->arch = set->members[0].arch;
	if (!nets)
		take_nets(set);
	return check_members(set, err);
}

static int commit(struct set *set, struct err *err)
{
	static char text[MANIFEST_MAX_SIZE];
	struct staging_image staged = { .manifest = text };
	struct digest id;
	int r = manifest_write(&set->manifest, text, sizeof(text), err);

	if (r < 0)
		return err_wrap(err, r, "manifest");
	staged.manifest_size = (size_t)r;
	r = staging_commit(&set->staging, &staged, &id, err);
	if (r >= 0)
		puts(DIGEST_HEX(&id));
	return r < 0 ? r : 0;
}

static int make_set(struct set *set, const struct cmd_line *line, struct err *err)
{
	bool nets = set->manifest.net_count > 0;
	int r = set->request.path ? read_compose(set, line, err) : 0;

	if (r == 0)
		r = staging_open(&set->staging, set->output, err);
	if (r == 0 && set->request.path)
		r = add_services(set, err);
	for (int i = line->at; !set->request.path && r == 0 && i < line->argc; i++)
		r = add_operand(set, line->argv[i], err);
	if (r == 0)
		r = describe(set, nets, err);
	return r < 0 ? r : commit(set, err);
}

static int read_line(struct set *set, struct cmd_line *line, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		r = take_option(set, line, option, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, set->request.path ? 0 : 1, -1, err);
	if (r == 0 && !set->output)
		r = cmd_usage(err, "set: where to? -o DIR");
	if (r == 0 && set->request.lenient && !set->request.path)
		r = cmd_usage(err, "set: --lenient goes with --compose");
	if (r == 0 && !set->request.path && (!set->manifest.name || !*set->manifest.name))
		r = cmd_usage(err, "set: --name is missing");
	return r;
}

static int run(struct cmd_line *line, struct err *err)
{
	static struct set set = { .staging = { .fd = -EBADF, .temp_fd = -EBADF } };
	int r;

	set.pack.set = &set.manifest;
	manifest_init(&set.manifest);
	set.manifest.serial = 1;
	r = read_line(&set, line, err);
	if (r == 0)
		r = make_set(&set, line, err);
	staging_done(&set.staging);
	set_pack_done(&set.pack);
	compose_done(&set.compose);
	for (size_t i = 0; i < set.manifest.member_count; i++)
		free((char *)(uintptr_t)set.manifest.members[i].name);
	return r;
}

const struct cmd cmd_set = {
	.name = "set",
	.args = "[NAME=IMAGE...]",
	.help = "Put several images together that are signed and updated as one",
	.more = "An IMAGE is one of these:\n"
		"  STORE or BUNDLE   what lamina pack has made\n"
		"  SOURCE            what it would make of that, docker://nginx for instance\n"
		"With --compose, NAME=SOURCE is in place of that service's image.\n",
	.options = options,
	.run = run,
};
