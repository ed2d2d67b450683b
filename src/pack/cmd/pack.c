/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "pack/cmd/look.h"
#include "pack/cmd/pack-options.h"
#include "pack/cmd/places.h"
#include "pack/cmd/ports.h"
#include "pack/cmd/summary.h"
#include "pack/host/staging.h"
#include "pack/import/import.h"

struct pack {
	struct pack_options options;
	struct manifest *manifest;
	bool new_privileges_said;
	struct err trap;      /* the first reason why no device can start the image */
	struct source places; /* below the others; empty where there is no need */
	struct source *sources;
	size_t source_count;
	struct staging staging;
	struct import_result result;
};

static int open_sources(struct pack *pack, const struct cmd_line *line, struct err *err)
{
	size_t count = (size_t)(line->argc - line->at);
	int r = 0;

	pack->sources = calloc(count, sizeof(*pack->sources));
	if (!pack->sources)
		return err_errno(err, -ENOMEM, "pack");
	while (r == 0 && pack->source_count < count) {
		r = source_open(line->argv[line->at + (int)pack->source_count],
				&pack->options.source, &pack->sources[pack->source_count],
				err);
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
			 pack->options.output);
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

	if (!never || pack->options.force || pack->trap.text[0])
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

static int import_all(struct pack *pack, struct err *err)
{
	size_t count = pack->source_count;
	struct source *all = calloc(count + 1, sizeof(*all));
	int r = all ? 0 : err_errno(err, -ENOMEM, "pack");

	if (r == 0 && places_wanted(pack->manifest))
		r = places_make(pack->manifest, &pack->places, err);
	if (r == 0) {
		all[0] = pack->places; /* borrowed, as the others */
		memcpy(all + 1, pack->sources, count * sizeof(*all));
		r = import_sources(all, count + 1, &pack->options.import, &pack->staging,
				   &pack->result, err);
	}
	free(all);
	return r;
}

static int pack_image(struct pack *pack, const struct cmd_line *line, struct err *err)
{
	static struct manifest manifest;
	static char text[MANIFEST_MAX_SIZE], ports[PORTS_SIZE];
	struct staging_image staged = { .manifest = text, .ports = ports };
	struct digest id;
	uint64_t capabilities;
	int size, r = open_sources(pack, line, err);

	if (r == 0)
		r = describe_image(pack->sources, pack->source_count,
				   &pack->options.describe, &manifest,
				   &pack->new_privileges_said, err);
	if (r == 0)
		r = describe_syscalls(&pack->options.describe, &manifest, err);
	capabilities = manifest_capabilities(&manifest);
	pack->manifest = &manifest;
	pack->options.import.look = look_at_image;
	pack->options.import.context = pack;
	if (r == 0)
		r = staging_open(&pack->staging, pack->options.output, err);
	if (r == 0)
		r = import_all(pack, err);
	/* its files have asked for more */
	if (r == 0 && manifest_capabilities(&manifest) != capabilities)
		r = describe_syscalls(&pack->options.describe, &manifest, err);
	if (r == 0)
		r = describe_layers(&pack->result, &manifest, err);
	if (r == 0)
		r = pack_boot_add(&pack->options.boot, &pack->staging, &manifest, err);
	if (r < 0)
		return r;
	size = manifest_write(&manifest, text, sizeof(text), err);
	if (size < 0)
		return err_wrap(err, size, "manifest");
	staged.manifest_size = (size_t)size;
	staged.ports_size = ports_text(pack->sources, pack->source_count, ports);
	r = staging_commit(&pack->staging, &staged, &id, err);
	if (r < 0)
		return r;
	note(pack);
	return pack->options.json ? summary_json(&pack->result, &id, err)
				  : (summary_text(&pack->result, &id), 0);
}

static void done(struct pack *pack)
{
	import_done(&pack->result);
	staging_done(&pack->staging);
	for (size_t i = 0; i < pack->source_count; i++)
		source_done(&pack->sources[i]);
	source_done(&pack->places);
	free(pack->sources);
	pack_options_done(&pack->options);
}

static int run(struct cmd_line *line, struct err *err)
{
	struct pack pack = {
		.staging = { .fd = -EBADF, .temp_fd = -EBADF },
		.trap = ERR_INIT,
	};
	int r;

	pack_options_init(&pack.options);
	r = pack_options_read(&pack.options, line, err);

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
	.options = pack_options,
	.run = run,
};
