/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/diff/show.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"
#include "format/set.h"
#include "pack/diff/boot.h"
#include "pack/diff/compare.h"
#include "pack/diff/fetch.h"
#include "pack/host/document.h"

/* What is found goes to stdout line by line, or into lists. */
struct show {
	json_t *layers, *lines, *changes, *boot; /* NULL for text */
	size_t added, removed, changed;
};

/* --- words
 * --------------------------------------------------------------------------------- */

/* Names in an image may hold anything, also what a terminal would obey. */
static const char *printable(const char *text)
{
	static char encoded[2][3 * MANIFEST_MAX_SIZE + 1];
	static unsigned int turn;
	struct str s;

	turn ^= 1;
	str_init(&s, encoded[turn], sizeof(encoded[turn]));
	lines_encode(&s, text, 1);
	return encoded[turn];
}

static const char *kind_of(const struct tree_inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "char device";
	case S_IFBLK:
		return "block device";
	case S_IFIFO:
		return "fifo";
	default:
		return "socket";
	}
}

static void print_inode(const struct tree_node *node)
{
	const struct tree_inode *inode = node->inode;

	printf("%s", kind_of(inode));
	if (S_ISLNK(inode->mode))
		printf(" to %s", printable(inode->target));
	else
		printf(" %04o", inode->mode & 07777);
	printf(" %" PRIu32 ":%" PRIu32, inode->uid, inode->gid);
	if (S_ISREG(inode->mode))
		printf(" %" PRIu64 " bytes", inode->size_bytes);
	printf(", layer %" PRIu32 "\n", node->layer);
}

static void print_what(enum compare_what bit, const struct tree_inode *a,
		       const struct tree_inode *b)
{
	switch (bit) {
	case COMPARE_TYPE:
		printf(" %s -> %s", kind_of(a), kind_of(b));
		break;
	case COMPARE_MODE:
		printf(" %04o -> %04o", a->mode & 07777, b->mode & 07777);
		break;
	case COMPARE_OWNER:
		printf(" %" PRIu32 ":%" PRIu32 " -> %" PRIu32 ":%" PRIu32, a->uid, a->gid,
		       b->uid, b->gid);
		break;
	case COMPARE_SIZE:
		printf(" %" PRIu64 " -> %" PRIu64, a->size_bytes, b->size_bytes);
		break;
	case COMPARE_TARGET:
		printf(" %s -> %s", printable(a->target), printable(b->target));
		break;
	case COMPARE_DEVICE:
		printf(" %" PRIu32 ":%" PRIu32 " -> %" PRIu32 ":%" PRIu32, a->major,
		       a->minor, b->major, b->minor);
		break;
	case COMPARE_TIME:
		printf(" %" PRIu32 " -> %" PRIu32, a->mtime, b->mtime);
		break;
	case COMPARE_CONTENT:
	case COMPARE_XATTRS:
		break;
	}
}

static void print_change(const struct compare_change *change)
{
	const char *word;

	if (!change->before || !change->after) {
		printf("%c %s  ", change->after ? '+' : '-', printable(change->path));
		print_inode(change->after ? change->after : change->before);
		return;
	}
	printf("~ %s ", printable(change->path));
	for (unsigned int bit = 0; (word = compare_word(bit)); bit++) {
		if (!(change->what & 1U << bit))
			continue;
		printf(" %s", word);
		print_what((enum compare_what)(1U << bit), change->before->inode,
			   change->after->inode);
		putchar(',');
	}
	printf(" layer %" PRIu32 "\n", change->after->layer);
}

/* --- JSON
 * ---------------------------------------------------------------------------------- */

static json_t *text_json(const char *text)
{
	json_t *json = json_string(text);

	return json ? json : json_string(printable(text)); /* no UTF-8 */
}

