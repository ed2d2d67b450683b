/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/inspect-members.h"

#include <stdbool.h>
#include <stdio.h>

#include "cli/utf8.h"
#include "format/set.h"
#include "pack/cmd/show-keys.h"

static struct member {
	struct image image;
	struct err problem; /* "": it was read */
	uint16_t layers[MANIFEST_MAX_LAYERS];
	size_t layer_count;
} members[MANIFEST_MAX_MEMBERS];

static size_t count(const struct place *place)
{
	return place->image->manifest.member_count;
}

void inspect_members_read(const struct place *place)
{
	for (size_t n = 0; n < count(place); n++) {
		struct member *member = &members[n];
		const struct manifest *manifest = &member->image.manifest;

		member->problem = (struct err)ERR_INIT;
		member->layer_count = 0;
		if (place_load_member(place, n, &member->image, &member->problem) == 0)
			member->layer_count = set_layers(&place->image->manifest,
							 manifest, member->layers);
		utf8_clean(member->problem.text);
	}
}

static bool stands_on(const struct member *member, size_t layer)
{
	for (size_t i = 0; i < member->layer_count; i++) {
		if (member->layers[i] == layer)
			return true;
	}
	return false;
}

/* --- for people
 * -------------------------------------------------------------------------- */

void inspect_members_print(const struct place *place)
{
	for (size_t n = 0; n < count(place); n++) {
		const struct member *member = &members[n];

		printf("member %s\n", place->image->manifest.members[n].name);
		if (member->problem.text[0]) {
			printf("  %-12s %s\n", "", member->problem.text);
			continue;
		}
		show_keys(&member->image.manifest);
		printf("  %-12s", "layers");
		for (size_t i = 0; i < member->layer_count; i++)
			printf(" %u", (unsigned int)member->layers[i]);
		printf("\n");
	}
	if (count(place) > 0)
		printf("all members\n");
}

void inspect_members_print_owners(const struct place *place, size_t index)
{
	const char *between = "of";

	if (count(place) == 0)
		return;
	printf("  %-12s ", "");
	for (size_t n = 0; n < count(place); n++) {
		if (!stands_on(&members[n], index))
			continue;
		printf("%s %s", between, place->image->manifest.members[n].name);
		between = ",";
	}
	printf("\n");
}

/* --- for programs
 * ------------------------------------------------------------------------ */

static json_t *layers_json(const struct member *member)
{
	json_t *list = json_array();

	for (size_t i = 0; i < member->layer_count; i++)
		(void)json_array_append_new(list, json_integer(member->layers[i]));
	return list;
}

static json_t *member_json(const struct place *place, size_t n)
{
	const struct manifest_member *named = &place->image->manifest.members[n];
	const struct member *member = &members[n];
	json_t *image = json_object(), *json;

	json = json_pack("{s:s, s:s+, s:I}", "name", named->name, "digest",
			 "sha256:", DIGEST_HEX(&named->digest), "size",
			 (json_int_t)named->size_bytes);
	if (member->problem.text[0])
		(void)json_object_set_new(json, "problem",
					  show_text_json(member->problem.text));
	else if (show_keys_json(&member->image.manifest, image) == 0 &&
		 json_object_set(json, "image", image) == 0)
		(void)json_object_set_new(json, "layers", layers_json(member));
	json_decref(image);
	return json;
}

int inspect_members_json(const struct place *place, json_t *json)
{
	json_t *list;

	if (count(place) == 0)
		return 0;
	list = json_array();
	for (size_t n = 0; n < count(place); n++)
		(void)json_array_append_new(list, member_json(place, n));
	return json_object_set_new(json, "members", list);
}

int inspect_members_json_owners(const struct place *place, size_t index, json_t *layer)
{
	json_t *list;

	if (count(place) == 0)
		return 0;
	list = json_array();
	for (size_t n = 0; n < count(place); n++) {
		if (stands_on(&members[n], index))
			(void)json_array_append_new(
				list,
				json_string(place->image->manifest.members[n].name));
	}
	return json_object_set_new(layer, "members", list);
}
