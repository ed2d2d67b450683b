/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI: the slots are boot options of the firmware, the first of BootOrder is the usual one,
 * BootNext is for once. Firmware forgets options whose disk it once missed, and makes others
 * of its own: ours are made again before each use, and put before all others. Their numbers
 * are where no firmware counts to. Source: UEFI specification, 3.1 and 10.3.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/le.h"
#include "base/sys.h"
#include "format/arch.h"
#include "loader/loader.h"

#define VENDOR "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define ATTRIBUTES 7	 /* kept, and there for firmware and system */
#define HEAD ((size_t)4) /* the attributes, before the value */
#define ROOM ((size_t)1024)
#define NUMBER 0x4c41
#define FILE_NAME                                                               \
	"\\EFI\\BOOT\\BOOT" /* as on a medium that firmware knows nothing of */ \
		EFI_ARCH ".EFI"
#if defined(__x86_64__)
#define EFI_ARCH "X64"
#elif defined(__aarch64__)
#define EFI_ARCH "AA64"
#elif defined(__arm__)
#define EFI_ARCH "ARM"
#else
#define EFI_ARCH "RISCV64"
#endif

/* A variable as its file has it: what is there, and what is to be. */
static uint8_t now[HEAD + ROOM], next[HEAD + ROOM];

/* Nobody need have it mounted: this is gone with its descriptor. */
static int open_variables(struct err *err)
{
	__fd int fs = sys_fsopen("efivarfs", FSOPEN_CLOEXEC);
	int r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);

	if (r == 0)
		r = sys_fsmount(fs, FSMOUNT_CLOEXEC,
				MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return r < 0 ? err_errno(err, r, "the firmware's variables") : r;
}

static int open_variable(int dir, const char *name, int flags)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s" VENDOR, name);
	return sys_openat(dir, path, flags | O_CLOEXEC, 0644);
}

/* Its value into `now`. The size of that, 0: there is none; or -errno. */
static int get(int dir, const char *name, struct err *err)
{
	__fd int fd = open_variable(dir, name, O_RDONLY);
	ssize_t size = fd == -ENOENT ? 0
		       : fd < 0	     ? fd
				     : fd_read_file(fd, now, sizeof(now));

	if (size < 0)
		return err_errno(err, (int)size, "the firmware's %s", name);
	return size < (ssize_t)HEAD ? 0 : (int)(size - (ssize_t)HEAD);
}

static bool is_now(int found, size_t size)
{
	return (size_t)found == size && memcmp(now + HEAD, next + HEAD, size) == 0;
}

