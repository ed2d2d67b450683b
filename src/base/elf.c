/* SPDX-License-Identifier: Apache-2.0 */
#include "base/elf.h"

#include <elf.h>
#include <stddef.h>

#include "base/fd.h"
#include "base/le.h"

/* Where the two kinds of file have what is looked for. */
static const struct layout {
	uint8_t header, word;		     /* sizes */
	uint8_t table, entry_size, count;    /* in the header */
	uint8_t segment, offset, size_bytes; /* a segment's size, and in it */
} layouts[] = {
	{ sizeof(Elf32_Ehdr), 4, offsetof(Elf32_Ehdr, e_phoff),
	  offsetof(Elf32_Ehdr, e_phentsize), offsetof(Elf32_Ehdr, e_phnum),
	  sizeof(Elf32_Phdr), offsetof(Elf32_Phdr, p_offset),
	  offsetof(Elf32_Phdr, p_filesz) },
	{ sizeof(Elf64_Ehdr), 8, offsetof(Elf64_Ehdr, e_phoff),
	  offsetof(Elf64_Ehdr, e_phentsize), offsetof(Elf64_Ehdr, e_phnum),
	  sizeof(Elf64_Phdr), offsetof(Elf64_Phdr, p_offset),
	  offsetof(Elf64_Phdr, p_filesz) },
};

int elf_find(int fd, uint32_t type, struct elf_segment *ret_segment)
{
	uint8_t header[sizeof(Elf64_Ehdr)], segment[sizeof(Elf64_Phdr)];
	const struct layout *layout;
	int r = fd_pread_all(fd, header, EI_NIDENT, 0);
	uint64_t at;

	if (r < 0)
		return r;
	layout = &layouts[header[EI_CLASS] == ELFCLASS64];
	r = fd_pread_all(fd, header, layout->header, 0);
	if (r < 0)
		return r;
	at = le_get(header + layout->table, layout->word);
	for (uint64_t n = le_get(header + layout->count, 2); n > 0; n--) {
		r = fd_pread_all(fd, segment, layout->segment, at);
		if (r < 0)
			return r;
		if (le_get(segment, 4) == type) {
			ret_segment->offset =
				le_get(segment + layout->offset, layout->word);
			ret_segment->size_bytes =
				le_get(segment + layout->size_bytes, layout->word);
			return 1;
		}
		at += le_get(header + layout->entry_size, 2);
	}
	return 0;
}
