/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A FIT: the source of one, and mkimage to make it. The signature is over the configuration,
 * which names kernel, initramfs and device tree by their hashes: none of them can be taken
 * out or put with others. U-Boot: doc/usage/fit/signature.rst.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/device/bootblob.h"
#include "pack/device/bootblob/workshop.h"
#include "pack/host/output.h"
#include "pack/host/tool.h"

#define IS_SIGNED(signer) ((signer)->key || (signer)->command)

static void source_kernel(FILE *its, const struct bootblob *blob,
			  const struct bootblob_fit *wish)
{
	fprintf(its,
		"\t\tkernel {\n"
		"\t\t\tdescription = \"kernel\";\n"
		"\t\t\tdata = /incbin/(\"kernel\");\n"
		"\t\t\ttype = \"%s\";\n"
		"\t\t\tarch = \"%s\";\n"
		"\t\t\tos = \"linux\";\n"
		"\t\t\tcompression = \"%s\";\n"
		"\t\t\tload = <0x%" PRIx64 " 0x%" PRIx64 ">;\n"
		"\t\t\tentry = <0x%" PRIx64 " 0x%" PRIx64 ">;\n"
		"\t\t\thash-1 { algo = \"sha256\"; };\n"
		"\t\t};\n",
		wish->has_load ? "kernel" : "kernel_noload", blob->arch->fit,
		blob->kernel_is_gzip ? "gzip" : "none", wish->load >> 32,
		wish->load & UINT32_MAX, wish->load >> 32, wish->load & UINT32_MAX);
}

static void source_part(FILE *its, const struct bootblob *blob, const char *name,
			const char *type)
{
	fprintf(its,
		"\t\t%s {\n"
		"\t\t\tdescription = \"%s\";\n"
		"\t\t\tdata = /incbin/(\"%s\");\n"
		"\t\t\ttype = \"%s\";\n"
		"\t\t\tarch = \"%s\";\n"
		"\t\t\tos = \"linux\";\n"
		"\t\t\tcompression = \"none\";\n"
		"\t\t\thash-1 { algo = \"sha256\"; };\n"
		"\t\t};\n",
		name, name, name, type, blob->arch->fit);
}

static void source_conf(FILE *its, const struct bootblob *blob,
			const struct bootblob_signer *signer)
{
	const char *fdt = blob->dtb.bytes ? ", \"fdt\"" : "";

	fprintf(its, "\tconfigurations {\n"
		     "\t\tdefault = \"conf\";\n"
		     "\t\tconf {\n"
		     "\t\t\tkernel = \"kernel\";\n"
		     "\t\t\tramdisk = \"initramfs\";\n");
	if (blob->dtb.bytes)
		fprintf(its, "\t\t\tfdt = \"fdt\";\n");
	if (IS_SIGNED(signer))
		fprintf(its,
			"\t\t\tsignature-1 {\n"
			"\t\t\t\talgo = \"%s\";\n"
			"\t\t\t\tkey-name-hint = \"%s\";\n"
			"\t\t\t\tsign-images = \"kernel\", \"ramdisk\"%s;\n"
			"\t\t\t};\n",
			signer->algo, signer->name, fdt);
	fprintf(its, "\t\t};\n\t};\n");
}

static int put_source(const struct workshop *workshop, const struct bootblob *blob,
		      const struct bootblob_fit *wish,
		      const struct bootblob_signer *signer, struct err *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *its = open_memstream(&text, &size);
	int r;

	if (!its)
		return err_errno(err, -ENOMEM, "FIT");
	fprintf(its, "/dts-v1/;\n/ {\n"
		     "\tdescription = \"Lamina boot blob\";\n"
		     "\t#address-cells = <2>;\n"
		     "\timages {\n");
	source_kernel(its, blob, wish);
	source_part(its, blob, "initramfs", "ramdisk");
	if (blob->dtb.bytes)
		source_part(its, blob, "fdt", "flat_dt");
	fprintf(its, "\t};\n");
	source_conf(its, blob, signer);
	fprintf(its, "};\n");
	r = fclose(its) != 0 ? err_errno(err, -ENOMEM, "FIT")
			     : workshop_put(workshop, "its", text, size, err);
	free(text);
	return r;
}

static int run_program(const struct bootblob *blob, const char *const *argv,
		       struct err *err)
{
	char time[40];
	const char *const env[] = { time, NULL };
	const struct tool_options run = { .argv = argv, .env = env };

	(void)snprintf(time, sizeof(time), "SOURCE_DATE_EPOCH=%" PRIu32, blob->time);
	return tool_run(&run, err);
}

/* The kernel's command line has a place in a device tree, and none in a FIT. */
static int put_dtb(const struct workshop *workshop, const struct bootblob *blob,
		   struct err *err)
{
	char *dtb = workshop_path(workshop, "fdt");
	const char *const argv[] = { "fdtput",	"-p",	    "-t",	   "s", dtb,
				     "/chosen", "bootargs", blob->cmdline, NULL };
	int r = dtb ? workshop_put(workshop, "fdt", blob->dtb.bytes, blob->dtb.size, err)
		    : err_errno(err, -ENOMEM, "FIT");

