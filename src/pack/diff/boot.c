/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/diff/boot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "format/lines.h"

struct side {
	struct bootblob_file file;
	struct bootblob_look look;
};

int boot_read(const struct place *place, struct bootblob_file *ret_file, struct err *err)
{
	const struct manifest *manifest = &place->image->manifest;
	struct manifest_blob blob;
	size_t n = 0;
	__fd int fd = -EBADF;

	while (manifest_blob(manifest, n, &blob) &&
	       !digest_equal(blob.digest, &manifest->boot.blob))
		n++;
	fd = place_open_blob_file(place, n, err);
	return fd < 0 ? fd : bootblob_read_fd(fd, ret_file, err);
}

/* One that can't be read or isn't known has no parts. */
static void open_side(const struct place *place, struct side *side)
{
	*side = (struct side){ .file = { NULL, 0 } };
	if (!place->image->manifest.boot.id[0] ||
	    boot_read(place, &side->file, NULL) < 0 ||
	    bootblob_look(&side->file, &side->look) < 0)
		side->look = (struct bootblob_look){ .form = NULL };
}

/* Names are anybody's. */
static const char *printable(const struct bootblob_item *item)
{
	static char encoded[3 * BOOTBLOB_NAME_SIZE + 1];
	struct str s;

	str_init(&s, encoded, sizeof(encoded));
	lines_encode(&s, item->name, 1);
	return encoded;
}

static const struct bootblob_item *find(const struct side *side, const char *name)
{
	for (size_t i = 0; i < side->look.item_count; i++)
		if (strcmp(side->look.items[i].name, name) == 0)
			return &side->look.items[i];
	return NULL;
}

static json_t *part_json(const struct bootblob_item *item)
{
	struct digest hash;

	if (!item || sha256_of(item->part.bytes, item->part.size, &hash) < 0)
		return json_null();
	return json_pack("{s:s+, s:I}", "digest", "sha256:", DIGEST_HEX(&hash), "size",
			 (json_int_t)item->part.size);
}

static void print_item(char change, const struct bootblob_item *before,
		       const struct bootblob_item *after)
{
	char size[16], new_size[16];

	printf("%c boot %s  %s", change, printable(before ? before : after),
	       str_size((before ? before : after)->part.size, size));
	if (before && after && before->part.size != after->part.size)
		printf(" -> %s", str_size(after->part.size, new_size));
	putchar('\n');
}

static int show_item(const struct bootblob_item *before,
		     const struct bootblob_item *after, json_t *list)
{
	const char *word = !before ? "added" : !after ? "removed" : "changed";

	if (!list) {
		print_item(!before ? '+' : !after ? '-' : '~', before, after);
		return 0;
	}
	return json_array_append_new(
		list, json_pack("{s:s, s:s, s:o, s:o}", "part",
				printable(before ? before : after), "change", word,
				"before", part_json(before), "after", part_json(after)));
}

static bool same(const struct bootblob_item *a, const struct bootblob_item *b)
{
	return a->part.size == b->part.size &&
	       memcmp(a->part.bytes, b->part.bytes, a->part.size) == 0;
}

static int show_sides(const struct side *before, const struct side *after, json_t *list)
{
	int r = 0;

	for (size_t i = 0; i < before->look.item_count && r == 0; i++) {
		const struct bootblob_item *item = &before->look.items[i];
		const struct bootblob_item *other = find(after, item->name);

		if (!other || !same(item, other))
			r = show_item(item, other, list);
	}
	for (size_t i = 0; i < after->look.item_count && r == 0; i++) {
		const struct bootblob_item *item = &after->look.items[i];

		if (!find(before, item->name))
			r = show_item(NULL, item, list);
	}
	return r;
}

int boot_show(const struct place *before, const struct place *after, json_t *list)
{
	const struct manifest_boot *one = &before->image->manifest.boot;
	const struct manifest_boot *other = &after->image->manifest.boot;
	struct side sides[2];
	int r;

	if (digest_equal(&one->blob, &other->blob))
		return 0;
	open_side(before, &sides[0]);
	open_side(after, &sides[1]);
	r = show_sides(&sides[0], &sides[1], list);
	bootblob_file_done(&sides[0].file);
	bootblob_file_done(&sides[1].file);
	return r ? -ENOMEM : 0;
}
