/* SPDX-License-Identifier: Apache-2.0 */
#include "base/page.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/sys.h"

#define PAGE ((uintptr_t)4096)
#define OUR_FRAMES 1024 /* more than these functions and a system call take */

void page_give_back(const void *at, size_t size)
{
	uintptr_t from = ((uintptr_t)at + PAGE - 1) / PAGE * PAGE;
	uintptr_t to = ((uintptr_t)at + size) / PAGE * PAGE;

	if (from < to)
		(void)sys_madvise((void *)from, to - from, MADV_DONTNEED);
}

/* In a frame of its own: inlined, the caller's variables and where this one returns to would lie
 * below the caller's frame address, too. */
__attribute__((noinline)) void page_give_back_stack(size_t most)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	page_give_back((const void *)(here - most), most - OUR_FRAMES);
}

/* Where the kernel asks a file for a page it maps up to 15 around it as well, which would be all
 * of a small program again, but none of another mapping: advice that differs from the next
 * one's makes each page a mapping of its own. */
static void give_back_file(uintptr_t from, uintptr_t to)
{
	for (uintptr_t at = from; at < to; at += 2 * PAGE)
		(void)sys_madvise((void *)at, PAGE, MADV_RANDOM);
	(void)sys_madvise((void *)from, to - from, MADV_DONTNEED);
}

void page_give_back_code(void)
{
	/* the linker's name for what the file begins with, which is in memory, too */
	extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));
	uintptr_t base = (uintptr_t)&__ehdr_start;
	const ElfW(Phdr) *part = (const ElfW(Phdr) *)(base + __ehdr_start.e_phoff);

	if (__ehdr_start.e_type == ET_EXEC)
		base = 0;
	for (unsigned int i = 0; i < __ehdr_start.e_phnum; i++, part++) {
		uintptr_t from = (base + part->p_vaddr) / PAGE * PAGE;
		uintptr_t to = base + part->p_vaddr + part->p_filesz;

		if (part->p_type == PT_LOAD && !(part->p_flags & PF_W))
			give_back_file(from, (to + PAGE - 1) / PAGE * PAGE);
	}
}
