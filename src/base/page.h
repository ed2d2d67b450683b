/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Memory that a long-lived process is done with. */
#include <stddef.h>

/* Of a variable whose pages hold nothing else, and can all be given back. */
#define PAGE_ALIGNED __attribute__((aligned(4096)))

/* Gives back the whole pages of what is static and zero at first, which it is again. Nothing where
 * the kernel has larger pages. */
void page_give_back(const void *at, size_t size);

/* The stack below the caller's frame, as deep as it may have been: some 100 KiB at @most. */
void page_give_back_stack(size_t most);

/* The program's own code and texts: what is used from now on comes back, page by page. */
void page_give_back_code(void);
