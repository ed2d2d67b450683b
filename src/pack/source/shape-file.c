/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is, by its bytes. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/host/decompress.h"
#include "pack/source/shape.h"

#define HEAD_SIZE 33792 /* the last magic stands behind 32 KiB */
#define TAR_BLOCK 512

#define UNPACK "unpack it, and say dir:"
#define MOUNT "mount it, and say dir:"
#define PUT "put it into a folder, and say dir:"

/* The first that fits counts: what lies in a tar, or on a disk, has a magic of its own. */
static const struct shape_file files[] = {
	{ "a tar", "tar", NULL, 257, "ustar" },
	{ "a squashfs", "squashfs", NULL, 0, "hsqs" },
	{ "a zip archive", NULL, UNPACK, 0, "PK\003\004" },
	{ "an empty zip archive", NULL, NULL, 0, "PK\005\006" },
	{ "a 7z archive", NULL, UNPACK, 0, "7z\274\257" },
	{ "a cpio archive", NULL, UNPACK, 0, "07070" },
	{ "an ar archive, such as a Debian package", NULL, UNPACK, 0, "!<arch>" },
	{ "an RPM package", NULL, UNPACK, 0, "\355\253\356\333" },
	{ "a program", NULL, PUT, 0, "\177ELF" },
	{ "a script", NULL, PUT, 0, "#!" },
	{ "a qcow2 disk", NULL, "mount its root, and say dir:", 0, "QFI\373" },
	{ "a UBI image", NULL, MOUNT, 0, "UBI#" },
	{ "an XFS file system", NULL, MOUNT, 0, "XFSB" },
	{ "an EROFS file system", NULL, MOUNT, 1024, "\342\341\365\340" },
	{ "an ext2, ext3 or ext4 file system", NULL, MOUNT, 1080, "\123\357" },
	{ "an ISO 9660 file system", NULL, MOUNT, 32769, "CD001" },
	{ "a FAT file system", NULL, MOUNT, 54, "FAT1" },
	{ "a FAT file system", NULL, MOUNT, 82, "FAT32" },
	{ "a disk", NULL, "mount its root, and say dir:", 510, "\125\252" },
};

struct head {
	int fd;
	uint64_t at; /* in the file */
	char stored[16384];
	char bytes[HEAD_SIZE]; /* as they were before anybody made them smaller */
	size_t size;
};

static ssize_t give(void *context, const void **ret_bytes)
{
	struct head *head = context;
	ssize_t n = pread(head->fd, head->stored, sizeof(head->stored), (off_t)head->at);

	if (n > 0)
		head->at += (uint64_t)n;
	*ret_bytes = head->stored;
	return n;
}

/* false: they are no smaller than they were. */
static bool read_head(struct head *head)
{
	struct decompress *decompress;
	const void *bytes;
	bool smaller;
	ssize_t n = 1;

	if (decompress_open(&decompress, give, head, NULL) < 0)
		return false;
	smaller = !decompress_is_plain(decompress);
	while (head->size < HEAD_SIZE && n > 0) {
		size_t part = HEAD_SIZE - head->size;

		n = decompress_next(decompress, &bytes, NULL);
		if (n > 0 && (size_t)n < part)
			part = (size_t)n;
		if (n > 0)
			memcpy(head->bytes + head->size, bytes, part);
		head->size += n > 0 ? part : 0;
	}
	decompress_free(decompress);
	return smaller;
}

/* One of the files that make a tar a container image: by name, or by digest as old ones are. */
static bool is_of_image(const char *name)
{
	static const char *const names[] = { "oci-layout",    "index.json",
					     "manifest.json", "repositories",
					     "blobs/sha256",  NULL };

	for (size_t i = 0; names[i]; i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return strspn(name, "0123456789abcdef") == 64;
}

/* Of those tars that begin so, to the end of what was read. */
static bool has_image(const struct head *head)
{
	uint64_t next;

	for (uint64_t at = 0; at + TAR_BLOCK <= head->size; at = next) {
		char name[100 + 1] = "", size[12 + 1] = "";

		memcpy(name, head->bytes + at, sizeof(name) - 1);
		memcpy(size, head->bytes + at + 124, sizeof(size) - 1);
		if (is_of_image(strncmp(name, "./", 2) == 0 ? name + 2 : name))
			return true;
		next = strtoull(size, NULL, 8) & ((1ULL << 33) - 1);
		next = at + TAR_BLOCK + (next + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	}
	return false;
}

const struct shape_file *shape_of_bytes(int fd, bool *ret_compressed, bool *ret_image)
{
	static const struct shape_file empty = { .what = "empty" };
	static struct head head; /* large */

	head.fd = fd;
	head.at = head.size = 0;
	*ret_compressed = read_head(&head);
	*ret_image = has_image(&head);
	if (head.size == 0)
		return &empty;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		size_t size = strlen(files[i].magic);

		if (files[i].at + size <= head.size &&
		    memcmp(head.bytes + files[i].at, files[i].magic, size) == 0)
			return &files[i];
	}
	return NULL;
}
