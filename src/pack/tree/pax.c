/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/tree/pax.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ustar {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[8];
	char user[32], group[32];
	char major[8], minor[8];
	char rest[167];
};

_Static_assert(sizeof(struct ustar) == 512, "a tar block");

#define USTAR_NAME 99	  /* without the end; some readers want one */
#define USTAR_ID 07777777 /* seven digits */
#define USTAR_SIZE 077777777777ULL

void pax_done(struct pax *pax)
{
	free(pax->bytes);
	*pax = (struct pax){ 0 };
}

static void *extend(struct pax *pax, size_t size)
{
	if (pax->room - pax->size < size) {
		size_t room = (pax->size + size) * 2 + 4096;
		char *bytes = realloc(pax->bytes, room);

		if (!bytes) {
			pax->error = -ENOMEM;
			return NULL;
		}
		pax->bytes = bytes;
		pax->room = room;
	}
	pax->size += size;
	return memset(pax->bytes + pax->size - size, 0, size);
}

static unsigned int digits_of(size_t number)
{
	unsigned int digits = 1;

	while (number >= 10) {
		number /= 10;
		digits++;
	}
	return digits;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void add_record(struct pax *pax, const char *prefix, const char *key,
		       const void *value, size_t size)
{
	size_t rest = strlen(prefix) + strlen(key) + size + 3; /* space, =, LF */
	size_t length = rest + digits_of(rest);
	char *to;

	if (rest + digits_of(length) != length)
		length = rest + digits_of(length);
	to = extend(pax, length + 1); /* room for snprintf's NUL */
	if (!to)
		return;
	int n = snprintf(to, length + 1, "%zu %s%s=", length, prefix, key);

	memcpy(to + n, value, size);
	to[length - 1] = '\n';
	pax->size--;
}

static void add_number(struct pax *pax, const char *key, uint64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRIu64, value);

	add_record(pax, "", key, text, (size_t)n);
}

static void add_xattrs(struct pax *pax, const struct tree_node *node)
{
	const char *opaque = "trusted.overlay.opaque";

	for (const struct tree_xattr *x = node->inode->xattrs; x; x = x->next)
		add_record(pax, "SCHILY.xattr.", x->name, x->value, x->size);
	if (node->flags & TREE_OPAQUE)
		add_record(pax, "SCHILY.xattr.", opaque, "y", 1);
}

static char type_of(const struct tree_node *node, const char *link)
{
	if (!node->inode)
		return '3';
	if (link)
		return '1';
	switch (node->inode->mode & S_IFMT) {
	case S_IFDIR:
		return '5';
	case S_IFLNK:
		return '2';
	case S_IFCHR:
		return '3';
	case S_IFBLK:
		return '4';
	case S_IFIFO:
		return '6';
	default:
		return '0';
	}
}

static void octal(char *field, size_t size, uint64_t value)
{
	for (size_t i = size - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
}

static void add_block(struct pax *pax, struct ustar *block)
{
	const unsigned char *bytes = (const unsigned char *)block;
	struct ustar *to = extend(pax, sizeof(*block));
	unsigned int sum = 0;

	memcpy(block->magic, "ustar\00000", 8);
	memset(block->checksum, ' ', sizeof(block->checksum));
	for (size_t i = 0; i < sizeof(*block); i++)
		sum += bytes[i];
	octal(block->checksum, 7, sum);
	block->checksum[6] = '\0';
	if (to)
		memcpy(to, block, sizeof(*block));
}

static void octal_header(struct ustar *block, size_t size)
{
	octal(block->mode, sizeof(block->mode), 0644);
	octal(block->uid, sizeof(block->uid), 0);
	octal(block->gid, sizeof(block->gid), 0);
	octal(block->mtime, sizeof(block->mtime), 0);
	octal(block->size, sizeof(block->size), size);
}

/* The target of a symbolic link in GNU's form: of a pax record's, sqfstar 4.5 takes away "/",
 * "./" and "../" at its start, as it does with names. */
static void add_long_target(struct pax *pax, const char *target)
{
	struct ustar block = { .type = 'K', .name = "././@LongLink" };
	size_t size = strlen(target) + 1;
	char *to;

	octal_header(&block, size);
	add_block(pax, &block);
	to = extend(pax, size + pax_padding(size));
	if (to)
		memcpy(to, target, size);
}

/* What doesn't fit the old header, in an extended one before it. @link: of a hard link. */
static void add_extended(struct pax *pax, const struct tree_node *node, const char *path,
			 const char *link, uint64_t size, bool xattrs)
{
	static const struct tree_inode none;
	const struct tree_inode *inode = node->inode ? node->inode : &none;
	size_t start = pax->size;
	struct ustar block = { .type = 'x', .name = "pax" };

	if (!extend(pax, sizeof(block)))
		return;
	if (strlen(path) > USTAR_NAME)
		add_record(pax, "", "path", path, strlen(path));
	if (link && strlen(link) > USTAR_NAME)
		add_record(pax, "", "linkpath", link, strlen(link));
	if (inode->uid > USTAR_ID)
		add_number(pax, "uid", inode->uid);
	if (inode->gid > USTAR_ID)
		add_number(pax, "gid", inode->gid);
	if (size > USTAR_SIZE)
		add_number(pax, "size", size);
	if (xattrs)
		add_xattrs(pax, node);
	size_t records = pax->size - start - sizeof(block);

	pax->size = start;
	if (!records || pax->error)
		return;
	octal_header(&block, records);
	add_block(pax, &block);
	pax->size += records;
	(void)extend(pax, pax_padding(records));
}

static void fill(struct ustar *block, const struct tree_node *node, const char *path,
		 const char *target, uint64_t size)
{
	static const struct tree_inode none = { .mode = S_IFCHR };
	const struct tree_inode *inode = node->inode ? node->inode : &none;

	memcpy(block->name, path, strnlen(path, USTAR_NAME));
	if (target)
		memcpy(block->link, target, strnlen(target, USTAR_NAME));
	octal(block->mode, sizeof(block->mode), inode->mode & 07777);
	octal(block->uid, sizeof(block->uid), inode->uid > USTAR_ID ? 0 : inode->uid);
	octal(block->gid, sizeof(block->gid), inode->gid > USTAR_ID ? 0 : inode->gid);
	octal(block->size, sizeof(block->size), size > USTAR_SIZE ? 0 : size);
	octal(block->mtime, sizeof(block->mtime), inode->mtime);
	octal(block->major, sizeof(block->major), inode->major);
	octal(block->minor, sizeof(block->minor), inode->minor);
}

void pax_add(struct pax *pax, const struct tree_node *node, const char *path,
	     const char *link)
{
	const struct tree_inode *inode = node->inode;
	struct ustar block = { .type = type_of(node, link) };
	const char *target = link;
	uint64_t size = block.type == '0' ? inode->size_bytes : 0;

	if (block.type == '2')
		target = inode->target;
	if (block.type == '2' && strlen(target) > USTAR_NAME)
		add_long_target(pax, target);
	add_extended(pax, node, path, link, size, inode && !link);
	fill(&block, node, path, target, size);
	add_block(pax, &block);
}

void pax_add_end(struct pax *pax)
{
	(void)extend(pax, 1024);
}