	if (r == 0 && blob->cmdline)
		r = run_program(blob, argv, err);
	free(dtb);
	return r;
}

/* mkimage looks for NAME.key and NAME.crt in a directory. */
static int put_keys(const struct workshop *workshop, const struct bootblob_signer *signer,
		    struct err *err)
{
	char *key, *cert;
	int r = 0;

	if (!signer->key)
		return 0;
	if (asprintf(&key, "%s.key", signer->name) < 0)
		return err_errno(err, -ENOMEM, "FIT");
	r = workshop_link(workshop, key, signer->key, err);
	free(key);
	if (r < 0 || !signer->cert)
		return r;
	if (asprintf(&cert, "%s.crt", signer->name) < 0)
		return err_errno(err, -ENOMEM, "FIT");
	r = workshop_link(workshop, cert, signer->cert, err);
	free(cert);
	return r;
}

static int run_mkimage(const struct workshop *workshop, const struct bootblob *blob,
		       const struct bootblob_signer *signer, const char *control,
		       struct err *err)
{
	char *its = workshop_path(workshop, "its"), *fit = workshop_path(workshop, "fit");
	char *dtb = workshop_path(workshop, "control");
	const char *argv[12] = { "mkimage", "-f", its };
	size_t count = 3;
	int r;

	/* a command signs later; without -k mkimage leaves the signature's place empty */
	if (signer->key) {
		argv[count++] = "-k";
		argv[count++] = workshop->path;
	}
	if (control) {
		argv[count++] = "-K";
		argv[count++] = dtb;
		argv[count++] = "-r";
	}
	argv[count++] = fit;
	r = its && fit && dtb ? run_program(blob, argv, err)
			      : err_errno(err, -ENOMEM, "mkimage");
	free(its);
	free(fit);
	free(dtb);
	return r;
}

/* The file with the public key in it takes the old one's place. */
static int write_control(const struct workshop *workshop, const char *path,
			 struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	struct bootblob_file control = { NULL, 0 };
	int r = workshop_take(workshop, "control", &control, err);

	if (r == 0)
		r = output_open(&output, AT_FDCWD, path, 0666, err);
	if (r == 0)
		r = fd_write_all(output.fd, control.bytes, control.size);
	if (r == 0)
		r = output_commit(&output, 0, err);
	bootblob_file_done(&control);
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}

static int put_all(const struct workshop *workshop, const struct bootblob *blob,
		   const struct bootblob_fit *wish, const struct bootblob_signer *signer,
		   struct err *err)
{
	struct bootblob_file control = { NULL, 0 };
	int r = put_source(workshop, blob, wish, signer, err);

	if (r == 0)
		r = workshop_put(workshop, "kernel", blob->kernel.bytes,
				 blob->kernel.size, err);
	if (r == 0)
		r = workshop_put(workshop, "initramfs", blob->initramfs.bytes,
				 blob->initramfs.size, err);
	if (r == 0 && blob->dtb.bytes)
		r = put_dtb(workshop, blob, err);
	if (r == 0)
		r = put_keys(workshop, signer, err);
	if (r == 0 && wish->control)
		r = bootblob_read_dtb(wish->control, &control, err);
	if (r == 0 && wish->control)
		r = workshop_put(workshop, "control", control.bytes, control.size, err);
	bootblob_file_done(&control);
	return r;
}

/* What nobody can sign without a command is signed by it at the end. */
static int finish(const struct bootblob_signer *signer, const struct bootblob_file *fit,
		  int fd, struct err *err)
{
	struct bootblob_file answer = { NULL, 0 };
	const struct bootblob_file *done = fit;
	int r = 0;

	if (signer->command) {
		r = bootblob_ask(signer->command, fit, &answer, err);
		done = &answer;
	}
	if (r == 0 && signer->command &&
	    (answer.size < 4 || memcmp(answer.bytes, fit->bytes, 4) != 0))
		r = err_set(err, -EBADMSG, "sign-cmd: its answer is no FIT");
	if (r == 0 && signer->command && answer.size == fit->size &&
	    memcmp(answer.bytes, fit->bytes, fit->size) == 0)
		r = err_set(err, -EBADMSG, "sign-cmd: its answer is not signed");
	if (r == 0) {
		r = fd_write_all(fd, done->bytes, done->size);
		if (r < 0)
			r = err_errno(err, r, "FIT");
	}
	bootblob_file_done(&answer);
	return r;
}

int bootblob_fit(const struct bootblob *blob, const struct bootblob_fit *wish,
		 const struct bootblob_signer *signer, int fd, struct err *err)
{
	__workshop struct workshop workshop = { NULL };
	struct bootblob_file fit = { NULL, 0 };
	int r = workshop_open(&workshop, err);

	if (r == 0)
		r = put_all(&workshop, blob, wish, signer, err);
	if (r == 0)
		r = run_mkimage(&workshop, blob, signer, wish->control, err);
	if (r == 0)
		r = workshop_take(&workshop, "fit", &fit, err);
	if (r == 0)
		r = finish(signer, &fit, fd, err);
	if (r == 0 && wish->control)
		r = write_control(&workshop, wish->control, err);
	bootblob_file_done(&fit);
	return r;
}
