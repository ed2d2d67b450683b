/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two variables as text in a loader's own block, of which the first sector has all: a disk
 * writes that whole or not at all. Whatever else stands there is nobody's word, and gone with
 * the next write. U-Boot's `env import -c`: a CRC-32 of what follows, texts ended by NUL, in
 * two copies, of which the first counts if it is whole. GRUB's load_env: a line, then lines,
 * filled up with #; GRUB writes nothing but files, so it is one in a tar archive.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/fd.h"
#include "base/le.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/find/gpt.h"
#include "loader/loader.h"

#define SECTOR 512
#define STRIDE 4096 /* from one copy to the next */
#define PLACES 2
#define CRC_SIZE 4
#define GRUB_HEAD "# GRUB Environment Block\n"

struct vars_kind {
	const char *head; /* NULL: the sum */
	uint16_t head_size;
	uint16_t size;	/* of a copy as it is written */
	uint16_t reach; /* how far the loader looks */
	uint8_t first;	/* of the two places: the other one is another file's */
	char end, fill; /* of a text, of the block */
};

static _Alignas(STRIDE) uint8_t block[STRIDE], wanted[STRIDE];

static uint32_t sum(const uint8_t *bytes)
{
	return gpt_crc32(0, bytes + CRC_SIZE, SECTOR - CRC_SIZE);
}

static bool is_whole(const struct vars_kind *kind)
{
	return kind->head ? memcmp(block, kind->head, kind->head_size) == 0
			  : le_get(block, CRC_SIZE) == sum(block);
}

/* As the loader's script takes it: what is not b is a. The last one counts. */
static enum boot_slot value_of(const struct vars_kind *kind, const char *name)
{
	enum boot_slot slot = BOOT_SLOT_NONE;
	size_t name_size = strlen(name);

	for (size_t at = kind->head_size; at < kind->reach && block[at] != '\0';) {
		const uint8_t *text = block + at;
		const uint8_t *end = memchr(text, kind->end, kind->reach - at);
		size_t size = end ? (size_t)(end - text) : kind->reach - at;

		if (size >= name_size && memcmp(text, name, name_size) == 0)
			slot = size == name_size ? BOOT_SLOT_NONE
			       : size == name_size + 1 && text[name_size] == 'b'
				       ? BOOT_SLOT_B
				       : BOOT_SLOT_A;
		at += size + 1;
	}
	return slot;
}

static int open_device(const struct loader *loader, int flags, struct err *err)
{
	int fd = sys_openat(AT_FDCWD, loader->path, flags | O_NONBLOCK | O_CLOEXEC, 0);

	return fd < 0 ? err_errno(err, fd, "%s", loader->path) : fd;
}

static int read_copy(const struct vars_kind *kind, int fd, size_t index)
{
	return fd_pread_all(fd, block, kind->size, index * STRIDE);
}

/* Without a whole copy a script has what is built in: slot a. */
static int vars_read(const struct loader *loader, struct loader_words *ret_words,
		     struct err *err)
{
	const struct vars_kind *kind = loader->ops->vars;
	struct loader_words words = { .usual = BOOT_SLOT_A };
	__fd int fd = open_device(loader, O_RDONLY, err);
	int why = 0;

	if (fd < 0)
		return fd;
	for (size_t i = kind->first; i < PLACES; i++) {
		int r = read_copy(kind, fd, i);

		if (r < 0)
			why = r;
		if (r < 0 || !is_whole(kind))
			continue;
		why = 0;
		if (value_of(kind, "lamina_default=") == BOOT_SLOT_B)
			words.usual = BOOT_SLOT_B;
		words.once = value_of(kind, "lamina_once=");
		break;
	}
	if (why < 0)
		return err_errno(err, why, "%s", loader->path);
	*ret_words = words;
	return 0;
}

static void encode(const struct vars_kind *kind, const struct loader_words *words)
{
	char *text = (char *)wanted + kind->head_size;
	struct str s;

	memset(wanted, kind->fill, sizeof(wanted));
	str_init(&s, text, SECTOR - kind->head_size);
	str_addf(&s, "lamina_default=%s\n",
		 boot_slot_name(words->usual == BOOT_SLOT_B ? BOOT_SLOT_B : BOOT_SLOT_A));
	if (words->once)
		str_addf(&s, "lamina_once=%s\n", boot_slot_name(words->once));
	text[s.used] = kind->fill;
	for (size_t i = 0; i < s.used; i++)
		text[i] = text[i] == '\n' ? kind->end : text[i];
	if (kind->head)
		memcpy(wanted, kind->head, kind->head_size);
	else
		le_put(wanted, sum(wanted), CRC_SIZE);
}

static bool is_wanted(const struct vars_kind *kind)
{
	return memcmp(block, wanted, kind->size) == 0;
}

static bool is_there(const struct vars_kind *kind, int fd)
{
	for (size_t i = kind->first; i < PLACES; i++) {
		if (read_copy(kind, fd, i) < 0 || !is_wanted(kind))
			return false;
	}
	return true;
}

static int write_copy(const struct vars_kind *kind, int fd, size_t index, struct err *err)
{
	int r = fd_pwrite_all(fd, wanted, kind->size, index * STRIDE);

	if (r == 0)
		r = sys_fdatasync(fd);
	if (r == 0)
		r = fd_pread_medium(fd, block, kind->size, index * STRIDE);
	if (r < 0)
		return err_errno(err, r, "copy %zu", index + 1);
	return is_wanted(kind)
		       ? 0
		       : err_set(err, -EIO, "copy %zu: the medium did not keep it",
				 index + 1);
}

/* The copy that counts comes last: a power cut may have left the other one torn, and a second
 * one must not find both. */
static size_t first_to_write(const struct vars_kind *kind, int fd)
{
	return !kind->first && read_copy(kind, fd, 0) == 0 && is_whole(kind);
}

static int vars_write(const struct loader *loader, const struct loader_words *words,
		      struct err *err)
{
	const struct vars_kind *kind = loader->ops->vars;
	__fd int fd = open_device(loader, O_RDWR, err);
	size_t first;
	int r = 0;

	if (fd < 0)
		return fd;
	encode(kind, words);
	if (is_there(kind, fd))
		return 0;
	first = first_to_write(kind, fd);
	for (size_t i = kind->first; r == 0 && i < PLACES; i++)
		r = write_copy(kind, fd, i ^ first, err);
	return r < 0 ? err_wrap(err, r, "%s", loader->path) : 0;
}

static const struct vars_kind sector_kind = { .head_size = CRC_SIZE,
					      .size = STRIDE,
					      .reach = SECTOR };
static const struct vars_kind grubenv_kind = {
	.head = GRUB_HEAD,
	.head_size = sizeof(GRUB_HEAD) - 1,
	.size = 2 * SECTOR,
	.reach = 2 * SECTOR,
	.first = 1,
	.end = '\n',
	.fill = '#',
};

const struct loader_ops loader_sector = {
	.name = "sector",
	.read = vars_read,
	.write = vars_write,
	.vars = &sector_kind,
};
const struct loader_ops loader_grubenv = {
	.name = "grubenv",
	.read = vars_read,
	.write = vars_write,
	.vars = &grubenv_kind,
};
