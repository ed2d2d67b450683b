/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Memory that a long-lived process is done with. */
#include <stddef.h>

/* Gives back the whole pages of what is static and zero at first, which it is again, or of a
 * stack's free part. Nothing where the kernel has larger pages. */
void page_give_back(const void *at, size_t size);
