/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/initramfs-files.h"

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
#include "format/policy.h"
#include "pack/device/empty.h"
#include "pack/image/input.h"
#include "trust/sha256.h"

#define FILE_MAX_SIZE (64UL << 20)
#define LINKER_SIZE 256
#define NAME_SIZE 1024

/* A whole file into the archive; executable if its owner may execute it. */
static int add_file(struct cpio *cpio, const char *name, const char *path, mode_t mode,
		    struct err *err)
{
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
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
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

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
static void note_linker(const struct initramfs_files *files, const char *add)
{
	char linker[LINKER_SIZE], name[NAME_SIZE];
	__fd int fd = open(strchr(add, '=') + 1, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || !needs_linker(fd, linker))
		return;
	for (size_t i = 0; i < files->add_count; i++)
		if (add_name(files->adds[i], name, NULL) == 0 && linker[0] == '/' &&
		    strcmp(name, linker + 1) == 0)
			return;
	cmd_note("warning: --add %s: needs the dynamic linker %s and libraries; a static "
		 "program needs none",
		 add, linker);
}

int initramfs_files_check(const struct initramfs_files *files, struct err *err)
{
	int r = check_program(files->init, "lamina-init", err);

	if (r == 0 && files->ctl)
		r = check_program(files->ctl, "laminactl", err);
	if (r == 0 && files->udhcpc)
		r = check_program(files->udhcpc, "udhcpc", err);
	for (size_t i = 0; r == 0 && i < files->add_count; i++)
		note_linker(files, files->adds[i]);
	return r;
}

static int add_policy(struct cpio *cpio, const struct initramfs_files *files,
		      struct err *err)
{
	char text[POLICY_MAX_SIZE];
	struct policy policy;
	int size = input_read(files->policy, text, sizeof(text), err);
	int r;

	if (size < 0)
		return size;
	r = policy_parse(text, (size_t)size, &policy, err);
	if (r < 0)
		return err_wrap(err, r, "%s", files->policy);
	if (policy.threshold > files->ring.count)
		return err_set(err, -EINVAL,
			       "%s: asks for %u signatures, but there %s %zu key%s",
			       files->policy, policy.threshold,
			       files->ring.count == 1 ? "is" : "are", files->ring.count,
			       files->ring.count == 1 ? "" : "s");
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
static int make_boot_id(const struct cpio *cpio, struct initramfs_files *files,
			struct err *err)
{
	__fd int fd = open(files->kernel, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct digest kernel, all;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, -errno, "%s", files->kernel);
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return err_set(err, -EINVAL, "%s: not a file with something in it",
			       files->kernel);
	r = sha256_of_fd(fd, (uint64_t)st.st_size, &kernel);
	if (r == 0)
		r = cpio_digest(cpio, &kernel, &all);
	if (r < 0)
		return err_errno(err, r, "%s", files->kernel);
	digest_hex(&all, files->boot_id);
	return 0;
}

static int add_boot_id(struct cpio *cpio, struct initramfs_files *files, struct err *err)
{
	char line[BOOT_ID_SIZE + 1];
	int r = files->kernel ? make_boot_id(cpio, files, err) : 0;

	if (r < 0 || !files->boot_id[0])
		return r;
	(void)snprintf(line, sizeof(line), "%s\n", files->boot_id);
	return cpio_add_file(cpio, "etc/lamina/boot", 0644, line, strlen(line), err);
}

int initramfs_files_add(struct initramfs_files *files, struct cpio *cpio, struct err *err)
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
		r = add_policy(cpio, files, err);
	if (r == 0)
		r = add_keyring(cpio, &files->ring, err);
	if (r == 0)
		r = add_file(cpio, "init", files->init, 0755, err);
	if (r == 0 && (files->ctl || files->udhcpc))
		r = cpio_add_dir(cpio, "bin", err);
	if (r == 0 && files->ctl)
		r = add_file(cpio, "bin/laminactl", files->ctl, 0755, err);
	if (r == 0 && files->udhcpc)
		r = add_file(cpio, "bin/udhcpc", files->udhcpc, 0755, err);
	for (size_t i = 0; r == 0 && i < files->add_count; i++)
		r = add_extra(cpio, files->adds[i], err);
	if (r == 0)
		r = add_boot_id(cpio, files, err);
	return r == 0 ? cpio_finish(cpio, err) : r;
}
