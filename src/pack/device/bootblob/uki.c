/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A unified kernel image: a stub of systemd's with kernel, initramfs and command line as
 * sections, which is one program that firmware checks as a whole; and the file system in
 * which firmware looks for it. The Unified Kernel Image specification of the UAPI Group.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "pack/device/bootblob.h"
#include "pack/device/bootblob/workshop.h"
#include "pack/host/tool.h"

#define OS_RELEASE "ID=lamina\nNAME=Lamina\nPRETTY_NAME=Lamina\n"

static int check(const struct bootblob *blob, const struct bootblob_file *stub,
		 struct err *err)
{
	int machine = bootblob_pe_machine(stub);

	if (machine < 0)
		return err_set(err, machine, "stub: no program for UEFI");
	if (machine != blob->arch->pe_machine)
		return err_set(err, -EINVAL,
			       "stub: is for another processor than the kernel (%s)",
			       blob->arch->name);
	if (bootblob_pe_machine(&blob->kernel) != machine)
		return err_set(
			err, -EINVAL,
			"kernel: UEFI can't start it: it is built without EFI_STUB");
	return 0;
}

static int join(const struct bootblob *blob, const struct bootblob_file *stub,
		struct bootblob_file *ret_pe, struct err *err)
{
	struct bootblob_section sections[4] = {
		{ ".osrel", OS_RELEASE, strlen(OS_RELEASE) },
	};
	size_t count = 1;

	if (blob->cmdline)
		sections[count++] = (struct bootblob_section){ ".cmdline", blob->cmdline,
							       strlen(blob->cmdline) };
	sections[count++] = (struct bootblob_section){ ".initrd", blob->initramfs.bytes,
						       blob->initramfs.size };
	sections[count++] = (struct bootblob_section){ ".linux", blob->kernel.bytes,
						       blob->kernel.size };
	return bootblob_pe_add(stub, sections, count, ret_pe, err);
}

static int run_sbsign(const struct workshop *workshop,
		      const struct bootblob_signer *signer, struct err *err)
{
	char *in = workshop_path(workshop, "plain");
	char *out = workshop_path(workshop, "signed");
	const char *const argv[] = { "sbsign", "--key",	     signer->key,
				     "--cert", signer->cert, "--output",
				     out,      in,	     NULL };
	const struct tool_options run = { .argv = argv };
	int r = in && out ? tool_run(&run, err) : err_errno(err, -ENOMEM, "sbsign");

	free(in);
	free(out);
	return r;
}

static int sign(const struct bootblob_signer *signer, const struct bootblob_file *plain,
		struct bootblob_file *ret_signed, struct err *err)
{
	__workshop struct workshop workshop = { NULL };
	int r;

	if (signer->command)
		return bootblob_ask(signer->command, plain, ret_signed, err);
	r = workshop_open(&workshop, err);
	if (r == 0)
		r = workshop_put(&workshop, "plain", plain->bytes, plain->size, err);
	if (r == 0)
		r = run_sbsign(&workshop, signer, err);
	return r < 0 ? r : workshop_take(&workshop, "signed", ret_signed, err);
}

int bootblob_uki(const struct bootblob *blob, const struct bootblob_file *stub,
		 const struct bootblob_signer *signer, uint32_t sector_bytes, int fd,
		 struct err *err)
{
	struct bootblob_file plain = { NULL, 0 }, done = { NULL, 0 };
	bool is_signed = signer->key || signer->command;
	int r = check(blob, stub, err);

	if (r == 0)
		r = join(blob, stub, &plain, err);
	if (r == 0 && is_signed)
		r = sign(signer, &plain, &done, err);
	if (r == 0 && is_signed &&
	    (bootblob_pe_machine(&done) < 0 || done.size <= plain.size))
		r = err_set(err, -EBADMSG, "its answer is no signed program for UEFI");
	if (r == 0)
		r = bootblob_fat(blob->arch->efi, is_signed ? &done : &plain,
				 sector_bytes, fd, err);
	bootblob_file_done(&plain);
	bootblob_file_done(&done);
	return r;
}
