/* SPDX-License-Identifier: Apache-2.0 */
/* tests/data/disk/gpt is the start of a disk that sfdisk made, mbr another's first
 * sector. */
#include "block/find/gpt.h"

#include <errno.h>

#include "base/le.h"
#include "unit/bytes.h"

#define GPT_SIZE 17408 /* protective MBR, header, 128 entries */

static uint8_t disk[GPT_SIZE + 1];

static void load(void)
{
	assert_int_equal(read_data("disk/gpt", (char *)disk, sizeof(disk)), GPT_SIZE);
}

static void golden(void **state)
{
	struct gpt_header header;
	struct gpt_entry entry;

	(void)state;
	load();
	assert_true(mbr_is_protective(disk));
	assert_int_equal(gpt_header_parse(disk + 512, 512, 1, &header), 0);
	assert_int_equal(header.entries_lba, 2);
	assert_int_equal(header.count, 128);
	assert_int_equal(gpt_crc32(0, disk + 1024, 128 * GPT_ENTRY_SIZE),
			 header.entries_crc);
	assert_int_equal(gpt_entry_parse(disk + 1024, &entry), 0);
	assert_string_equal(entry.uuid, "aaaaaaaa-0000-4000-8000-000000000001");
	assert_string_equal(entry.label, "live-boot");
	assert_int_equal(gpt_entry_parse(disk + 1024 + 128, &entry), 0);
	assert_string_equal(entry.uuid, "aaaaaaaa-0000-4000-8000-000000000002");
	assert_string_equal(entry.label, "live-d\303\244t\303\244");
	assert_int_equal(gpt_entry_parse(disk + 1024 + 256, &entry), -ENOENT);
}

/* The checksum covers the header's 92 bytes; what follows in the block is nobody's. */
static void every_flipped_bit_of_the_header(void **state)
{
	struct gpt_header header;

	(void)state;
	load();
	for (size_t bit = 0; bit < 8 * 92; bit++) {
		disk[512 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(gpt_header_parse(disk + 512, 512, 1, &header), -EBADMSG);
		disk[512 + bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t size = 0; size < 92; size++)
		assert_int_equal(gpt_header_parse(disk + 512, size, 1, &header),
				 -EBADMSG);
	assert_int_equal(gpt_header_parse(disk + 512, 92, 1, &header), 0);
	/* one that was copied from elsewhere */
	assert_int_equal(gpt_header_parse(disk + 512, 512, 2, &header), -EBADMSG);
}

static void put(size_t at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		disk[512 + at + i] = (uint8_t)(value >> 8 * i);
}

/* With the checksum put right, so that the field itself is what is refused. */
static int changed(size_t at, uint64_t value, size_t size)
{
	struct gpt_header header;
	uint32_t header_size;

	load();
	put(at, value, size);
	put(16, 0, 4);
	header_size = le_get(disk + 512 + 12, 4);
	put(16, gpt_crc32(0, disk + 512, header_size <= 512 ? header_size : 92), 4);
	return gpt_header_parse(disk + 512, 512, 1, &header);
}

static void fields_out_of_range(void **state)
{
	(void)state;
	assert_int_equal(changed(80, 1024, 4), 0);
	assert_int_equal(changed(80, 1025, 4), -EBADMSG);
	assert_int_equal(changed(80, UINT32_MAX, 4), -EBADMSG);
	assert_int_equal(changed(84, 256, 4), -EBADMSG);
	assert_int_equal(changed(84, 0, 4), -EBADMSG);
	assert_int_equal(changed(72, UINT64_MAX, 8), -EBADMSG);
	assert_int_equal(changed(72, (uint64_t)INT64_MAX / 4096, 8), -EBADMSG);
	assert_int_equal(changed(12, 91, 4), -EBADMSG);
	assert_int_equal(changed(12, 513, 4), -EBADMSG);
	assert_int_equal(changed(12, UINT32_MAX, 4), -EBADMSG);
	assert_int_equal(changed(12, 512, 4), 0);
}

static void mbr(void **state)
{
	uint8_t sector[MBR_SIZE + 1];
	char id[MBR_ID_SIZE];

	(void)state;
	assert_int_equal(read_data("disk/mbr", (char *)sector, sizeof(sector)), MBR_SIZE);
	assert_false(mbr_is_protective(sector));
	assert_int_equal(mbr_partuuid(sector, 2, id), 0);
	assert_string_equal(id, "1a2b3c4d-02");
	assert_int_equal(mbr_partuuid(sector, 255, id), 0);
	assert_string_equal(id, "1a2b3c4d-ff");
	assert_int_equal(mbr_partuuid(sector, 0, id), -EBADMSG);
	assert_int_equal(mbr_partuuid(sector, 256, id), -EBADMSG);
	sector[511] = 0;
	assert_int_equal(mbr_partuuid(sector, 2, id), -EBADMSG);
	load();
	disk[510] = 0;
	assert_false(mbr_is_protective(disk));
}

static void crc_goes_on(void **state)
{
	(void)state;
	/* the check value of CRC-32/ISO-HDLC */
	assert_int_equal(gpt_crc32(0, (const uint8_t *)"123456789", 9), 0xcbf43926);
	assert_int_equal(gpt_crc32(gpt_crc32(0, (const uint8_t *)"1234", 4),
				   (const uint8_t *)"56789", 5),
			 0xcbf43926);
	assert_int_equal(gpt_crc32(0, NULL, 0), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(every_flipped_bit_of_the_header),
		cmocka_unit_test(fields_out_of_range),
		cmocka_unit_test(mbr),
		cmocka_unit_test(crc_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
