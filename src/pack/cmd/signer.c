/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/signer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "pack/host/tool.h"
#include "pack/image/input.h"
#include "trust/private-key.h"

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

static int ask_command(const char *command, const void *text, size_t text_size,
		       const struct key_line *key, struct key_line *line, struct err *err)
{
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };
	char answer[ANSWER_SIZE];
	__fd int in = tool_file(text, text_size);
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
static int sign_with_key(const char *path, const void *text, size_t text_size,
			 struct keyring *ring, struct key_line *line, struct err *err)
{
	struct private_key key;
	int r = input_private_key(path, &key, err);

	if (r < 0)
		return r;
	r = private_key_sign(&key, text, text_size, line, err);
	ring->keys[0] = key.public;
	ring->count = 1;
	private_key_done(&key);
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}

int signer_sign(const struct signer *signer, const void *text, size_t size,
		struct keyring *ring, struct key_line *ret_line, struct err *err)
{
	int r;

	if (signer->key)
		return sign_with_key(signer->key, text, size, ring, ret_line, err);
	r = input_add_key(ring, signer->pub, err);
	if (r < 0)
		return r;
	return signer->command
		       ? ask_command(signer->command, text, size, &ring->keys[0],
				     ret_line, err)
		       : read_attached(signer->attach, &ring->keys[0], ret_line, err);
}

int signer_check(const struct signer *signer, const char *command, struct err *err)
{
	if (!!signer->key + !!signer->command + !!signer->attach != 1)
		return cmd_usage(err, "%s: say one of --key, --sign-cmd and --attach",
				 command);
	if (!signer->key == !!signer->pub)
		return 0;
	return cmd_usage(err, "%s: %s", command,
			 signer->key ? "--pub goes with --sign-cmd and --attach"
				     : "--pub is missing: whose signature is it?");
}