static json_t *inode_json(const struct tree_node *node)
{
	const struct tree_inode *inode = node ? node->inode : NULL;
	char mode[8];
	json_t *json;

	if (!inode)
		return json_null();
	(void)snprintf(mode, sizeof(mode), "%04o", inode->mode & 07777);
	json = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "type", kind_of(inode), "mode",
			 mode, "uid", (json_int_t)inode->uid, "gid",
			 (json_int_t)inode->gid, "mtime", (json_int_t)inode->mtime,
			 "layer", (json_int_t)node->layer);
	if (S_ISREG(inode->mode))
		(void)json_object_set_new(json, "size",
					  json_integer((json_int_t)inode->size_bytes));
	if (S_ISLNK(inode->mode))
		(void)json_object_set_new(json, "target", text_json(inode->target));
	return json;
}

static json_t *change_json(const struct compare_change *change)
{
	json_t *what = json_array();
	const char *word;

	for (unsigned int bit = 0; (word = compare_word(bit)); bit++)
		if (change->what & 1U << bit)
			(void)json_array_append_new(what, json_string(word));
	return json_pack("{s:o, s:s, s:o, s:o, s:o}", "path", text_json(change->path),
			 "change",
			 !change->before  ? "added"
			 : !change->after ? "removed"
					  : "changed",
			 "what", what, "before", inode_json(change->before), "after",
			 inode_json(change->after));
}

static json_t *image_json(const struct image *image)
{
	return json_pack("{s:s, s:s, s:s, s:I}", "image", DIGEST_HEX(&image->id), "name",
			 image->manifest.name, "version", image->manifest.version,
			 "serial", (json_int_t)image->manifest.serial);
}

/* --- the three parts
 * ------------------------------------------------------------------------- */

static int show_layer(struct show *show, const struct manifest_layer *layer, int before,
		      int after)
{
	char hex[DIGEST_HEX_SIZE], size[16], digest[7 + DIGEST_HEX_SIZE];

	digest_hex(&layer->blob, hex);
	if (!show->layers) {
		printf("%c layer %d",
		       before < 0  ? '+'
		       : after < 0 ? '-'
				   : '=',
		       before < 0 ? after : before);
		if (before >= 0 && after >= 0 && before != after)
			printf(" -> %d", after);
		printf("  sha256:%.12s  %s\n", hex, str_size(layer->size_bytes, size));
		return 0;
	}
	(void)snprintf(digest, sizeof(digest), "sha256:%s", hex);
	return json_array_append_new(
		show->layers,
		json_pack("{s:s, s:I, s:o, s:o}", "digest", digest, "size",
			  (json_int_t)layer->size_bytes, "before",
			  before < 0 ? json_null() : json_integer(before), "after",
			  after < 0 ? json_null() : json_integer(after)));
}

static int show_layers(struct show *show, const struct image *before,
		       const struct image *after)
{
	int r = 0;

	for (size_t n = 0; n < before->manifest.layer_count && r == 0; n++)
		r = show_layer(show, &before->manifest.layers[n], (int)n,
			       diff_find_layer(after, before, n));
	for (size_t n = 0; n < after->manifest.layer_count && r == 0; n++)
		if (diff_find_layer(before, after, n) < 0)
			r = show_layer(show, &after->manifest.layers[n], -1, (int)n);
	return r < 0 ? -ENOMEM : 0;
}

/* Does the manifest @image have this line? Layers are told of elsewhere. */
static bool has_line(const struct image *image, const char *line, size_t size)
{
	const char *at = image->text, *end = image->text + image->size;

	for (const char *next; at < end; at = next) {
		next = memchr(at, '\n', (size_t)(end - at));
		next = next ? next + 1 : end;
		if ((size_t)(next - at) == size && memcmp(at, line, size) == 0)
			return true;
	}
	return false;
}

static int show_line(struct show *show, const char *member, const char *line, size_t size,
		     bool added)
{
	if (!show->lines) {
		printf("%c %s%s%.*s\n", added ? '+' : '-', member, *member ? ": " : "",
		       (int)size, line);
		return 0;
	}
	return json_array_append_new(
		show->lines,
		json_pack("{s:s, s:s*, s:s%}", "change", added ? "added" : "removed",
			  "member", *member ? member : NULL, "line", line, size));
}

/* The lines of @image that @other (NULL: nobody) doesn't have. The parser let only printable
 * ASCII pass. */
