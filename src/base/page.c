/* SPDX-License-Identifier: Apache-2.0 */
#include "base/page.h"

#include <stdint.h>
#include <sys/mman.h>

#include "base/sys.h"

#define PAGE ((uintptr_t)4096)

void page_give_back(const void *at, size_t size)
{
	uintptr_t from = ((uintptr_t)at + PAGE - 1) / PAGE * PAGE;
	uintptr_t to = ((uintptr_t)at + size) / PAGE * PAGE;

	if (from < to)
		(void)sys_madvise((void *)from, to - from, MADV_DONTNEED);
}
