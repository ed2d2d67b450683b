/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cmd.h"
#include "format/manifest/key.h"
#include "pack/cmd/set-build.h"
#include "pack/cmd/set-file.h"
#include "pack/cmd/set-members.h"
#include "pack/compose/compose.h"

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
	OPT_OPTION,
	OPT_BOOT,
	OPT_BOOT_ID,
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
	[OPT_OPTION] = { "option", 0, "LINE",
			 "'A OPTION VALUE': of lamina pack, for member A" },
	[OPT_BOOT] = { "boot", 0, "FILE", "a boot blob that comes along (lamina boot)" },
	[OPT_BOOT_ID] = { "boot-id", 0, "ID", "its id, if its initramfs doesn't say it" },
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
	const char *file;
	struct compose_request request;
	struct compose compose;
	struct source_texts
		options; /* lines `option`, for whoever is a member in the end */
	struct set_members members;
	struct set_file said;
	struct set_build build;
};

static int take_key(struct set *set, const struct cmd_line *line, int option,
		    struct err *err)
{
	const struct manifest_key *key = &manifest_keys[key_of[option]];
	struct err why = ERR_INIT;
	int r;

	set->said.said[key_of[option]] = true;
	/* a list's items are counted behind its last one */
	r = manifest_key_take(&set->build.manifest, key, line->value, &why);
	return r < 0 ? cmd_usage(err, "set: --%s '%s': %s", options[option].name,
				 line->value, why.text)
		     : 0;
}

static int take_option(struct set *set, const struct cmd_line *line, int option,
		       struct err *err)
{
	switch (option) {
	case OPT_OUTPUT:
		set->output = line->value;
		return 0;
	case OPT_BOOT:
		set->build.boot.path = line->value;
		return 0;
	case OPT_BOOT_ID:
		set->build.boot.id = line->value;
		return 0;
	case OPT_COMPOSE:
		set->request.path = line->value;
		return 0;
	case OPT_LENIENT:
		set->request.lenient = true;
		return 0;
	case OPT_FORCE:
		set->build.pack.force = true;
		return 0;
	case OPT_OPTION:
		return source_texts_add(&set->options, line->value);
	default:
		return take_key(set, line, option, err);
	}
}

/* --- members, by who tells of them ----------------------------------------------------- */

/* NAME=IMAGE: a member, or where a file tells of the members, what one of them is made of. */
static int add_operand(struct set *set, const char *text, struct err *err)
{
	size_t size = strcspn(text, "=");
	const char *image = text + size + 1;
	struct set_member *member;
	struct err why = ERR_INIT;
	int r;

	if (!text[size] || !*image)
		return cmd_usage(err, "set: '%s' is not NAME=IMAGE, and no file of a set",
				 text);
	if (set->file) {
		member = set_members_find(&set->members, text, size);
		if (!member)
			return err_set(err, -EINVAL, "'%s': %s has no such member", text,
				       set->file);
		source_texts_done(&member->sources);
	} else {
		r = set_members_add(&set->members, text, size, &why);
		if (r < 0)
			return cmd_usage(err, "set: '%s': %s", text, why.text);
		member = &set->members.items[set->members.count - 1];
	}
	r = source_texts_add(&member->sources, image);
	return r < 0 ? err_errno(err, r, "%s", text) : 0;
}

static int add_operands(struct set *set, const struct cmd_line *line, struct err *err)
{
	int r = 0;

	for (int i = line->at; r == 0 && i < line->argc; i++) {
		if (line->argv[i] != set->file)
			r = add_operand(set, line->argv[i], err);
	}
	return r;
}

static int take_lines(struct set *set, enum manifest_key_id id,
		      const struct source_texts *lines, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < lines->count && r == 0; i++)
		r = manifest_key_take(&set->build.manifest, &manifest_keys[id],
				      lines->items[i], err);
	return r < 0 ? err_wrap(err, r, "%s", set->request.path) : 0;
}

static int add_service(struct set *set, const struct compose_service *service,
		       struct err *err)
{
	int r = set_members_add(&set->members, service->name, strlen(service->name), err);
	struct set_member *member = &set->members.items[set->members.count - 1];

	if (r == 0)
		r = source_texts_add(&member->sources, service->source);
	for (size_t i = 0; i < service->options.count && r == 0; i++)
		r = source_texts_add(&member->options, service->options.items[i]);
	for (size_t i = 0; i < service->ports.count && r == 0; i++)
		r = source_texts_add(&member->ports, service->ports.items[i]);
	return r == -ENOMEM ? err_errno(err, r, "%s", set->request.path) : r;
}

