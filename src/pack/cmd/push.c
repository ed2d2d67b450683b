/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "pack/host/scratch.h"
#include "pack/image/delta.h"
#include "pack/image/place.h"
#include "pack/image/registry.h"

enum {
	OPT_CHANNEL,
	OPT_IMAGE,
	OPT_FROM,
};

static const struct cmd_option options[] = {
	{ "channel", 0, "FILE", "a channel's word to go with it" },
	{ "image", 0, "ID", "which image, if the store holds several; may be shortened" },
	{ "from", 0, "OLD", "bring deltas from this older image; may be repeated" },
	{ 0 },
};

/* What skopeo reads is a layout of links to the store's blobs: it hashes what it sends. */
static int push(const struct place *place, const char *path, const char *to,
		struct err *err)
{
	char *dir = NULL, *from = NULL,
	     *store = place->store < 0 ? NULL : realpath(path, NULL);
	int r = place->store >= 0 && !store ? err_errno(err, -errno, "%s", path) : 0;

	if (r == 0)
		r = scratch_make_directory("push", &dir, err);
	if (r == 0) {
		r = registry_write_layout(dir, place, store, err);
		if (r < 0)
			r = err_wrap(err, r, "%s", cmd_input_name(path));
		else if (asprintf(&from, "oci:%s", dir) < 0)
			r = err_errno(err, -ENOMEM, "%s", dir);
		else
			r = registry_copy(from, to, err);
		scratch_drop_directory(dir);
	}
	free(store);
	free(from);
	return r;
}

static int push_run(struct cmd_line *line, struct err *err)
{
	__delta_list struct delta_list deltas = { .count = 0 };
	__place struct place place = PLACE_INIT;
	const char *froms[DELTAS_MAX_COUNT], *prefix = NULL, *channel = NULL, *to;
	size_t from_count = 0;
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0)
		if (option == OPT_IMAGE)
			prefix = line->value;
		else if (option == OPT_CHANNEL)
			channel = line->value;
		else if (from_count < DELTAS_MAX_COUNT)
			froms[from_count++] = line->value;
	if (r == 0)
		r = cmd_operands(line, 2, 2, err);
	if (r < 0)
		return r;
	to = line->argv[line->at + 1];
	if (!registry_is_spec(to))
		return cmd_usage(err, "push: '%s' does not begin with docker://", to);
	r = place_open(&place, line->argv[line->at], prefix, err);
	for (size_t i = 0; r == 0 && i < from_count; i++)
		r = delta_list_add(&deltas, froms[i], &place, err);
	if (r == 0)
		place.image->deltas = &deltas;
	if (r == 0 && channel)
		r = registry_add_channel(place.image, channel, err);
	if (r == 0)
		r = push(&place, line->argv[line->at], to, err);
	if (r == 0)
		puts(DIGEST_HEX(&place.image->id));
	return r;
}

const struct cmd cmd_push = {
	.name = "push",
	.args = "STORE|BUNDLE docker://REGISTRY/NAME[:TAG]",
	.help = "Copy a signed image to a registry",
	.options = options,
	.run = push_run,
};
