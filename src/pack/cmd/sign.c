/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "format/signature.h"
#include "pack/cmd/signer.h"
#include "pack/image/image.h"
#include "pack/image/place.h"
#include "store/images.h"
#include "trust/key.h"

enum {
	OPT_KEY,
	OPT_SIGN_CMD,
	OPT_ATTACH,
	OPT_PUB,
	OPT_IMAGE
};

static const struct cmd_option options[] = {
	{ "key", 'k', "FILE", "sign with this private key (PEM)" },
	{ "sign-cmd", 0, "CMD", "sign by a shell command: manifest in, signature out" },
	{ "attach", 0, "FILE", "add a signature that was made elsewhere" },
	{ "pub", 0, "FILE", "the public key (PEM) of --sign-cmd and --attach" },
	{ "image", 0, "ID", "which image, if the store holds several; may be shortened" },
	{ 0 },
};

struct request {
	const char *store, *prefix;
	struct signer signer;
};

/* Puts the line in the place of an older one by the same key, or last. Nothing that
 * doesn't hold gets in: a typing mistake here would only be seen on the device. */
static int merge_line(struct image *image, const struct keyring *ring,
		      const struct key_line *line, struct err *err)
{
	struct signature_file one = { .count = 1 }, *file = &image->signatures;
	size_t at = 0;
	int r;

	one.lines[0] = *line;
	(void)stpcpy(one.lines[0].id, ring->keys[0].id);
	r = key_verify(image->text, image->size, &one, ring, 1, NULL, NULL);
	if (r < 0)
		return err_set(err, r,
			       "the signature does not hold for key %s and this image",
			       ring->keys[0].id);
	while (at < file->count && strcmp(file->lines[at].id, ring->keys[0].id) != 0)
		at++;
	if (at == SIGNATURE_MAX_COUNT)
		return err_set(err, -E2BIG, "has %d signatures already",
			       SIGNATURE_MAX_COUNT);
	file->lines[at] = one.lines[0];
	if (at == file->count)
		file->count++;
	return 0;
}

#define LEAP 1000000

/* Devices that confirm it take no smaller serial any more: one that a slip made too high can't be
 * called back. */
static void note_leap(int store, const struct image *image)
{
	static struct image other;
	const struct manifest *m = &image->manifest;
	struct images images;
	uint64_t highest = 0;
	struct digest id;

	images_init(&images, store);
	while (images_next(&images, &id, NULL) > 0) {
		if (!digest_equal(&id, &image->id) &&
		    image_load(store, &id, &other, NULL) == 0 &&
		    strcmp(other.manifest.name, m->name) == 0 &&
		    other.manifest.serial > highest)
			highest = other.manifest.serial;
	}
	if (highest && m->serial > highest && m->serial - highest > LEAP)
		cmd_note(
			"serial %" PRIu64 " is more than %d above %" PRIu64
			", the highest of another %s here; a device that confirms it may "
			"take nothing lower again",
			m->serial, LEAP, highest, m->name);
}

static int sign_image(const struct request *q, struct image *image, struct err *err)
{
	struct keyring ring = { .count = 0 };
	struct key_line line = { .size = 0 };
	struct digest id;
	__fd int store = place_open_store(q->store, err);
	int r;

	if (store < 0)
		return store;
	r = image_pick(store, q->prefix, &id, err);
	if (r == 0)
		r = image_load(store, &id, image, err);
	if (r < 0)
		return err_wrap(err, r, "%s", q->store);
	note_leap(store, image);
	r = signer_sign(&q->signer, image->text, image->size, &ring, &line, err);
	if (r == 0)
		r = merge_line(image, &ring, &line, err);
	if (r == 0)
		r = image_write_signatures(store, image, err);
	if (r < 0)
		return err_wrap(err, r, "%s: image %.12s", q->store, DIGEST_HEX(&id));
	printf("%s %s\n", DIGEST_HEX(&id), ring.keys[0].id);
	return 0;
}

static int request_read(struct cmd_line *line, struct request *q, struct err *err)
{
	const char **const fields[] = {
		[OPT_KEY] = &q->signer.key,	  [OPT_SIGN_CMD] = &q->signer.command,
		[OPT_ATTACH] = &q->signer.attach, [OPT_PUB] = &q->signer.pub,
		[OPT_IMAGE] = &q->prefix,
	};
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0)
		*fields[option] = line->value;
	if (r == 0)
		r = cmd_operands(line, 1, 1, err);
	if (r < 0)
		return r;
	q->store = line->argv[line->at];
	return signer_check(&q->signer, "sign", err);
}

static int sign_run(struct cmd_line *line, struct err *err)
{
	struct request q = { .store = NULL };
	__image struct image *image = image_new();
	int r = image ? request_read(line, &q, err) : -ENOMEM;

	return r < 0 ? r : sign_image(&q, image, err);
}

const struct cmd cmd_sign = {
	.name = "sign",
	.args = "STORE",
	.help = "Sign an image, or add a signature made elsewhere",
	.options = options,
	.run = sign_run,
};
