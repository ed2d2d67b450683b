/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "format/arch.h"
#include "pack/cmd/describe.h"
#include "pack/cmd/initramfs-files.h"
#include "pack/host/output.h"
#include "pack/image/input.h"

#define NAME_SIZE 1024

enum {
	OPT_OUTPUT,
	OPT_ARCH,
	OPT_INIT,
	OPT_CTL,
	OPT_UDHCPC,
	OPT_POLICY,
	OPT_KEY,
	OPT_KEYRING,
	OPT_ADD,
	OPT_BOOT_ID,
	OPT_KERNEL
};

static const struct cmd_option options[] = {
	{ "output", 'o', "FILE", "the initramfs to write" },
	{ "arch", 0, "ARCH", "take the programs that were installed for this processor" },
	{ "init", 0, "FILE", "lamina-init of the device's build: becomes /init" },
	{ "ctl", 0, "FILE", "laminactl of that build, or none: becomes /bin/laminactl" },
	{ "udhcpc", 0, "FILE", "its DHCP client, or none (the one beside lamina-init)" },
	{ "policy", 0, "FILE", "what the device allows: becomes /etc/lamina/policy" },
	{ "key", 'k', "FILE", "a public key (PEM) the device trusts; may be repeated" },
	{ "keyring", 0, "FILE", "a keyring made before, instead of --key or beside it" },
	{ "add", 0, "PATH=FILE", "one more file; may be repeated" },
	{ "boot-id", 0, "ID", "what images call it that are for it alone" },
	{ "kernel", 0, "FILE",
	  "that it goes with: ID is made of it and of what is here" },
	{ 0 },
};

struct request {
	const char *output, *arch;
	struct initramfs_files files;
	char installed[2][NAME_SIZE]; /* what init and ctl may point to */
	char beside[NAME_SIZE];	      /* what udhcpc may point to */
};

static int request_option(struct request *q, int option, const char *value,
			  struct err *err)
{
	const char **const texts[] = {
		[OPT_OUTPUT] = &q->output,	 [OPT_INIT] = &q->files.init,
		[OPT_CTL] = &q->files.ctl,	 [OPT_UDHCPC] = &q->files.udhcpc,
		[OPT_POLICY] = &q->files.policy, [OPT_KERNEL] = &q->files.kernel,
	};

	switch (option) {
	case OPT_ARCH:
		q->arch = describe_arch(value);
		return q->arch ? 0
			       : cmd_usage(err, "initramfs: --arch: no device is a '%s'",
					   value);
	case OPT_KEY:
		return input_add_key(&q->files.ring, value, err);
	case OPT_KEYRING:
		return input_keyring(&q->files.ring, value, err);
	case OPT_BOOT_ID:
		if (!boot_id_valid(value, strlen(value)))
			return cmd_usage(err,
					 "initramfs: --boot-id: '%s' is not 1 to %d of "
					 "A-Z a-z 0-9 . _ -",
					 value, BOOT_ID_SIZE - 1);
		(void)stpcpy(q->files.boot_id, value);
		return 0;
	case OPT_ADD:
		q->files.adds[q->files.add_count++] = (char *)value;
		return strchr(value, '=')
			       ? 0
			       : cmd_usage(err, "initramfs: --add: '%s' is not PATH=FILE",
					   value);
	default:
		*texts[option] = value;
		return 0;
	}
}

/* `make install-device` puts a device's programs beside the folder that this program is in. */
static int find_installed(struct request *q, struct err *err)
{
	const char *arch = q->arch ? q->arch : ARCH;
	char self[NAME_SIZE], *slash;
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);
	static const char *const names[2] = { "lamina-init", "laminactl" };

	self[size < 0 ? 0 : size] = '\0';
	slash = strrchr(self, '/');
	for (size_t i = 0; i < 2; i++)
		if (snprintf(q->installed[i], NAME_SIZE, "%.*s/../lib/lamina/%s/%s",
			     slash ? (int)(slash - self) : 0, self, arch,
			     names[i]) >= NAME_SIZE)
			return err_errno(err, -ENAMETOOLONG, "%s", self);
	if (access(q->installed[0], F_OK) < 0)
		return cmd_usage(
			err,
			"initramfs: --init is missing, and for %s there is no %s "
			"(make install-device)",
			arch, q->installed[0]);
	q->files.init = q->installed[0];
	if (!q->files.ctl && access(q->installed[1], F_OK) == 0)
		q->files.ctl = q->installed[1];
	return 0;
}

static int request_read(struct cmd_line *line, struct request *q, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		r = request_option(q, option, line->value, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 0, 0, err);
	if (r < 0)
		return r;
	if (!q->output || !q->files.policy)
		return cmd_usage(err, "initramfs: --%s is missing",
				 !q->output ? "output" : "policy");
	if (q->files.ring.count == 0)
		return cmd_usage(
			err, "initramfs: no key: a device that trusts nobody can't boot");
	if (q->files.kernel && q->files.boot_id[0])
		return cmd_usage(err,
				 "initramfs: --kernel makes the id that --boot-id says");
	if (q->arch && q->files.init)
		return cmd_usage(err, "initramfs: --arch looks for what --init names");
	if (!q->files.init)
		r = find_installed(q, err);
	if (q->files.ctl && strcmp(q->files.ctl, "none") == 0)
		q->files.ctl = NULL;
	return r;
}

/* The DHCP client, if any, that a device's build has left beside lamina-init. */
static void find_udhcpc(struct request *q)
{
	struct initramfs_files *files = &q->files;
	const char *slash = strrchr(files->init, '/');

	if (files->udhcpc && strcmp(files->udhcpc, "none") == 0)
		files->udhcpc = NULL;
	else if (!files->udhcpc &&
		 snprintf(q->beside, NAME_SIZE, "%.*sudhcpc",
			  slash ? (int)(slash + 1 - files->init) : 0,
			  files->init) < NAME_SIZE &&
		 access(q->beside, F_OK) == 0)
		files->udhcpc = q->beside;
}

static int write_initramfs(struct request *q, struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	struct cpio *cpio;
	int r = initramfs_files_check(&q->files, err);

	if (r == 0)
		r = output_open(&output, AT_FDCWD, q->output, 0666, err);
	if (r < 0)
		return r;
	cpio = cpio_new(output.fd);
	r = cpio ? initramfs_files_add(&q->files, cpio, err)
		 : err_errno(err, -ENOMEM, "%s", q->output);
	cpio_free(cpio);
	if (r == 0)
		r = output_commit(&output, 0, err);
	if (r == 0 && q->files.boot_id[0])
		puts(q->files.boot_id);
	return r;
}

static int initramfs_run(struct cmd_line *line, struct err *err)
{
	struct request q = { .files.adds = calloc((size_t)line->argc, sizeof(char *)) };
	int r = q.files.adds ? request_read(line, &q, err) : -ENOMEM;

	if (r == 0) {
		find_udhcpc(&q);
		r = write_initramfs(&q, err);
	}
	free(q.files.adds);
	return r;
}

const struct cmd cmd_initramfs = {
	.name = "initramfs",
	.args = "-o FILE --policy FILE -k FILE...",
	.help = "Make a device's initramfs: init, policy and the keys it trusts",
	.options = options,
	.run = initramfs_run,
};
