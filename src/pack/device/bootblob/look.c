/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a boot blob holds, whoever has made it: a FIT (the Devicetree Specification, chapter 5,
 * around images and configurations) or a unified kernel image in a FAT file system, in one
 * piece. A blob that is neither is somebody's own form, and nothing is wrong with it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pack/device/bootblob.h"
#include "pack/device/bootblob/parts.h"

#define FDT_MAGIC 0xd00dfeed
#define FDT_HEADER_SIZE 40
#define FDT_MAX_DEPTH 8

enum {
	FDT_BEGIN = 1,
	FDT_END = 2,
	FDT_PROP = 3,
	FDT_NOP = 4,
	FDT_DONE = 9
};

struct fit {
	const uint8_t *bytes;
	size_t size;
	size_t at, end; /* of the structure */
	size_t strings; /* place of the names */
	const char *path[FDT_MAX_DEPTH];
	size_t depth;
	const uint8_t *data; /* of the image whose properties come */
	size_t data_size;
	const char *type;
};

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
	       at[3];
}

/* A text that ends within the blob; NULL: none does. */
static const char *text_at(const struct fit *fit, size_t at, size_t end)
{
	if (at >= end || end > fit->size || !memchr(fit->bytes + at, '\0', end - at))
		return NULL;
	return (const char *)fit->bytes + at;
}

static bool is_at(const struct fit *fit, size_t depth, const char *name)
{
	return fit->depth == depth && strcmp(fit->path[1], name) == 0;
}

static void add_item(struct bootblob_look *look, const char *name,
		     const struct bootblob_part *part)
{
	struct bootblob_item *item;

	if (!part->bytes || look->item_count == BOOTBLOB_ITEMS)
		return;
	item = &look->items[look->item_count++];
	(void)snprintf(item->name, sizeof(item->name), "%s", name);
	item->part = *part;
}

static void see_property(struct fit *fit, const char *name, const uint8_t *value,
			 size_t size, struct bootblob_look *look)
{
	bool is_text = size > 0 && value[size - 1] == '\0';

	if (is_at(fit, 3, "images") && strcmp(name, "data") == 0) {
		fit->data = value;
		fit->data_size = size;
	} else if (is_at(fit, 3, "images") && strcmp(name, "type") == 0 && is_text) {
		fit->type = (const char *)value;
	} else if (is_at(fit, 4, "configurations") && strcmp(name, "value") == 0) {
		look->is_signed = true;
	} else if (is_at(fit, 2, "configurations") && strcmp(name, "default") == 0 &&
		   is_text) {
		(void)snprintf(look->config, sizeof(look->config), "%s",
			       (const char *)value);
	} else if (is_at(fit, 4, "configurations") &&
		   strcmp(name, "key-name-hint") == 0 && is_text) {
		(void)snprintf(look->key, sizeof(look->key), "%s", (const char *)value);
	}
}

/* The end of an image's node: all of it is known. */
static void see_image(struct fit *fit, struct bootblob_look *look)
{
	const struct bootblob_part part = { fit->data, fit->data_size };

	if (fit->type && strncmp(fit->type, "kernel", 6) == 0)
		look->kernel = part;
	else if (fit->type && strcmp(fit->type, "ramdisk") == 0)
		look->initramfs = part;
	else if (fit->type && strcmp(fit->type, "flat_dt") == 0)
		look->dtb = part;
	add_item(look, fit->path[2], &part);
	fit->data = NULL;
	fit->data_size = 0;
	fit->type = NULL;
}

/* One thing of the structure, @fit->at behind it. 1; 0 at the end; -EBADMSG. */
static int step(struct fit *fit, struct bootblob_look *look)
{
	const uint8_t *at = fit->bytes + fit->at;
	const char *name;
	size_t size;

	if (fit->end - fit->at < 4)
		return -EBADMSG;
	fit->at += 4;
	switch (be32(at)) {
	case FDT_BEGIN:
		name = text_at(fit, fit->at, fit->end);
		if (!name || fit->depth == FDT_MAX_DEPTH)
			return -EBADMSG;
		fit->path[fit->depth++] = name;
		fit->at += (strlen(name) + 4) / 4 * 4;
		return fit->at <= fit->end ? 1 : -EBADMSG;
	case FDT_END:
		if (is_at(fit, 3, "images"))
			see_image(fit, look);
		return fit->depth-- > 0 ? 1 : -EBADMSG;
	case FDT_PROP:
		if (fit->end - fit->at < 8 || fit->depth == 0)
			return -EBADMSG;
		size = be32(at + 4);
		name = text_at(fit, fit->strings + be32(at + 8), fit->size);
		if (!name || size > fit->end - fit->at - 8)
			return -EBADMSG;
		if (fit->depth > 1)
			see_property(fit, name, at + 12, size, look);
		fit->at += 8 + (size + 3) / 4 * 4;
		return fit->at <= fit->end ? 1 : -EBADMSG;
	case FDT_NOP:
		return 1;
	default:
		return be32(at) == FDT_DONE ? 0 : -EBADMSG;
	}
}