static int read_compose(struct set *set, const struct cmd_line *line, struct err *err)
{
	struct manifest *manifest = &set->build.manifest;
	int r;

	set->request.sources = (const char *const *)&line->argv[line->at];
	set->request.source_count = (size_t)(line->argc - line->at);
	r = compose_read(&set->request, &set->compose, err);
	if (r < 0)
		return r;
	if (!manifest->name || !*manifest->name)
		manifest->name = set->compose.name;
	r = take_lines(set, MANIFEST_KEY_needs, &set->compose.needs, err);
	if (r == 0)
		r = take_lines(set, MANIFEST_KEY_share, &set->compose.shares, err);
	for (size_t i = 0; i < set->compose.service_count && r == 0; i++)
		r = add_service(set, &set->compose.services[i], err);
	return r;
}

/* Lines "MEMBER OPTION [VALUE]" of the command line, behind what else is said. */
static int add_options(struct set *set, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < set->options.count && r == 0; i++) {
		const char *text = set->options.items[i];
		size_t size = strcspn(text, " ");
		struct set_member *member = set_members_find(&set->members, text, size);
		struct err why = ERR_INIT;

		if (!text[size])
			return cmd_usage(err, "set: --option '%s' is not MEMBER OPTION",
					 text);
		if (!member)
			return cmd_usage(err,
					 "set: --option '%s': there is no member %.*s",
					 text, (int)size, text);
		r = set_members_option(member, text + size + 1, &why);
		if (r < 0)
			return cmd_usage(err, "set: --option '%s': %s", text, why.text);
	}
	return r;
}

static int read_members(struct set *set, const struct cmd_line *line, struct err *err)
{
	const struct manifest *manifest = &set->build.manifest;
	int r;

	if (set->request.path) {
		r = read_compose(set, line, err);
	} else {
		r = set->file ? set_file_read(&set->said, set->file, err) : 0;
		if (r == 0)
			r = add_operands(set, line, err);
	}
	if (r == 0)
		r = add_options(set, err);
	if (r == 0 && set->members.count == 0)
		r = cmd_usage(err, "set: there are no members");
	if (r == 0 && (!manifest->name || !manifest_name_valid(manifest->name)))
		r = cmd_usage(err, "set: --name is missing");
	return r;
}

/* An operand that is no NAME=IMAGE is a file that tells of the members. */
static int find_file(struct set *set, const struct cmd_line *line, struct err *err)
{
	struct stat st;

	for (int i = line->at; !set->request.path && i < line->argc; i++) {
		const char *text = line->argv[i];

		if (strchr(text, '='))
			continue;
		if (set->file || stat(text, &st) < 0 || S_ISDIR(st.st_mode))
			return cmd_usage(
				err,
				"set: '%s' is not NAME=IMAGE, and no %sfile of a set",
				text, set->file ? "second " : "");
		set->file = text;
	}
	return 0;
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
	if (r == 0)
		r = pack_boot_check(&set->build.boot, "set", err);
	return r < 0 ? r : find_file(set, line, err);
}

static int run(struct cmd_line *line, struct err *err)
{
	static struct set set = { .build = SET_BUILD_INIT };
	int r;

	set.said.manifest = &set.build.manifest;
	set.said.members = &set.members;
	manifest_init(&set.build.manifest);
	set.build.manifest.serial = 1;
	r = read_line(&set, line, err);
	if (r == 0)
		r = read_members(&set, line, err);
	if (r == 0)
		r = set_build(&set.build, &set.members, set.output, err);
	set_build_done(&set.build);
	compose_done(&set.compose);
	set_members_done(&set.members);
	source_texts_done(&set.options);
	return r;
}

const struct cmd cmd_set = {
	.name = "set",
	.args = "[FILE] [NAME=IMAGE...]",
	.help = "Put several images together that are signed and updated as one",
	.more = "An IMAGE is one of these:\n"
		"  STORE or BUNDLE   what lamina pack has made\n"
		"  SOURCE            what it would make of that, docker://nginx for instance\n"
		"FILE says all of this in lines. With it, NAME=IMAGE is in place of what it says\n"
		"of that member; with --compose, NAME=SOURCE is in place of that service's image.\n",
	.options = options,
	.run = run,
};
