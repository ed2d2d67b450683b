/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/diff/diff.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/progress.h"
#include "format/set.h"
#include "pack/diff/unpack.h"

int diff_open(struct diff *diff, const char *before, const char *before_prefix,
	      const char *after, const char *after_prefix, struct err *err)
{
	const struct diff_side none = { .place = PLACE_INIT };
	int r;

	diff->before = diff->after = none;
	r = tree_init(&diff->tree);
	if (r == 0)
		r = place_open(&diff->before.place, before, before_prefix, err);
	return r < 0 ? r : place_open(&diff->after.place, after, after_prefix, err);
}

void diff_done(struct diff *diff)
{
	place_done(&diff->before.place);
	place_done(&diff->after.place);
	delta_list_done(&diff->deltas);
	tree_done(&diff->tree);
}

int diff_find_layer(const struct image *image, const struct image *other, size_t layer)
{
	const struct manifest *m = &image->manifest;
	const struct digest *blob = &other->manifest.layers[layer].blob;

	for (size_t n = 0; n < m->layer_count; n++)
		if (digest_equal(&m->layers[n].blob, blob))
			return (int)n;
	return -1;
}

struct reading {
	struct diff *diff;
	struct progress progress;
	/* of each layer of the image before, then of the image after */
	struct tree_node *roots[2 * MANIFEST_MAX_LAYERS];
};

static int read_layer(struct reading *reading, const struct place *place, size_t n,
		      struct tree_node **ret_root, struct err *err)
{
	const struct manifest_layer *layer = &place->image->manifest.layers[n];
	/* a blob that isn't what the manifest means would be a difference of no image */
	__fd int fd = place_open_blob_checked(place, n, err);
	char name[32], hex[DIGEST_HEX_SIZE];
	int r;

	if (fd < 0)
		return fd;
	digest_hex(&layer->blob, hex);
	(void)snprintf(name, sizeof(name), "sha256:%.12s", hex);
	progress_begin(&reading->progress, "reading", name, 0);
	r = unpack_layer(&reading->diff->tree, fd, &reading->progress, ret_root, err);
	progress_end(&reading->progress);
	return r;
}

/* One whose blob was read before, in either image, is not read again. */
static int read_once(struct reading *reading, const struct diff_side *side, size_t n,
		     struct err *err)
{
	const struct image *before = reading->diff->before.place.image,
			   *image = side->place.image;
	struct tree_node **roots = reading->roots;
	bool second = side == &reading->diff->after;
	size_t base = second ? before->manifest.layer_count : 0;
	int known = diff_find_layer(before, image, n), r;

	if (second && known < 0) {
		known = diff_find_layer(image, image, n);
		known += (int)base;
	}
	if ((size_t)known == base + n)
		r = read_layer(reading, &side->place, n, &roots[base + n], err);
	else
		r = (roots[base + n] = roots[known]) ? 0 : -EINVAL;
	return r < 0 ? err_wrap(err, r, "image %.12s: layer %zu", DIGEST_HEX(&image->id),
				n)
		     : 0;
}

/* Each below its name: that is no directory of the device, but what it sees is below it. */
static int merge_members(struct reading *reading, struct diff_side *side, size_t base,
			 struct err *err)
{
	static struct image member;
	const struct manifest *set = &side->place.image->manifest;
	struct tree *tree = &reading->diff->tree;

	for (size_t i = 0; i < set->member_count; i++) {
		const char *name = set->members[i].name;
		struct tree_node *top = tree_add(tree, side->merged, name, strlen(name));
		int r = top ? place_load_member(&side->place, i, &member, err) : -ENOMEM;

		if (r < 0)
			return err_wrap(err, r, "image %.12s: member %s",
					DIGEST_HEX(&side->place.image->id), name);
		for (size_t n = 0; n < member.manifest.layer_count && r == 0; n++) {
			size_t at = set_layer(set, &member.manifest.layers[n].blob);

			r = unpack_merge(tree, top, reading->roots[base + at],
					 (uint32_t)at);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_side(struct reading *reading, struct diff_side *side, struct err *err)
{
	size_t count = side->place.image->manifest.layer_count;
	size_t base = side == &reading->diff->after
			      ? reading->diff->before.place.image->manifest.layer_count
			      : 0;
	int r = 0;

	side->merged = tree_new_root(&reading->diff->tree);
	if (!side->merged)
		return -ENOMEM;
	for (size_t n = 0; n < count && r == 0; n++)
		r = read_once(reading, side, n, err);
	if (side->place.image->manifest.run == MANIFEST_RUN_SET)
		return r < 0 ? r : merge_members(reading, side, base, err);
	for (size_t n = 0; n < count && r == 0; n++)
		r = unpack_merge(&reading->diff->tree, side->merged,
				 reading->roots[base + n], (uint32_t)n);
	return r;
}

int diff_read(struct diff *diff, struct err *err)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int r;

	if (!reading)
		return -ENOMEM;
	(void)signal(SIGPIPE, SIG_IGN);
	reading->diff = diff;
	progress_init(&reading->progress);
	r = read_side(reading, &diff->before, err);
	if (r == 0)
		r = read_side(reading, &diff->after, err);
	free(reading);
	if (r == 0)
		r = delta_list_make(&diff->deltas, &diff->before.place,
				    &diff->after.place, err);
	return r;
}
