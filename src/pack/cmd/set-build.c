/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/set-build.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "format/set.h"
#include "pack/cmd/set-copy.h"
#include "pack/image/place.h"

/* Layers that members share are there once. */
static int add_layers(struct set_build *build, const struct place *place, struct err *err)
{
	const struct manifest *member = &place->image->manifest;
	struct manifest *manifest = &build->manifest;

	for (size_t i = 0; i < member->layer_count; i++) {
		int r;

		if (set_layer(manifest, &member->layers[i].blob) < manifest->layer_count)
			continue;
		if (manifest->layer_count == MANIFEST_MAX_LAYERS)
			return err_set(err, -E2BIG, "a set has at most %d layers",
				       MANIFEST_MAX_LAYERS);
		manifest->layers[manifest->layer_count++] = member->layers[i];
		r = set_copy_layer(&build->staging, place, i, err);
		if (r < 0)
			return err_wrap(err, r, "layer %zu", i);
	}
	return 0;
}

/* Unless somebody said so, it is for the devices that its first member is for. */
static void take_compatible(struct set_build *build)
{
	struct manifest *manifest = &build->manifest;
	const struct manifest *first = &build->members[0];

	if (manifest->compatible_count > 0)
		return;
	memcpy(manifest->compatible, first->compatible, sizeof(manifest->compatible));
	manifest->compatible_count = first->compatible_count;
}

static int add_place(struct set_build *build, size_t index, const struct place *place,
		     struct err *err)
{
	struct manifest_member *member = &build->manifest.members[index];
	const struct image *image = place->image;
	int r = sha256_of(image->text, image->size, &member->digest);

	if (r < 0)
		return err_errno(err, r, "its manifest");
	member->size_bytes = image->size;
	r = manifest_parse(image->text, image->size, &build->members[index], err);
	if (r == 0)
		take_compatible(build);
	if (r == 0)
		r = set_copy_manifest(&build->staging, image, &member->digest, err);
	return r < 0 ? r : add_layers(build, place, err);
}

/* What was said of it, and what its image's maker said; a bundle tells nothing of that. */
static void add_ports(struct set_build *build, size_t index,
		      const struct set_member *member, const struct place *place)
{
	struct ports *ports = &build->ports[index];
	char text[PORTS_SIZE];
	int size;

	if (build->members[index].network) /* none but its own */
		return;
	for (size_t i = 0; i < member->ports.count; i++)
		ports_add(ports, member->ports.items[i], strlen(member->ports.items[i]));
	if (place->store < 0)
		return;
	size = image_read_beside(place->store, &place->image->id, PORTS_NAME, text,
				 sizeof(text), NULL);
	if (size > 0)
		ports_add_lines(ports, text, (size_t)size);
}

static int add_members(struct set_build *build, const struct set_members *members,
		       struct err *err)
{
	for (size_t i = 0; i < members->count; i++) {
		__place struct place place = PLACE_INIT;
		int r = set_pack_open(&build->pack, &members->items[i], &place, err);

		if (r == 0)
			r = add_place(build, i, &place, err);
		if (r < 0)
			return err_wrap(err, r, "member %s", members->items[i].name);
		add_ports(build, i, &members->items[i], &place);
	}
	return 0;
}

static bool has_net(const struct manifest *manifest, const char *line)
{
	for (size_t i = 0; i < manifest->net_count; i++) {
		if (strcmp(manifest->nets[i], line) == 0)
			return true;
	}
	return false;
}

/* What all members want that want any: there is one network for all. */
static int take_nets(struct set_build *build, struct err *err)
{
	struct manifest *manifest = &build->manifest;

	for (size_t i = 0; i < manifest->member_count; i++) {
		const struct manifest *member = &build->members[i];

		for (size_t k = 0; k < member->net_count; k++) {
			if (member->network || strcmp(member->nets[k], "none") == 0 ||
			    has_net(manifest, member->nets[k]))
				continue;
			if (manifest->net_count == MANIFEST_MAX_NETS)
				return err_set(err, -E2BIG,
					       "the members have more than %d lines net: "
					       "say with --net which of them count",
					       MANIFEST_MAX_NETS);
			manifest->nets[manifest->net_count++] = member->nets[k];
		}
	}
	return 0;
}

static int check_members(const struct set_build *build, struct err *err)
{
	const struct manifest *manifest = &build->manifest;

	for (size_t i = 0; i < manifest->member_count; i++) {
		int r = set_check_member(manifest, i, &build->members[i], err);

		if (r < 0)
			return err_wrap(err, r, "member %s", manifest->members[i].name);
	}
	return 0;
}

/* What is waited for that never comes, or comes at once: a device starts the member all the
 * same. */
static void check_needs(const struct set_build *build)
{
	const struct manifest *set = &build->manifest;
	struct set_need need;

	for (size_t i = 0; i < set->need_count; i++) {
		if (!set_need(set, i, &need))
			continue;
		const struct manifest *on = &build->members[need.on];
		const char *name = set->members[need.on].name;

		if (need.how == SET_HEALTHY && on->health_arg_count == 0)
			cmd_note(
				"warning: needs %s: %s has no check of its health: it is "
				"enough that it runs",
				set->needs[i], name);
		if (need.how == SET_DONE && on->restart == MANIFEST_RESTART_ALWAYS)
			cmd_note(
				"warning: needs %s: %s is started again whenever it ends "
				"(restart always): this waits for 30 seconds",
				set->needs[i], name);
	}
}

static int commit(struct set_build *build, struct err *err)
{
	static char text[MANIFEST_MAX_SIZE];
	struct staging_image staged = { .manifest = text };
	struct digest id;
	int r = manifest_write(&build->manifest, text, sizeof(text), err);

	if (r < 0)
		return err_wrap(err, r, "manifest");
	staged.manifest_size = (size_t)r;
	r = staging_commit(&build->staging, &staged, &id, err);
	if (r >= 0)
		puts(DIGEST_HEX(&id));
	return r < 0 ? r : 0;
}

int set_build(struct set_build *build, const struct set_members *members,
	      const char *output, struct err *err)
{
	struct manifest *manifest = &build->manifest;
	bool nets = manifest->net_count > 0;
	int r;

	manifest->run = MANIFEST_RUN_SET;
	manifest->min_init = MANIFEST_SET_LEVEL;
	build->pack.set = manifest;
	for (size_t i = 0; i < members->count; i++)
		manifest->members[manifest->member_count++].name = members->items[i].name;
	r = set_check(manifest, err);
	if (r == 0)
		r = staging_open(&build->staging, output, err);
	if (r == 0)
		r = add_members(build, members, err);
	if (r < 0)
		return r;
	manifest->arch = build->members[0].arch;
	r = nets ? 0 : take_nets(build, err);
	if (r == 0)
		r = check_members(build, err);
	if (r == 0)
		r = pack_boot_add(&build->boot, &build->staging, manifest, err);
	if (r < 0)
		return r;
	ports_compare(manifest, build->ports);
	check_needs(build);
	return commit(build, err);
}

void set_build_done(struct set_build *build)
{
	staging_done(&build->staging);
	set_pack_done(&build->pack);
}