/* The kernel guards what it does not know against an rm -rf. */
static int unguard(int dir, const char *name)
{
	__fd int fd = open_variable(dir, name, O_RDONLY);
	unsigned int flags = 0;
	int r = fd < 0 ? fd : sys_ioctl(fd, FS_IOC_GETFLAGS, &flags);

	if (r < 0 || !(flags & FS_IMMUTABLE_FL))
		return r;
	flags &= ~(unsigned int)FS_IMMUTABLE_FL;
	return sys_ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static int take_away(int dir, const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s" VENDOR, name);
	return sys_unlinkat(dir, path, 0);
}

/* In one call: the firmware gets it whole. */
static int write_once(int dir, const char *name, size_t size)
{
	__fd int fd = open_variable(dir, name, O_WRONLY | O_CREAT);
	ssize_t n;

	le_put(next, ATTRIBUTES, HEAD);
	n = fd < 0 ? fd : sys_write(fd, next, HEAD + size);
	return n < 0 ? (int)n : (size_t)n == HEAD + size ? 0 : -EIO;
}

/* @name becomes the @size bytes of `next`; 0: it is gone. What is so already is not written. */
static int put(int dir, const char *name, size_t size, struct err *err)
{
	int found = get(dir, name, err), r;

	if (found < 0 || is_now(found, size))
		return found < 0 ? found : 0;
	r = found ? unguard(dir, name) : 0;
	if (r == 0)
		r = size ? write_once(dir, name, size) : take_away(dir, name);
	if (r < 0 && !found)
		(void)take_away(dir, name); /* a file without a value */
	if (r == -ENOSPC)
		return err_set(err, r, "the firmware has no room for its variable %s",
			       name);
	if (r < 0)
		return err_errno(err, r, "the firmware's %s", name);
	r = get(dir, name, err);
	if (r >= 0 && !is_now(r, size))
		return err_set(err, -EIO, "the firmware did not keep its variable %s",
			       name);
	return r < 0 ? r : 0;
}

static enum boot_slot slot_of(const uint8_t *number)
{
	uint64_t n = le_get(number, 2) - NUMBER;

	return n < BOOT_SLOTS ? BOOT_SLOT_A + (enum boot_slot)n : BOOT_SLOT_NONE;
}

/* That is the first number of variable @name. Or -errno. */
static int first_of(int dir, const char *name, struct err *err)
{
	int size = get(dir, name, err);

	return size < 2 ? (size < 0 ? size : BOOT_SLOT_NONE) : (int)slot_of(now + HEAD);
}

static int efi_read(const struct loader *loader, struct loader_words *ret_words,
		    struct err *err)
{
	__fd int dir = open_variables(err);
	int usual = dir < 0 ? dir : first_of(dir, "BootOrder", err);
	int once = usual < 0 ? usual : first_of(dir, "BootNext", err);

	(void)loader;
	if (once < 0)
		return once;
	*ret_words = (struct loader_words){ (enum boot_slot)usual, (enum boot_slot)once };
	return 0;
}

/* With its end. Returns how many bytes that takes. */
static size_t put_text(uint8_t *at, const char *text)
{
	size_t n = 0;

	do
		le_put(at + 2 * n, (uint8_t)text[n], 2);
	while (text[n++]);
	return 2 * n;
}

/* The option of slot @i into `next`: its name, the partition by its number, place and id, and
 * the file on it. */
static int make_option(const struct loader *loader, size_t i, struct err *err)
{
	static const char names[][9] = { "Lamina a", "Lamina b" };
	struct gpt_entry part = { .last_lba = 0 };
	struct device device = { .number = 0 };
	uint8_t *at = next + HEAD, *path;
	int r = loader_slot(loader, i, &device, &part, err);

	if (r < 0)
		return r;
	if (!part.last_lba)
		return err_set(err, -ENOTSUP, "%s: not in a GPT", loader->slots[i]);
	le_put(at, 1, 4); /* active */
	path = at + 6 + put_text(at + 6, names[i]);
	le_put(path, 0x002a0104, 4); /* a partition, in 42 bytes */
	le_put(path + 4, device.number, 4);
	le_put(path + 8, part.first_lba, 8);
	le_put(path + 16, part.last_lba - part.first_lba + 1, 8);
	memcpy(path + 24, part.id, sizeof(part.id));
	le_put(path + 40, 0x0202, 2); /* of a GPT, by its id */
	le_put(path + 42, 0x0404, 2); /* a file */
	r = 4 + (int)put_text(path + 46, FILE_NAME);
	le_put(path + 44, (uint64_t)r, 2);
	le_put(path + 42 + r, 0x0004ff7f, 4); /* the end */
	le_put(at + 4, (uint64_t)r + 46, 2);
	return (int)(path - at) + 46 + r;
}

/* Ours before all others, whose order stays. */
static int put_order(int dir, enum boot_slot usual, struct err *err)
{
	int size = get(dir, "BootOrder", err);
	size_t used = 4;

	if (size < 0)
		return size;
	if ((size_t)size > ROOM - used)
		return err_set(err, -EFBIG, "the firmware's BootOrder is too long");
	le_put(next + HEAD, NUMBER + (usual == BOOT_SLOT_B), 2);
	le_put(next + HEAD + 2, NUMBER + (usual != BOOT_SLOT_B), 2);
	for (int i = 0; i + 1 < size; i += 2) {
		if (slot_of(now + HEAD + i))
			continue;
		memcpy(next + HEAD + used, now + HEAD + i, 2);
		used += 2;
	}
	return put(dir, "BootOrder", used, err);
}

/* Somebody else's stays, unless there is one of ours. */
static int put_next(int dir, enum boot_slot once, struct err *err)
{
	int found = once ? 0 : first_of(dir, "BootNext", err);

	if (!once && found <= 0)
		return found;
	le_put(next + HEAD, NUMBER + (uint64_t)(once - BOOT_SLOT_A), 2);
	return put(dir, "BootNext", once ? 2 : 0, err);
}

static int efi_write(const struct loader *loader, const struct loader_words *words,
		     struct err *err)
{
	__fd int dir = open_variables(err);
	static const char options[][9] = { "Boot4C41", "Boot4C42" };
	int r = dir < 0 ? dir : 0;

	for (size_t i = 0; r == 0 && i < BOOT_SLOTS; i++) {
		r = make_option(loader, i, err);
		if (r > 0)
			r = put(dir, options[i], (size_t)r, err);
	}
	if (r == 0 && words->usual)
		r = put_order(dir, words->usual, err);
	return r < 0 ? r : put_next(dir, words->once, err);
}

static enum boot_slot efi_runs(const struct loader *loader)
{
	__fd int dir = open_variables(NULL);
	int slot = dir < 0 ? dir : first_of(dir, "BootCurrent", NULL);

	(void)loader;
	return slot < 0 ? BOOT_SLOT_NONE : (enum boot_slot)slot;
}

const struct loader_ops loader_efi = {
	.name = "efi",
	.read = efi_read,
	.write = efi_write,
	.runs = efi_runs,
	.may_be_full = true,
};
