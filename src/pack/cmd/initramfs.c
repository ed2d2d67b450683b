/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/elf.h"
#include "base/fd.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "format/arch.h"
#include "format/boot-id.h"
#include "format/keyring.h"
#include "format/policy.h"
#include "pack/cmd/describe.h"
#include "pack/device/cpio.h"
#include "pack/device/empty.h"
#include "pack/host/output.h"
#include "pack/image/input.h"
#include "trust/sha256.h"

#define FILE_MAX_SIZE (64UL << 20)
#define LINKER_SIZE 256
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
	const char *output, *arch, *init, *ctl, *udhcpc, *policy, *kernel;
	char boot_id[BOOT_ID_SIZE];   /* "": none was given */
	char installed[2][NAME_SIZE]; /* what init and ctl may point to */
	struct keyring ring;
	char **adds; /* arguments of --add, borrowed */
	size_t add_count;
};

static int request_option(struct request *q, int option, const char *value,
			  struct err *err)
{
	const char **const texts[] = {
		[OPT_OUTPUT] = &q->output, [OPT_INIT] = &q->init,
		[OPT_CTL] = &q->ctl,	   [OPT_UDHCPC] = &q->udhcpc,
		[OPT_POLICY] = &q->policy, [OPT_KERNEL] = &q->kernel,
	};

	switch (option) {
	case OPT_ARCH:
		q->arch = describe_arch(value);
		return q->arch ? 0
			       : cmd_usage(err, "initramfs: --arch: no device is a '%s'",
					   value);
	case OPT_KEY:
		return input_add_key(&q->ring, value, err);
	case OPT_KEYRING:
		return input_keyring(&q->ring, value, err);
	case OPT_BOOT_ID:
		if (!boot_id_valid(value, strlen(value)))
			return cmd_usage(err,
					 "initramfs: --boot-id: '%s' is not 1 to %d of "
					 "A-Z a-z 0-9 . _ -",
					 value, BOOT_ID_SIZE - 1);
		(void)stpcpy(q->boot_id, value);
		return 0;
	case OPT_ADD:
		q->adds[q->add_count++] = (char *)value;
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
	q->init = q->installed[0];
	if (!q->ctl && access(q->installed[1], F_OK) == 0)
		q->ctl = q->installed[1];
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
	if (!q->output || !q->policy)
		return cmd_usage(err, "initramfs: --%s is missing",
				 !q->output ? "output" : "policy");
	if (q->ring.count == 0)
		return cmd_usage(
			err, "initramfs: no key: a device that trusts nobody can't boot");
	if (q->kernel && q->boot_id[0])
		return cmd_usage(err,
				 "initramfs: --kernel makes the id that --boot-id says");
	if (q->arch && q->init)
		return cmd_usage(err, "initramfs: --arch looks for what --init names");
	if (!q->init)
		r = find_installed(q, err);
	if (q->ctl && strcmp(q->ctl, "none") == 0)
		q->ctl = NULL;
	return r;
}

/* A whole file into the archive; executable if its owner may execute it. */
static int add_file(struct cpio *cpio, const char *name, const char *path, mode_t mode,
		    struct err *err)
{
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, -errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "%s: not a regular file", path);
	if ((uint64_t)st.st_size > FILE_MAX_SIZE)
		return err_set(err, -EFBIG, "%s: too large for an initramfs", path);
	if (st.st_size == 0)
		return err_set(err, -EINVAL, "%s: is empty", path);
	bytes = malloc((size_t)st.st_size);
	r = bytes ? fd_pread_all(fd, bytes, (size_t)st.st_size, 0) : -ENOMEM;
	if (r < 0)
		r = err_errno(err, r, "%s", path);
	else
		r = cpio_add_file(cpio, name, mode | (st.st_mode & 0100 ? 0111 : 0),
				  bytes, (size_t)st.st_size, err);
	free(bytes);
	return r;
}

/* Does it name an interpreter? Files that are no ELF file don't. */
static bool needs_linker(int fd, char ret_name[LINKER_SIZE])
{
	struct elf_segment name;
	uint8_t ident[EI_NIDENT];

	if (fd_pread_all(fd, ident, sizeof(ident), 0) < 0 ||
	    memcmp(ident, ELFMAG, SELFMAG) != 0 || ident[EI_DATA] != ELFDATA2LSB ||
	    elf_find(fd, PT_INTERP, &name) <= 0)
		return false;
	memset(ret_name, 0, LINKER_SIZE);
	if (name.size_bytes < LINKER_SIZE)
		(void)fd_pread_all(fd, ret_name, (size_t)name.size_bytes,
				   (off_t)name.offset);
	return true;
}

