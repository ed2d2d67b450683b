/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sections added to a PE program, as Microsoft's "PE Format" has it. Not by objcopy: what it
 * makes depends on its version, and Debian's of one machine can't read another machine's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "pack/device/bootblob.h"

#define DOS_SIZE 64
#define COFF_SIZE 24 /* with the signature before it */
#define SECTION_SIZE 40
#define MAX_SECTIONS 96
#define PAGE 4096
#define READ_ONLY_DATA 0x40000040

/* Places in the optional header. */
#define OPT_DATA_SIZE 8
#define OPT_SECTION_ALIGN 32
#define OPT_FILE_ALIGN 36
#define OPT_IMAGE_SIZE 56
#define OPT_HEADERS_SIZE 60
#define OPT_CHECKSUM 64
#define DIR_CERTIFICATES 4
#define DIR_DEBUG 6

struct pe {
	const struct bootblob_file *file;
	size_t coff, opt, table; /* places of the headers */
	size_t count;		 /* of sections */
	size_t dirs;		 /* place of the data directories */
	uint32_t section_align, file_align, headers_size;
	uint64_t raw_end, memory_end; /* of the last section */
	uint64_t memory_start;	      /* of the first one */
};

static uint64_t align(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static bool is_power(uint32_t value)
{
	return value && (value & (value - 1)) == 0;
}

static int read_sections(struct pe *pe)
{
	const uint8_t *bytes = pe->file->bytes;

	pe->memory_start = UINT64_MAX;
	for (size_t i = 0; i < pe->count; i++) {
		const uint8_t *at = bytes + pe->table + i * SECTION_SIZE;
		uint64_t memory_size = le_get(at + 8, 4), memory = le_get(at + 12, 4);
		uint64_t raw_size = le_get(at + 16, 4), raw = le_get(at + 20, 4);

		if (raw_size > 0 &&
		    (raw < pe->headers_size || raw + raw_size > pe->file->size))
			return -EBADMSG;
		if (raw_size > 0 && raw + raw_size > pe->raw_end)
			pe->raw_end = raw + raw_size;
		if (memory_size < raw_size)
			memory_size = raw_size;
		if (memory + memory_size > pe->memory_end)
			pe->memory_end = memory + memory_size;
		if (memory < pe->memory_start)
			pe->memory_start = memory;
	}
	return pe->raw_end > 0 ? 0 : -EBADMSG;
}

static int read_pe(const struct bootblob_file *file, struct pe *ret_pe)
{
	const uint8_t *bytes = file->bytes;
	struct pe pe = { .file = file };
	size_t opt_size;

	if (file->size < DOS_SIZE || memcmp(bytes, "MZ", 2) != 0)
		return -EBADMSG;
	pe.coff = (size_t)le_get(bytes + 0x3c, 4);
	if (pe.coff > file->size || file->size - pe.coff < COFF_SIZE ||
	    memcmp(bytes + pe.coff, "PE\0", 4) != 0)
		return -EBADMSG;
	pe.opt = pe.coff + COFF_SIZE;
	pe.count = (size_t)le_get(bytes + pe.coff + 6, 2);
	opt_size = (size_t)le_get(bytes + pe.coff + 20, 2);
	pe.table = pe.opt + opt_size;
	if (opt_size < 136 || pe.count > MAX_SECTIONS ||
	    pe.table + pe.count * SECTION_SIZE > file->size)
		return -EBADMSG;
	pe.dirs = pe.opt + (le_get(bytes + pe.opt, 2) == 0x20b ? 112 : 96);
	pe.section_align = (uint32_t)le_get(bytes + pe.opt + OPT_SECTION_ALIGN, 4);
	pe.file_align = (uint32_t)le_get(bytes + pe.opt + OPT_FILE_ALIGN, 4);
	pe.headers_size = (uint32_t)le_get(bytes + pe.opt + OPT_HEADERS_SIZE, 4);
	if (!is_power(pe.section_align) || !is_power(pe.file_align) ||
	    pe.headers_size < pe.table + pe.count * SECTION_SIZE ||
	    pe.headers_size > file->size)
		return -EBADMSG;
	*ret_pe = pe;
	return 0;
}

int bootblob_pe_machine(const struct bootblob_file *file)
{
	struct pe pe;
	int r = read_pe(file, &pe);

	return r < 0 ? r : (int)le_get(file->bytes + pe.coff + 4, 2);
}

/* The place of entry @which of the data directories, or 0: there are fewer. */
static size_t directory_at(const struct pe *pe, size_t which)
{
	size_t at = pe->dirs + 8 * which;

	return le_get(pe->file->bytes + pe->dirs - 4, 4) > which && at + 8 <= pe->table
		       ? at
		       : 0;
}

int bootblob_pe_each(const struct bootblob_file *file, bootblob_section_fn *fn,
		     void *context, bool *ret_is_signed)
{
	struct pe pe = { .file = NULL };
	const uint8_t *bytes = file->bytes;
	int r = read_pe(file, &pe);

	if (r == 0)
		r = read_sections(&pe);
	for (size_t i = 0; r == 0 && i < pe.count; i++) {
		const uint8_t *at = bytes + pe.table + i * SECTION_SIZE;
		size_t size = (size_t)le_get(at + 8, 4), raw = (size_t)le_get(at + 16, 4);
		char name[9] = { 0 };

		if (raw == 0)
			continue; /* its place in the file means nothing */
		memcpy(name, at, 8);
		fn(context, name, bytes + le_get(at + 20, 4), size < raw ? size : raw);
	}
	if (r < 0)
		return r;
	r = (int)directory_at(&pe, DIR_CERTIFICATES);
	*ret_is_signed = r > 0 && le_get(bytes + r + 4, 4) > 0;
	return 0;
}

/* Clears entry @which of the data directories, if there are so many. */
static void drop_directory(uint8_t *bytes, const struct pe *pe, size_t which)
{
	size_t at = directory_at(pe, which);

	if (at)
		memset(bytes + at, 0, 8);
}

/* The stub with its sections @more bytes further back; signatures and symbols stay behind. */
static void copy_stub(uint8_t *bytes, const struct pe *pe, uint64_t more)
{
	const uint8_t *from = pe->file->bytes;

	memcpy(bytes, from, pe->headers_size);
	memcpy(bytes + pe->headers_size + more, from + pe->headers_size,
	       (size_t)pe->raw_end - pe->headers_size);
	for (size_t i = 0; i < pe->count && more; i++) {
		uint8_t *at = bytes + pe->table + i * SECTION_SIZE;

		if (le_get(at + 16, 4) > 0)
			le_put(at + 20, le_get(at + 20, 4) + more, 4);
	}
	le_put(bytes + pe->coff + 12, 0, 8);
	drop_directory(bytes, pe, DIR_CERTIFICATES);
	if (more)
		drop_directory(bytes, pe, DIR_DEBUG); /* has places in the file */
	le_put(bytes + pe->opt + OPT_HEADERS_SIZE, pe->headers_size + more, 4);
	le_put(bytes + pe->opt + OPT_CHECKSUM, 0, 4);
}

/* Where the headers end and the last section does, once there are so many. */
static int measure(const struct pe *pe, const struct bootblob_section *sections,
		   size_t count, uint64_t *ret_more, uint64_t *ret_size)
{
	uint64_t headers =
		align(pe->table + (pe->count + count) * SECTION_SIZE, pe->file_align);
	uint64_t size;

	*ret_more = headers > pe->headers_size ? headers - pe->headers_size : 0;
	if (pe->headers_size + *ret_more > pe->memory_start)
		return -ENOSPC;
	size = align(pe->raw_end + *ret_more, pe->file_align);
	for (size_t i = 0; i < count; i++)
		size += align(sections[i].size, pe->file_align);
	*ret_size = size;
	return size > INT32_MAX ? -EFBIG : 0;
}

static void add_section(uint8_t *bytes, struct pe *pe, uint64_t *raw,
			const struct bootblob_section *section)
{
	uint8_t *at = bytes + pe->table + pe->count * SECTION_SIZE;
	uint64_t raw_size = align(section->size, pe->file_align);
	uint8_t *data_size = bytes + pe->opt + OPT_DATA_SIZE;

	memset(at, 0, SECTION_SIZE);
	memcpy(at, section->name, strnlen(section->name, 8));
	le_put(at + 8, section->size, 4);
	pe->memory_end = align(pe->memory_end,
			       pe->section_align > PAGE ? pe->section_align : PAGE);
	le_put(at + 12, pe->memory_end, 4);
	le_put(at + 16, raw_size, 4);
	le_put(at + 20, *raw, 4);
	le_put(at + 36, READ_ONLY_DATA, 4);
	memcpy(bytes + *raw, section->bytes, section->size);
	*raw += raw_size;
	pe->memory_end += section->size;
	pe->count++;
	le_put(data_size, le_get(data_size, 4) + raw_size, 4);
}

int bootblob_pe_add(const struct bootblob_file *stub,
		    const struct bootblob_section *sections, size_t count,
		    struct bootblob_file *ret_pe, struct err *err)
{
	struct pe pe;
	uint64_t more, size, raw;
	uint8_t *bytes;
	int r = read_pe(stub, &pe);

	if (r == 0)
		r = read_sections(&pe);
	if (r < 0)
		return err_set(err, r, "no program for UEFI");
	r = measure(&pe, sections, count, &more, &size);
	if (r < 0)
		return err_set(err, r,
			       r == -ENOSPC ? "its headers have no room"
					    : "the parts are too large");
	bytes = calloc(1, (size_t)size);
	if (!bytes)
		return err_errno(err, -ENOMEM, "UEFI program");
	copy_stub(bytes, &pe, more);
	raw = align(pe.raw_end + more, pe.file_align);
	for (size_t i = 0; i < count; i++)
		add_section(bytes, &pe, &raw, &sections[i]);
	le_put(bytes + pe.coff + 6, pe.count, 2);
	le_put(bytes + pe.opt + OPT_IMAGE_SIZE, align(pe.memory_end, pe.section_align),
	       4);
	*ret_pe = (struct bootblob_file){ bytes, (size_t)size };
	return 0;
}