static int look_at_fit(const struct bootblob_file *blob, struct bootblob_look *look)
{
	struct fit fit = { .bytes = blob->bytes };
	size_t structure, structure_size;
	int r;

	if (blob->size < FDT_HEADER_SIZE || be32(blob->bytes) != FDT_MAGIC)
		return 0;
	fit.size = be32(blob->bytes + 4);
	structure = be32(blob->bytes + 8);
	structure_size = be32(blob->bytes + 36);
	fit.strings = be32(blob->bytes + 12);
	if (fit.size > blob->size || structure > fit.size ||
	    structure_size > fit.size - structure || fit.strings > fit.size)
		return -EBADMSG;
	fit.at = structure;
	fit.end = structure + structure_size;
	while ((r = step(&fit, look)) > 0)
		;
	look->form = "FIT";
	return r;
}

static void see_section(void *context, const char *name, const uint8_t *bytes,
			size_t size)
{
	struct bootblob_look *look = context;
	const struct bootblob_part part = { bytes, size };

	if (strcmp(name, ".linux") == 0)
		look->kernel = part;
	else if (strcmp(name, ".initrd") == 0)
		look->initramfs = part;
	else if (strcmp(name, ".dtb") == 0)
		look->dtb = part;
	else if (strcmp(name, ".cmdline") == 0)
		look->cmdline = part;
	add_item(look, name, &part);
}

/* A file of a FAT file system starts with a sector. */
static void look_for_uki(const struct bootblob_file *blob, struct bootblob_look *look)
{
	for (size_t at = 0; at + 512 <= blob->size; at += 512) {
		const struct bootblob_file pe = { blob->bytes + at, blob->size - at };

		if (memcmp(pe.bytes, "MZ", 2) != 0 ||
		    bootblob_pe_each(&pe, see_section, look, &look->is_signed) < 0)
			continue;
		if (look->kernel.bytes && look->initramfs.bytes) {
			look->form = "UKI";
			return;
		}
		*look = (struct bootblob_look){ .form = NULL };
	}
}

/* Names of an archive may begin with a slash or a dot. */
static bool is_boot_id(const char *name)
{
	name += strspn(name, "./");
	return strcmp(name, "etc/lamina/boot") == 0;
}

/* The number of @digits hexadecimal ones in a cpio's header, or SIZE_MAX. */
static size_t cpio_number(const uint8_t *at)
{
	char text[9] = { 0 };

	memcpy(text, at, 8);
	return strspn(text, "0123456789abcdefABCDEF") == 8 ? strtoul(text, NULL, 16)
							   : SIZE_MAX;
}

/* The file of a newc archive, whose last one of a name is what the kernel keeps. */
static void find_boot_id(const struct bootblob_file *cpio, struct bootblob_look *look)
{
	size_t at = 0, name_size, size, data;

	while (cpio->size - at >= 110 && memcmp(cpio->bytes + at, "07070", 5) == 0) {
		const char *name = (const char *)cpio->bytes + at + 110;

		size = cpio_number(cpio->bytes + at + 54);
		name_size = cpio_number(cpio->bytes + at + 94);
		if (name_size == 0 || name_size > cpio->size - at - 110 ||
		    name[name_size - 1] != '\0')
			return;
		data = (at + 110 + name_size + 3) / 4 * 4;
		if (data > cpio->size || size > cpio->size - data)
			return;
		if (is_boot_id(name) && boot_id_parse((const char *)cpio->bytes + data,
						      size, look->id, NULL) < 0)
			look->id[0] = '\0';
		at = (data + size + 3) / 4 * 4;
		if (at > cpio->size)
			return;
	}
}

static void look_at_initramfs(struct bootblob_look *look)
{
	const struct bootblob_file packed = { (uint8_t *)look->initramfs.bytes,
					      look->initramfs.size };
	struct bootblob_file cpio = { NULL, 0 };

	if (packed.bytes && bootblob_unpack(&packed, &cpio, NULL) == 0)
		find_boot_id(&cpio, look);
	bootblob_file_done(&cpio);
}

int bootblob_look(const struct bootblob_file *blob, struct bootblob_look *ret_look)
{
	int r;

	*ret_look = (struct bootblob_look){ .form = NULL };
	r = look_at_fit(blob, ret_look);
	if (r < 0)
		return r;
	if (!ret_look->form)
		look_for_uki(blob, ret_look);
	look_at_initramfs(ret_look);
	return 0;
}
