/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "format/signature.h"
#include "pack/host/tool.h"
#include "pack/image/image.h"
#include "pack/image/input.h"
#include "store/images.h"
#include "store/store.h"
#include "trust/key.h"
#include "trust/private-key.h"

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
	const char *store, *key, *command, *attach, *pub, *prefix;
};

/* Room for a signature as bytes or base64, with some space for a line end. */
#define ANSWER_SIZE 1024

/* Is that the signature itself? P-256's is DER, RSA's as long as the key. */
static bool is_binary(const char *answer, size_t size, const struct key_line *key)
{
	return key->kind == KEY_RSA ? size == key->size : (uint8_t)answer[0] == 0x30;
}

/* What signers answer: the signature, or base64 of it as cosign prints. */
static int read_answer(const char *answer, size_t size, const struct key_line *key,
		       struct key_line *line, struct err *err)
{
	uint8_t bytes[ANSWER_SIZE];
	int r;

	if (size == 0)
		return err_set(err, -EBADMSG, "no signature: nothing came");
	if (!is_binary(answer, size, key)) {
		while (size > 0 && (answer[size - 1] == '\n' || answer[size - 1] == '\r'))
			size--;
		r = str_base64_decode(answer, size, bytes, sizeof(bytes));
		if (r <= 0)
			return err_set(err, -EBADMSG, "neither %s nor base64 of it",
				       key->kind == KEY_RSA ? "as long as the RSA key"
							    : "DER");
		answer = (const char *)bytes;
		size = (size_t)r;
	}
	if (size > sizeof(line->bytes))
		return err_set(err, -EBADMSG, "too long for a signature");
	memcpy(line->bytes, answer, size);
	line->size = size;
	line->kind = key->kind;
	return 0;
}

static int ask_command(const char *command, const struct image *image,
		       const struct key_line *key, struct key_line *line, struct err *err)
{
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };
	char answer[ANSWER_SIZE];
	__fd int in = tool_file(image->text, image->size);
	__fd int out = tool_file("", 0);
	const struct tool_options run = {
		.argv = argv, .in_fd = in, .out_fd = out, .own = true
	};
	ssize_t size;
	int r;

	if (in < 0 || out < 0)
		return err_errno(err, in < 0 ? in : out, "sign-cmd");
	r = tool_run(&run, err);
	if (r < 0)
		return err_wrap(err, r, "sign-cmd");
	if (lseek(out, 0, SEEK_SET) < 0)
		return err_errno(err, -errno, "sign-cmd");
	size = fd_read_file(out, answer, sizeof(answer));
	if (size < 0)
		return err_set(err, -EBADMSG,
			       "sign-cmd: answers too much for a signature");
	r = read_answer(answer, (size_t)size, key, line, err);
	return r < 0 ? err_wrap(err, r, "sign-cmd") : 0;
}

static int read_attached(const char *path, const struct key_line *key,
			 struct key_line *line, struct err *err)
{
	char answer[ANSWER_SIZE];
	int r = input_read(path, answer, sizeof(answer), err);

	if (r < 0)
		return r;
	r = read_answer(answer, (size_t)r, key, line, err);
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}

/* Signs with a key of our own; *ring becomes its public half. */
static int sign_with_key(const char *path, const struct image *image,
			 struct keyring *ring, struct key_line *line, struct err *err)
{
	char pem[INPUT_PEM_SIZE];
	struct private_key key;
	int size = input_read(path, pem, sizeof(pem), err);
	int r;

	if (size < 0)
		return size;
	r = private_key_read_pem(pem, (size_t)size, &key, err);
	explicit_bzero(pem, sizeof(pem));
	if (r < 0)
		return err_wrap(err, r, "%s", path);
	r = private_key_sign(&key, image->text, image->size, line, err);
	ring->keys[0] = key.public;
	ring->count = 1;
	private_key_done(&key);
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}

static int make_line(const struct request *q, const struct image *image,
		     struct keyring *ring, struct key_line *line, struct err *err)
{
	int r;

	if (q->key)
		return sign_with_key(q->key, image, ring, line, err);
	r = input_add_key(ring, q->pub, err);
	if (r < 0)
		return r;
	return q->command ? ask_command(q->command, image, &ring->keys[0], line, err)
			  : read_attached(q->attach, &ring->keys[0], line, err);
}

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
	__fd int store = store_open(q->store, err);
	int r;

	if (store < 0)
		return store;
	r = image_pick(store, q->prefix, &id, err);
	if (r == 0)
		r = image_load(store, &id, image, err);
	if (r < 0)
		return err_wrap(err, r, "%s", q->store);
	note_leap(store, image);
	r = make_line(q, image, &ring, &line, err);
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
		[OPT_KEY] = &q->key,	   [OPT_SIGN_CMD] = &q->command,
		[OPT_ATTACH] = &q->attach, [OPT_PUB] = &q->pub,
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
	if (!!q->key + !!q->command + !!q->attach != 1)
		return cmd_usage(err, "sign: say one of --key, --sign-cmd and --attach");
	if (!q->key != !!q->pub)
		return cmd_usage(
			err, q->key ? "sign: --pub goes with --sign-cmd and --attach"
				    : "sign: --pub is missing: whose signature is it?");
	return 0;
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
