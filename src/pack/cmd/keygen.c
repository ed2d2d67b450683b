/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "format/keyring.h"
#include "pack/host/output.h"
#include "pack/image/input.h"
#include "trust/private-key.h"

enum {
	OPT_OUTPUT,
	OPT_TYPE,
	OPT_KEYRING
};

static const struct cmd_option options[] = {
	{ "output", 'o', "BASENAME",
	  "write BASENAME.key and BASENAME.pub (default: lamina)" },
	{ "type", 0, "TYPE", "p256 (default), rsa2048, rsa3072 or rsa4096" },
	{ "keyring", 0, NULL, "make no key: print a keyring of the public keys PUB..." },
	{ 0 },
};

/* Puts @text under a name that nobody has yet. */
static int write_new(const char *basename, const char *suffix, mode_t mode,
		     const char *text, struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	char path[4096];
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s%s", basename, suffix) >=
	    sizeof(path))
		return err_set(err, -ENAMETOOLONG, "%s: name too long", basename);
	r = output_open(&output, AT_FDCWD, path, mode, err);
	if (r < 0)
		return r;
	r = fd_write_all(output.fd, text, strlen(text));
	if (r < 0)
		return err_errno(err, r, "%s", path);
	r = output_commit(&output, 1, err);
	if (r == -EEXIST)
		return err_set(err, r,
			       "%s: is there already, and keys are never overwritten",
			       path);
	return r;
}

/* A look before the key is made; write_new() makes it certain. */
static int refuse_old(const char *basename, const char *suffix, struct err *err)
{
	char path[4096];
	__fd int fd = -EBADF;

	(void)snprintf(path, sizeof(path), "%s%s", basename, suffix);
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	return err_set(err, -EEXIST,
		       "%s: is there already, and keys are never overwritten", path);
}

/* Half a pair is of no use, and would be in the way of the next try. */
static void take_back(const char *basename, const char *suffix)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s%s", basename, suffix);
	(void)unlink(path);
}

static int make_key(const char *basename, unsigned int rsa_bits, struct err *err)
{
	struct private_key key;
	char secret[PRIVATE_KEY_PEM_SIZE], public[PRIVATE_KEY_PEM_SIZE];
	int r = refuse_old(basename, ".key", err);

	if (r == 0)
		r = refuse_old(basename, ".pub", err);
	if (r == 0)
		r = private_key_new(rsa_bits, &key, err);
	if (r < 0)
		return r;
	r = private_key_write_pem(&key, secret, err);
	if (r >= 0)
		r = public_key_write_pem(&key.public, public, err);
	if (r >= 0)
		r = write_new(basename, ".key", 0600, secret, err);
	if (r >= 0) {
		r = write_new(basename, ".pub", 0666, public, err);
		if (r < 0)
			take_back(basename, ".key");
	}
	if (r >= 0)
		puts(key.public.id);
	explicit_bzero(secret, sizeof(secret));
	private_key_done(&key);
	return r;
}

static int print_keyring(struct cmd_line *line, struct err *err)
{
	struct keyring ring = { .count = 0 };
	char text[KEYRING_MAX_SIZE + 1];
	int r = cmd_operands(line, 1, -1, err);

	for (int i = line->at; r == 0 && i < line->argc; i++)
		r = input_add_key(&ring, line->argv[i], err);
	if (r < 0)
		return r;
	r = keyring_write(&ring, text, KEYRING_MAX_SIZE);
	if (r < 0)
		return err_errno(err, r, "keyring");
	(void)fwrite(text, 1, (size_t)r, stdout);
	return 0;
}

static const struct type {
	const char *name;
	unsigned int rsa_bits;
} types[] = {
	{ "p256", 0 },
	{ "rsa2048", 2048 },
	{ "rsa3072", 3072 },
	{ "rsa4096", 4096 },
};

static int find_type(const char *name, const struct type **ret_type, struct err *err)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].name, name) == 0) {
			*ret_type = &types[i];
			return 0;
		}
	}
	return cmd_usage(
		err, "keygen: --type: '%s' is none of p256, rsa2048, rsa3072, rsa4096",
		name);
}

static int keygen_run(struct cmd_line *line, struct err *err)
{
	const char *basename = NULL;
	const struct type *type = NULL;
	bool keyring = false;
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		if (option == OPT_OUTPUT)
			basename = line->value;
		else if (option == OPT_TYPE)
			r = find_type(line->value, &type, err);
		else
			keyring = true;
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (keyring && (basename || type))
		return cmd_usage(err, "keygen: --keyring prints; it takes no --%s",
				 basename ? "output" : "type");
	if (keyring)
		return print_keyring(line, err);
	r = cmd_operands(line, 0, 0, err);
	if (r < 0)
		return r;
	return make_key(basename ? basename : "lamina", type ? type->rsa_bits : 0, err);
}

const struct cmd cmd_keygen = {
	.name = "keygen",
	.args = "[PUB...]",
	.help = "Make a key pair for signing, or a keyring of public keys",
	.options = options,
	.run = keygen_run,
};
