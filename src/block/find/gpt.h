/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Partition tables, as far as naming a partition needs them: UEFI specification, chapter
 * 5, and the kernel's way of making up PARTUUIDs for MBR tables. Pure: blocks in, structs
 * out. The same tables are valid here as in the kernel (block/partitions/efi.c).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "block/find/text.h"

#define GPT_ENTRY_SIZE 128
#define GPT_MAX_ENTRIES 1024
#define GPT_LABEL_SIZE 109 /* 36 units of UTF-16 */
#define MBR_SIZE 512
#define MBR_ID_SIZE 16

struct gpt_header {
	uint64_t entries_lba;
	uint32_t count; /* of entries, at most GPT_MAX_ENTRIES */
	uint32_t entries_crc;
};

struct gpt_entry {
	uint8_t id[16];		      /* its UUID, as the table has it; not of an MBR, */
	uint64_t first_lba, last_lba; /* nor these: 0 there */
	char uuid[TEXT_UUID_SIZE];
	char label[GPT_LABEL_SIZE]; /* "" for none */
};

/* The checksum of headers and entries: start with 0, go on with what it returned. */
uint32_t gpt_crc32(uint32_t crc, const uint8_t *bytes, size_t size);

/* A UUID's bytes as a table has them, the first three fields little-endian, from the usual
 * order; and the way back. */
void gpt_uuid(const uint8_t uuid[16], uint8_t ret_uuid[16]);

/* Reads the header in a block of @size bytes that came from block @lba. 0 or -EBADMSG. */
int gpt_header_parse(const uint8_t *block, size_t size, uint64_t lba,
		     struct gpt_header *ret_header);

/* 0, or -ENOENT for an unused one. */
int gpt_entry_parse(const uint8_t bytes[GPT_ENTRY_SIZE], struct gpt_entry *ret_entry);

/* Does this first sector say that the disk has a GPT? */
bool mbr_is_protective(const uint8_t sector[MBR_SIZE]);

/* The PARTUUID of partition @number, "1234abcd-05". 0, or -EBADMSG when there is no MBR.
 */
int mbr_partuuid(const uint8_t sector[MBR_SIZE], unsigned int number,
		 char ret_id[MBR_ID_SIZE]);
