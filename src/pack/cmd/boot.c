/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cmd.h"
#include "pack/cmd/sector-size.h"
#include "pack/device/bootblob.h"
#include "pack/host/epoch.h"
#include "pack/host/output.h"
#include "pack/image/input.h"
#include "trust/private-key.h"

#define STUBS "/usr/lib/systemd/boot/efi/linux"
#define NAME_SIZE 64

enum {
	OPT_OUTPUT,
	OPT_FIT,
	OPT_UKI,
	OPT_KERNEL,
	OPT_INITRAMFS,
	OPT_DTB,
	OPT_CMDLINE,
	OPT_KEY,
	OPT_CERT,
	OPT_SIGN_CMD,
	OPT_ALGO,
	OPT_KEY_NAME,
	OPT_UNSIGNED,
	OPT_CONTROL,
	OPT_LOAD,
	OPT_STUB,
	OPT_SECTOR_SIZE
};

static const struct cmd_option options[] = {
	{ "output", 'o', "FILE", "the boot blob to write" },
	{ "fit", 0, NULL, "a FIT, for U-Boot and barebox" },
	{ "uki", 0, NULL, "a unified kernel image in a FAT file system, for UEFI" },
	{ "kernel", 0, "FILE", "Image, Image.gz, zImage or bzImage" },
	{ "initramfs", 0, "FILE", "of lamina initramfs" },
	{ "dtb", 0, "FILE", "a device tree, in a FIT" },
	{ "cmdline", 0, "TEXT", "the kernel's command line; in a FIT it needs --dtb" },
	{ "key", 'k', "FILE", "sign with this private key (PEM, RSA)" },
	{ "cert", 0, "FILE", "its certificate (PEM): for --uki and --control" },
	{ "sign-cmd", 0, "CMD", "sign by a shell command: blob in, signed blob out" },
	{ "algo", 0, "TEXT", "of a FIT that CMD signs (default: sha256,rsa2048)" },
	{ "key-name", 0, "TEXT", "of a FIT's key (default: the name of its file)" },
	{ "unsigned", 0, NULL, "nobody signs: the firmware checks nothing" },
	{ "control", 0, "FILE", "write the public key into this dtb of U-Boot's" },
	{ "load", 0, "ADDRESS", "where U-Boot puts a FIT's kernel (default: it stays)" },
	{ "stub", 0, "FILE", "systemd's stub for UEFI (default: the installed one)" },
	{ "sector-size", 0, "N", "of the device it is for: 512 or 4096 (default: 512)" },
	{ 0 },
};

struct request {
	const char *output, *kernel, *initramfs, *dtb, *stub;
	bool is_fit, is_uki, is_unsigned;
	uint32_t sector_bytes;
	struct bootblob blob;
	struct bootblob_fit fit;
	struct bootblob_signer signer;
	char name[NAME_SIZE], algo[NAME_SIZE];
};

/* A number as U-Boot and its documents write it. */
static int read_load(const char *text, struct request *q, struct err *err)
{
	char *end;

	errno = 0;
	q->fit.load = strtoull(text, &end, 16);
	if (errno || end == text || *end || strchr(text, '-'))
		return cmd_usage(err, "boot: --load: '%s' is not a hexadecimal address",
				 text);
	q->fit.has_load = true;
	return 0;
}

/* It becomes a word of a FIT's source, and the name of a file. */
static int check_word(const char *option, const char *text, struct err *err)
{
	size_t size = strlen(text);

	if (size == 0 || size >= NAME_SIZE || text[0] == '.' ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			 "._,-") != size)
		return cmd_usage(err,
				 "boot: --%s: '%s' is not 1 to %d of A-Z a-z 0-9 . , _ -",
				 option, text, NAME_SIZE - 1);
	return 0;
}

static int request_option(const struct cmd_line *line, struct request *q, int option,
			  struct err *err)
{
	const char **const texts[] = {
		[OPT_OUTPUT] = &q->output,	  [OPT_KERNEL] = &q->kernel,
		[OPT_INITRAMFS] = &q->initramfs,  [OPT_DTB] = &q->dtb,
		[OPT_CMDLINE] = &q->blob.cmdline, [OPT_KEY] = &q->signer.key,
		[OPT_CERT] = &q->signer.cert,	  [OPT_SIGN_CMD] = &q->signer.command,
		[OPT_ALGO] = &q->signer.algo,	  [OPT_KEY_NAME] = &q->signer.name,
		[OPT_CONTROL] = &q->fit.control,  [OPT_STUB] = &q->stub,
	};

	switch (option) {
	case OPT_FIT:
		q->is_fit = true;
		return 0;
	case OPT_UKI:
		q->is_uki = true;
		return 0;
	case OPT_UNSIGNED:
		q->is_unsigned = true;
		return 0;
	case OPT_LOAD:
		return read_load(line->value, q, err);
	case OPT_SECTOR_SIZE:
		return sector_size_read(line, option, &q->sector_bytes, err);
	default:
		*texts[option] = line->value;
	}
	return option == OPT_ALGO || option == OPT_KEY_NAME
		       ? check_word(options[option].name, line->value, err)
		       : 0;
}