/* It must be something that the kernel can start without anything else there. */
static int check_program(const char *path, const char *device, struct err *err)
{
	char magic[4], linker[LINKER_SIZE];
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, -errno, "%s", path);
	if (fd_pread_all(fd, magic, sizeof(magic), 0) < 0 ||
	    (memcmp(magic, "\177ELF", 4) != 0 && memcmp(magic, "#!", 2) != 0))
		return err_set(err, -ENOEXEC, "%s: not a program", path);
	if (needs_linker(fd, linker))
		return err_set(
			err, -ENOEXEC,
			"%s: needs a dynamic linker; take the device's build (build/%s)",
			path, device);
	return 0;
}

static int add_policy(struct cpio *cpio, const struct request *q, struct err *err)
{
	char text[POLICY_MAX_SIZE];
	struct policy policy;
	int size = input_read(q->policy, text, sizeof(text), err);
	int r;

	if (size < 0)
		return size;
	r = policy_parse(text, (size_t)size, &policy, err);
	if (r < 0)
		return err_wrap(err, r, "%s", q->policy);
	if (policy.threshold > q->ring.count)
		return err_set(err, -EINVAL,
			       "%s: asks for %u signatures, but there %s %zu key%s",
			       q->policy, policy.threshold,
			       q->ring.count == 1 ? "is" : "are", q->ring.count,
			       q->ring.count == 1 ? "" : "s");
	r = cpio_add_file(cpio, "etc/lamina/policy", 0644, text, (size_t)size, err);
	if (r == 0)
		r = empty_add(cpio, err);
	if (r == -ENOENT && !policy.secret[0]) {
		cmd_note("without an empty file system no volume can have a size: %s",
			 err->text);
		r = 0;
	}
	return r;
}

static int add_keyring(struct cpio *cpio, const struct keyring *ring, struct err *err)
{
	char text[KEYRING_MAX_SIZE];
	int size = keyring_write(ring, text, sizeof(text));

	if (size < 0)
		return err_errno(err, size, "keyring");
	return cpio_add_file(cpio, "etc/lamina/keyring", 0644, text, (size_t)size, err);
}

/* The path that "PATH=FILE" names, without slashes before it. */
static int add_name(const char *add, char ret_name[NAME_SIZE], struct err *err)
{
	char *path = strndup(add, strcspn(add, "="));
	int r = path ? str_below_root(path, ret_name, NAME_SIZE) : -ENOMEM;

	free(path);
	if (r < 0 || strcmp(ret_name, ".") == 0)
		return err_set(err, r < 0 ? r : -EINVAL,
			       "--add %s: not a path below the root", add);
	return 0;
}

/* A shell that doesn't start is found out about when it is needed. */
static void note_linker(const struct request *q, const char *add)
{
	char linker[LINKER_SIZE], name[NAME_SIZE];
	__fd int fd = open(strchr(add, '=') + 1, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || !needs_linker(fd, linker))
		return;
	for (size_t i = 0; i < q->add_count; i++)
		if (add_name(q->adds[i], name, NULL) == 0 && linker[0] == '/' &&
		    strcmp(name, linker + 1) == 0)
			return;
	cmd_note("warning: --add %s: needs the dynamic linker %s and libraries; a static "
		 "program needs none",
		 add, linker);
}

static int add_extra(struct cpio *cpio, const char *add, struct err *err)
{
	const char *file = strchr(add, '=') + 1;
	char name[NAME_SIZE];
	int r = add_name(add, name, err);

	if (r == 0)
		r = cpio_add_parents(cpio, name, err);
	if (r == 0)
		r = add_file(cpio, name, file, 0644, err);
	return r;
}

/* Another kernel or another file here, another id. */
static int make_boot_id(const struct cpio *cpio, struct request *q, struct err *err)
{
	__fd int fd = open(q->kernel, O_RDONLY | O_CLOEXEC);
	struct digest kernel, all;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, -errno, "%s", q->kernel);
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return err_set(err, -EINVAL, "%s: not a file with something in it",
			       q->kernel);
	r = sha256_of_fd(fd, (uint64_t)st.st_size, &kernel);
	if (r == 0)
		r = cpio_digest(cpio, &kernel, &all);
	if (r < 0)
		return err_errno(err, r, "%s", q->kernel);
	digest_hex(&all, q->boot_id);
	return 0;
}

