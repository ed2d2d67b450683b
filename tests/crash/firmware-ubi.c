/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/firmware-ubi.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <mtd/ubi-user.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"

/* A letter each, '-' for none. */
#define WORDS ((size_t)2)

static enum boot_slot slot_of(char letter)
{
	return letter == 'a' ? BOOT_SLOT_A : letter == 'b' ? BOOT_SLOT_B : BOOT_SLOT_NONE;
}

static char letter_of(enum boot_slot slot)
{
	return slot ? boot_slot_name(slot)[0] : '-';
}

int firmware_ubi_read(const char *path, struct loader_words *ret_words, struct err *err)
{
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[WORDS];
	int r = fd < 0 ? -errno : fd_pread_all(fd, text, sizeof(text), 0);

	if (r < 0)
		return err_errno(err, r, "%s", path);
	ret_words->usual = slot_of(text[0]);
	ret_words->once = slot_of(text[1]);
	return 0;
}

int firmware_ubi_write(const char *path, const struct loader_words *words,
		       struct err *err)
{
	const char text[WORDS] = { letter_of(words->usual), letter_of(words->once) };
	struct ubi_leb_change_req req = { .lnum = 0, .bytes = sizeof(text), .dtype = 3 };
	__fd int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UBI_IOCEBCH, &req) < 0 ||
	    write(fd, text, sizeof(text)) != (ssize_t)sizeof(text))
		return err_errno(err, -errno, "%s", path);
	return 0;
}

int firmware_ubi_helper(const char *path, const char *verb, const char *word,
			struct err *err)
{
	struct loader_words words = { .usual = BOOT_SLOT_NONE };
	int r = firmware_ubi_read(path, &words, err);

	if (r < 0)
		return r;
	if (strcmp(verb, "get-default") == 0) {
		printf("%c\n", letter_of(words.usual));
		return 0;
	}
	if (strcmp(verb, "set-default") == 0)
		words.usual = slot_of(word[0]);
	else if (strcmp(verb, "once") == 0)
		words.once = slot_of(word[0] == 'n' ? '-' : word[0]);
	else
		return err_set(err, -EINVAL, "%s: no such verb", verb);
	return firmware_ubi_write(path, &words, err);
}