/* Options that say something of the other form, or of nobody's signature. */
static int check_form(const struct request *q, struct err *err)
{
	const struct {
		bool given;
		const char *words;
	} wrong[] = {
		{ q->is_uki && q->dtb, "--dtb goes with --fit" },
		{ q->is_uki && q->fit.has_load, "--load goes with --fit" },
		{ q->is_uki && q->fit.control, "--control goes with --fit" },
		{ q->is_uki && q->signer.algo, "--algo goes with --fit" },
		{ q->is_uki && q->signer.name, "--key-name goes with --fit" },
		{ q->is_fit && q->stub, "--stub goes with --uki" },
		{ q->is_fit && q->blob.cmdline && !q->dtb,
		  "--cmdline needs --dtb: a FIT has no other place for it" },
		{ q->fit.control && !q->signer.key, "--control needs --key" },
		{ q->fit.control && !q->signer.cert,
		  "--control needs --cert, in which the public key is" },
		{ q->is_uki && q->signer.key && !q->signer.cert,
		  "--cert is missing: a program for UEFI brings its signer's along" },
		{ q->signer.algo && q->signer.key, "--algo goes with --sign-cmd" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (wrong[i].given)
			return cmd_usage(err, "boot: %s", wrong[i].words);
	return 0;
}

static int request_read(struct cmd_line *line, struct request *q, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		r = request_option(line, q, option, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 0, 0, err);
	if (r < 0)
		return r;
	if (q->is_fit == q->is_uki)
		return cmd_usage(err, "boot: say one of --fit and --uki");
	if (!q->output || !q->kernel || !q->initramfs)
		return cmd_usage(err, "boot: --%s is missing",
				 !q->output   ? "output"
				 : !q->kernel ? "kernel"
					      : "initramfs");
	if (!!q->signer.key + !!q->signer.command + q->is_unsigned != 1)
		return cmd_usage(err,
				 "boot: say one of --key, --sign-cmd and --unsigned");
	return check_form(q, err);
}

/* A FIT names the key and how large it is. */
static int describe_key(struct request *q, struct err *err)
{
	const char *path = q->signer.key, *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path, *dot = strrchr(file, '.');
	struct private_key key;
	int r = input_private_key(path, &key, err);

	if (r < 0)
		return r;
	(void)snprintf(q->algo, sizeof(q->algo), "sha256,rsa%zu", 8 * key.public.size);
	r = key.public.kind == KEY_RSA;
	private_key_done(&key);
	if (!r)
		return err_set(err, -ENOTSUP, "%s: a FIT is signed with RSA", path);
	q->signer.algo = q->algo;
	if (!q->signer.name) {
		(void)snprintf(q->name, sizeof(q->name), "%.*s",
			       dot ? (int)(dot - file) : (int)strlen(file), file);
		q->signer.name = q->name;
	}
	return check_word("key-name", q->signer.name, err);
}

static int make_fit(struct request *q, int fd, struct err *err)
{
	int r = 0;

	if (!q->blob.arch->fit)
		return err_set(err, -ENOTSUP,
			       "%s: for this processor there is no FIT, only --uki",
			       q->kernel);
	if (q->signer.key)
		r = describe_key(q, err);
	if (!q->signer.algo)
		q->signer.algo = "sha256,rsa2048";
	if (!q->signer.name)
		q->signer.name = "lamina";
	return r < 0 ? r : bootblob_fit(&q->blob, &q->fit, &q->signer, fd, err);
}

static int make_uki(struct request *q, int fd, struct err *err)
{
	const struct bootblob_arch *arch = q->blob.arch;
	struct bootblob_file stub = { NULL, 0 };
	char path[128];
	int r;

	if (!arch->efi)
		return err_set(err, -ENOTSUP,
			       "%s: for this processor there is no --uki, only a FIT",
			       q->kernel);
	(void)snprintf(path, sizeof(path), "%s%s.efi.stub", STUBS, arch->stub);
	r = bootblob_read(q->stub ? q->stub : path, &stub, err);
	if (r == -ENOENT && !q->stub)
		return err_set(err, r,
			       "%s is not installed: it is in systemd-boot-efi, of %s",
			       path, arch->name);
	if (r == 0)
		r = bootblob_uki(&q->blob, &stub, &q->signer, q->sector_bytes, fd, err);
	bootblob_file_done(&stub);
	return r;
}

static int make_blob(struct request *q, struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	struct bootblob *blob = &q->blob;
	int r = bootblob_read_kernel(blob, q->kernel, q->fit.has_load, err);

	if (r == 0)
		r = bootblob_read(q->initramfs, &blob->initramfs, err);
	if (r == 0 && q->dtb)
		r = bootblob_read_dtb(q->dtb, &blob->dtb, err);
	if (r == 0 && !bootblob_is_initramfs(&blob->initramfs))
		cmd_note("warning: %s: begins as no initramfs that a kernel knows",
			 q->initramfs);
	if (r == 0)
		r = output_open(&output, AT_FDCWD, q->output, 0666, err);
	if (r < 0)
		return r;
	blob->time = epoch_time();
	r = q->is_fit ? make_fit(q, output.fd, err) : make_uki(q, output.fd, err);
	return r < 0 ? r : output_commit(&output, 0, err);
}

static int boot_run(struct cmd_line *line, struct err *err)
{
	struct request q = { .sector_bytes = 512 };
	int r = request_read(line, &q, err);

	if (r == 0)
		r = make_blob(&q, err);
	bootblob_done(&q.blob);
	return r;
}

const struct cmd cmd_boot = {
	.name = "boot",
	.args = "--fit|--uki --kernel FILE --initramfs FILE -o OUT",
	.help = "Make what a device's firmware loads: kernel and initramfs, signed",
	.options = options,
	.run = boot_run,
};