static int add_boot_id(struct cpio *cpio, struct request *q, struct err *err)
{
	char line[BOOT_ID_SIZE + 1];
	int r = q->kernel ? make_boot_id(cpio, q, err) : 0;

	if (r < 0 || !q->boot_id[0])
		return r;
	(void)snprintf(line, sizeof(line), "%s\n", q->boot_id);
	return cpio_add_file(cpio, "etc/lamina/boot", 0644, line, strlen(line), err);
}

static int add_all(struct cpio *cpio, struct request *q, struct err *err)
{
	static const char *const dirs[] = { "dev",  "etc", "etc/lamina",
					    "proc", "run", "sys" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		r = cpio_add_dir(cpio, dirs[i], err);
	/* the kernel opens it for init's messages before /init can make one */
	if (r == 0)
		r = cpio_add_char(cpio, "dev/console", 0600, 5, 1, err);
	if (r == 0)
		r = add_policy(cpio, q, err);
	if (r == 0)
		r = add_keyring(cpio, &q->ring, err);
	if (r == 0)
		r = add_file(cpio, "init", q->init, 0755, err);
	if (r == 0 && (q->ctl || q->udhcpc))
		r = cpio_add_dir(cpio, "bin", err);
	if (r == 0 && q->ctl)
		r = add_file(cpio, "bin/laminactl", q->ctl, 0755, err);
	if (r == 0 && q->udhcpc)
		r = add_file(cpio, "bin/udhcpc", q->udhcpc, 0755, err);
	for (size_t i = 0; r == 0 && i < q->add_count; i++)
		r = add_extra(cpio, q->adds[i], err);
	if (r == 0)
		r = add_boot_id(cpio, q, err);
	return r == 0 ? cpio_finish(cpio, err) : r;
}

/* The DHCP client, if any, that a device's build has left beside lamina-init. */
static int find_udhcpc(struct request *q, char path[NAME_SIZE], struct err *err)
{
	const char *slash = strrchr(q->init, '/');

	if (q->udhcpc && strcmp(q->udhcpc, "none") == 0)
		q->udhcpc = NULL;
	else if (!q->udhcpc &&
		 snprintf(path, NAME_SIZE, "%.*sudhcpc",
			  slash ? (int)(slash + 1 - q->init) : 0, q->init) < NAME_SIZE &&
		 access(path, F_OK) == 0)
		q->udhcpc = path;
	return q->udhcpc ? check_program(q->udhcpc, "udhcpc", err) : 0;
}

static int write_initramfs(struct request *q, struct err *err)
{
	char udhcpc[NAME_SIZE];
	__output struct output output = OUTPUT_INIT;
	struct cpio *cpio;
	int r = check_program(q->init, "lamina-init", err);

	if (r == 0 && q->ctl)
		r = check_program(q->ctl, "laminactl", err);
	if (r == 0)
		r = find_udhcpc(q, udhcpc, err);
	if (r == 0)
		r = output_open(&output, AT_FDCWD, q->output, 0666, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < q->add_count; i++)
		note_linker(q, q->adds[i]);
	cpio = cpio_new(output.fd);
	r = cpio ? add_all(cpio, q, err) : err_errno(err, -ENOMEM, "%s", q->output);
	cpio_free(cpio);
	if (r == 0)
		r = output_commit(&output, 0, err);
	if (r == 0 && q->boot_id[0])
		puts(q->boot_id);
	return r;
}

static int initramfs_run(struct cmd_line *line, struct err *err)
{
	struct request q = { .adds = calloc((size_t)line->argc, sizeof(char *)) };
	int r = q.adds ? request_read(line, &q, err) : -ENOMEM;

	if (r == 0)
		r = write_initramfs(&q, err);
	free(q.adds);
	return r;
}

const struct cmd cmd_initramfs = {
	.name = "initramfs",
	.args = "-o FILE --policy FILE -k FILE...",
	.help = "Make a device's initramfs: init, policy and the keys it trusts",
	.options = options,
	.run = initramfs_run,
};
