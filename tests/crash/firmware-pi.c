/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Raspberry Pi's firmware: it mounts the FAT and takes the partition that autoboot.txt names;
 * the other one after a reboot that asked for it, which it forgets with the power.
 */
#include "crash/firmware-pi.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define MOUNT "/boot"
#define FIRST_SLOT 2	/* the partition that is slot a */
#define SEARCHED 131072 /* bytes of the FAT in which the file is */

/* tests/crash/fixtures writes it, with slot a. */
static const char text[] =
	"[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n";
#define FIRST_NUMBER 35 /* in it */
#define OTHER_NUMBER 62

static char number_of(enum boot_slot slot)
{
	return (char)('0' + FIRST_SLOT + (slot == BOOT_SLOT_B));
}

static void text_for(enum boot_slot usual, char ret_text[sizeof(text)])
{
	memcpy(ret_text, text, sizeof(text));
	ret_text[FIRST_NUMBER] = number_of(usual);
	ret_text[OTHER_NUMBER] = number_of(BOOT_SLOT_A + BOOT_SLOT_B - usual);
}

/* The file is one of the two that there may be, as a whole. */
static int read_file(enum boot_slot *ret_usual, struct err *err)
{
	__fd int fd = open(MOUNT "/autoboot.txt", O_RDONLY | O_CLOEXEC);
	char found[512] = "", wanted[sizeof(text)];
	ssize_t size = fd < 0 ? -1 : read(fd, found, sizeof(found));

	for (enum boot_slot slot = BOOT_SLOT_A; slot <= BOOT_SLOT_B; slot++) {
		text_for(slot, wanted);
		if (size != sizeof(text) - 1 ||
		    memcmp(found, wanted, sizeof(text) - 1) != 0)
			continue;
		*ret_usual = slot;
		return 0;
	}
	return err_set(err, -EBADMSG, "autoboot.txt is damaged");
}

int firmware_pi_read(const char *fat, enum boot_slot *ret_usual, struct err *err)
{
	int r;

	(void)mkdir(MOUNT, 0755);
	if (mount(fat, MOUNT, "vfat", MS_RDONLY, NULL) < 0)
		return err_errno(err, -errno, "the FAT");
	r = read_file(ret_usual, err);
	if (umount2(MOUNT, 0) < 0 && r == 0)
		return err_errno(err, -errno, "the FAT");
	return r;
}

int firmware_pi_write(const char *fat, enum boot_slot usual, struct err *err)
{
	static char bytes[SEARCHED];
	char wanted[sizeof(text)], *at;
	__fd int fd = open(fat, O_RDWR | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_pread_all(fd, bytes, sizeof(bytes), 0);

	if (r < 0)
		return err_errno(err, r, "%s", fat);
	at = memmem(bytes, sizeof(bytes), text, FIRST_NUMBER);
	if (!at)
		return err_set(err, -EBADMSG, "autoboot.txt is not to be found");
	text_for(usual, wanted);
	r = fd_pwrite_all(fd, wanted, sizeof(text) - 1, (uint64_t)(at - bytes));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r < 0 ? err_errno(err, r, "%s", fat) : 0;
}
