/* SPDX-License-Identifier: Apache-2.0 */
/* A boot blob of somebody else: what is found in it lies within it, and a stub that is no
 * program gets no sections. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pack/device/bootblob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_part(const struct bootblob_file *blob, const struct bootblob_part *part)
{
	assert(!part->bytes || (part->bytes >= blob->bytes && part->size <= blob->size &&
				part->bytes + part->size <= blob->bytes + blob->size));
}

static void check_sections(const struct bootblob_file *stub)
{
	static const struct bootblob_section sections[] = { { ".linux", "kernel", 6 },
							    { ".initrd", "ramdisk", 7 } };
	struct bootblob_file pe;
	struct bootblob_look look;

	if (bootblob_pe_add(stub, sections, 2, &pe, NULL) < 0)
		return;
	assert(bootblob_pe_machine(&pe) == bootblob_pe_machine(stub));
	assert(bootblob_look(&pe, &look) == 0);
	bootblob_file_done(&pe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bootblob_file blob = { malloc(size ? size : 1), size };
	struct bootblob_look look;

	assert(blob.bytes);
	memcpy(blob.bytes, data, size);
	if (bootblob_look(&blob, &look) == 0) {
		check_part(&blob, &look.kernel);
		check_part(&blob, &look.initramfs);
		check_part(&blob, &look.dtb);
		check_part(&blob, &look.cmdline);
		assert(look.item_count <= BOOTBLOB_ITEMS);
		for (size_t i = 0; i < look.item_count; i++)
			check_part(&blob, &look.items[i].part);
		assert(!look.id[0] || boot_id_valid(look.id, strlen(look.id)));
	}
	check_sections(&blob);
	bootblob_file_done(&blob);
	return 0;
}