static int show_lines(struct show *show, const char *member, const struct image *image,
		      const struct image *other, bool added)
{
	const char *at = image->text, *end = image->text + image->size;
	int r = 0;

	for (const char *next; at < end && r == 0; at = next) {
		next = memchr(at, '\n', (size_t)(end - at));
		next = next ? next + 1 : end;
		if (strncmp(at, "layer ", 6) == 0 ||
		    (other && has_line(other, at, (size_t)(next - at))))
			continue;
		r = show_line(show, member, at, (size_t)(next - at) - 1, added);
	}
	return r < 0 ? -ENOMEM : 0;
}

/* Of each member that is another one, or in one of the sets alone. */
static int show_members(struct show *show, const struct place *place,
			const struct place *other, bool added, struct err *err)
{
	static struct image image, theirs;
	const struct manifest *set = &place->image->manifest;
	const struct manifest *others = &other->image->manifest;

	for (size_t i = 0; i < set->member_count; i++) {
		const char *name = set->members[i].name;
		size_t at = set_find(others, name, strlen(name));
		bool has = at < others->member_count;
		int r;

		if (has &&
		    digest_equal(&set->members[i].digest, &others->members[at].digest))
			continue;
		r = place_load_member(place, i, &image, err);
		if (r == 0 && has)
			r = place_load_member(other, at, &theirs, err);
		if (r == 0)
			r = show_lines(show, name, &image, has ? &theirs : NULL, added);
		if (r < 0)
			return r;
	}
	return 0;
}

static int show_change(void *context, const struct compare_change *change,
		       struct err *err)
{
	struct show *show = context;

	(void)err;
	show->added += !change->before;
	show->removed += !change->after;
	show->changed += change->before && change->after;
	if (show->changes)
		return json_array_append_new(show->changes, change_json(change)) < 0
			       ? -ENOMEM
			       : 0;
	print_change(change);
	return 0;
}

static void print_end(const struct show *show, const struct diff *diff)
{
	printf("%zu added, %zu removed, %zu changed\n", show->added, show->removed,
	       show->changed);
	fetch_print(diff);
}

static int print_json(const struct show *show, const struct diff *diff)
{
	const struct image *before = diff->before.place.image,
			   *after = diff->after.place.image;
	json_t *json = json_pack(
		"{s:o, s:o, s:b, s:O, s:O, s:O, s:O, s:o}", "before", image_json(before),
		"after", image_json(after), "same", digest_equal(&before->id, &after->id),
		"layers", show->layers, "manifest", show->lines, "changes", show->changes,
		"boot", show->boot, "fetch", fetch_json(diff));

	return document_print(json);
}

static int show_all(struct show *show, struct diff *diff, bool times, struct err *err)
{
	const struct image *before = diff->before.place.image,
			   *after = diff->after.place.image;
	int r = show_lines(show, "", before, after, false);

	if (r == 0)
		r = show_lines(show, "", after, before, true);
	if (r == 0)
		r = show_members(show, &diff->before.place, &diff->after.place, false,
				 err);
	if (r == 0)
		r = show_members(show, &diff->after.place, &diff->before.place, true,
				 err);
	if (r == 0)
		r = boot_show(&diff->before.place, &diff->after.place, show->boot);
	if (r == 0)
		r = show_layers(show, before, after);
	return r < 0 ? r
		     : compare_trees(diff->before.merged, diff->after.merged, times,
				     show_change, show, err);
}

int diff_show(struct diff *diff, bool times, bool json, struct err *err)
{
	struct show show = { .layers = NULL };
	int r;

	if (json)
		show = (struct show){ .layers = json_array(),
				      .lines = json_array(),
				      .changes = json_array(),
				      .boot = json_array() };
	r = show_all(&show, diff, times, err);
	if (r == 0 && json)
		r = print_json(&show, diff);
	else if (r == 0)
		print_end(&show, diff);
	json_decref(show.layers);
	json_decref(show.lines);
	json_decref(show.changes);
	json_decref(show.boot);
	return r;
}
